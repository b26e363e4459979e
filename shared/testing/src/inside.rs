//! What a test may see of the store that no port shows: everything at once.

use crate::MemoryStore;
use jiff::Timestamp;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::change::{Guard, Owner};
use rolecall_domain::check::Report;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::text::Tenant;

impl MemoryStore {
    /// Every audit entry of every tenant, in the order of the commits.
    pub fn trail(&self) -> Vec<AuditEntry> {
        self.trail_since(0)
    }

    /// The same without the first so many.
    pub fn trail_since(&self, known: usize) -> Vec<AuditEntry> {
        let state = self.state();
        let rest = state.trail.iter().skip(known);
        let entries = rest.filter_map(|at| state.history.get(at));
        entries.cloned().collect()
    }

    /// Every record of every tenant.
    pub fn every_record(&self) -> Vec<Record> {
        self.state().records.values().cloned().collect()
    }

    pub fn every_schedule(&self) -> Vec<CheckSchedule> {
        self.state().schedules.values().cloned().collect()
    }

    pub fn report_on(&self, tenant: &Tenant, subject: &Subject) -> Option<Report> {
        let key = (tenant.clone(), subject.clone());
        self.state().reports.get(&key).cloned()
    }

    /// How many CloudFormation requests are written down, and days of deliveries, and pastes.
    pub fn kept_requests(&self) -> usize {
        let state = self.state();
        state.requests.len() + state.deliveries.len() + state.pastes.len()
    }

    /// Everything of every tenant, as text: two that are the same show the same.
    pub fn everything(&self) -> String {
        format!("{:#?}", self.state())
    }

    pub fn holder(&self, guard: &Guard) -> Option<Owner> {
        self.state().guards.get(guard).cloned()
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        let state = self.state();
        state
            .schedules
            .values()
            .filter_map(|it| it.next_check_at)
            .min()
    }
}
