//! Access to the store's contents for tests, beyond the ports.

use crate::MemoryStore;
use jiff::Timestamp;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::change::{Guard, Owner};
use rolecall_domain::check::Report;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::operator::counts::Counts;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::Template;
use rolecall_domain::text::Tenant;

impl MemoryStore {
    /// All audit entries of all tenants, in commit order.
    pub fn trail(&self) -> Vec<AuditEntry> {
        self.trail_since(0)
    }

    /// All audit entries after the first `known`.
    pub fn trail_since(&self, known: usize) -> Vec<AuditEntry> {
        let state = self.state();
        let rest = state.trail.iter().skip(known);
        let entries = rest.filter_map(|at| state.history.get(at));
        entries.cloned().collect()
    }

    /// All records of all tenants.
    pub fn every_record(&self) -> Vec<Record> {
        self.state().records.values().cloned().collect()
    }

    /// The counters of a tenant's records.
    pub fn counts_of(&self, tenant: &Tenant) -> Counts {
        self.state().counts_of(tenant)
    }

    pub fn every_schedule(&self) -> Vec<CheckSchedule> {
        self.state().schedules.values().cloned().collect()
    }

    pub fn report_on(&self, tenant: &Tenant, subject: &Subject) -> Option<Report> {
        let key = (tenant.clone(), subject.clone());
        self.state().reports.get(&key).cloned()
    }

    pub fn template_on_record(&self, id: &TemplateId) -> Option<Template> {
        self.state().templates.get(id).cloned()
    }

    /// The number of stored CloudFormation requests, delivery counters, pastes and verifications.
    pub fn kept_requests(&self) -> usize {
        let state = self.state();
        state.requests.len()
            + state.deliveries.len()
            + state.pastes.len()
            + state.verifications.len()
    }

    /// The whole state as text, equal for equal states.
    pub fn everything(&self) -> String {
        format!("{:#?}", self.state())
    }

    pub fn holder(&self, guard: &Guard) -> Option<Owner> {
        self.state().guards.get(guard).cloned()
    }

    /// The earliest due time.
    pub fn next_due(&self) -> Option<Timestamp> {
        let state = self.state();
        state
            .schedules
            .values()
            .filter_map(|it| it.next_check_at)
            .min()
    }
}
