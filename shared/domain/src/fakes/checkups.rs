//! What is due when. Times count in milliseconds, as they do on the table's index.

use super::store::{MemoryStore, State};
use crate::check_schedule::{Checkup, KeptReport, OnDemand, Subject};
use crate::ports::{Checkups, StoreError};
use crate::text::Tenant;
use crate::verification::Report;
use jiff::{SignedDuration, Timestamp};

fn is_due(checkup: &Checkup, now: Timestamp) -> bool {
    checkup
        .next_check_at
        .is_some_and(|next| next.as_millisecond() <= now.as_millisecond())
}

impl State {
    /// A registration's checkup ends with the registration.
    pub(super) fn keep_checkup(&mut self, checkup: &Checkup) {
        let key = (checkup.tenant.clone(), checkup.subject.clone());
        let ends = matches!(checkup.subject, Subject::Registration(_));
        if checkup.next_check_at.is_none() && ends {
            self.checkups.remove(&key);
        } else {
            self.checkups.insert(key, checkup.clone());
        }
    }

    pub(super) fn keep_report(&mut self, kept: &KeptReport) {
        let key = (kept.tenant.clone(), kept.subject.clone());
        self.reports.insert(key, kept.report.clone());
    }
}

impl Checkups for MemoryStore {
    async fn checkup(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<Checkup>, StoreError> {
        let key = (tenant.clone(), subject.clone());
        Ok(self.state().checkups.get(&key).cloned())
    }

    async fn reschedule(&self, before: &Checkup, after: &Checkup) -> Result<bool, StoreError> {
        let key = (before.tenant.clone(), before.subject.clone());
        let mut state = self.state();
        let found = state.checkups.get(&key);
        let due = |checkup: &Checkup| checkup.next_check_at.map(Timestamp::as_millisecond);
        let unchanged = found.and_then(due) == due(before);
        if unchanged {
            state.keep_checkup(after);
        }
        Ok(unchanged)
    }

    async fn report(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<Report>, StoreError> {
        let key = (tenant.clone(), subject.clone());
        Ok(self.state().reports.get(&key).cloned())
    }

    async fn put_report(&self, report: &KeptReport) -> Result<(), StoreError> {
        let key = (report.tenant.clone(), report.subject.clone());
        let mut state = self.state();
        let kept = state.reports.get(&key);
        let millis = |report: &Report| report.checked_at.as_millisecond();
        if kept.is_none_or(|kept| millis(kept) <= millis(&report.report)) {
            state.keep_report(report);
        }
        Ok(())
    }

    async fn due(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Tenant, Subject)>, StoreError> {
        let state = self.state();
        let mut due: Vec<&Checkup> = state
            .checkups
            .values()
            .filter(|it| it.subject.shard() == shard && is_due(it, now))
            .collect();
        due.sort_by_key(|it| it.next_check_at);
        let subjects = due.iter().take(limit);
        Ok(subjects
            .map(|it| (it.tenant.clone(), it.subject.clone()))
            .collect())
    }

    async fn lease(
        &self,
        tenant: &Tenant,
        subject: &Subject,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = (tenant.clone(), subject.clone());
        let mut state = self.state();
        let due = state.checkups.get_mut(&key).filter(|it| is_due(it, now));
        Ok(due
            .map(|checkup| checkup.next_check_at = Some(until))
            .is_some())
    }

    async fn admit_on_demand(
        &self,
        tenant: &Tenant,
        asked: &OnDemand,
        now: Timestamp,
        gap: SignedDuration,
    ) -> Result<bool, StoreError> {
        let key = (tenant.clone(), asked.clone());
        let mut state = self.state();
        let too_soon = state
            .on_demand
            .get(&key)
            .is_some_and(|last| now.duration_since(*last) < gap);
        if !too_soon {
            state.on_demand.insert(key, now);
        }
        Ok(!too_soon)
    }
}
