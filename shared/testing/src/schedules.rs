//! Due subjects. Times are compared in milliseconds, like the table's index.

use crate::store::{MemoryStore, State};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::check::Report;
use rolecall_domain::ports::{Due, Paces, ScheduleStore, Slice, StoreError};
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::schedule::{CheckSchedule, KeptReport, Subject};
use rolecall_domain::text::Tenant;

fn is_due(schedule: &CheckSchedule, now: Timestamp) -> bool {
    schedule
        .next_check_at
        .is_some_and(|next| next.as_millisecond() <= now.as_millisecond())
}

/// Sorts by time, and is unique.
fn position(at: Timestamp, name: &str) -> String {
    format!("{:020}#{name}", at.as_millisecond())
}

impl MemoryStore {
    /// Adds a schedule entry without a valid subject.
    pub fn schedule_damage(&self, shard: u8, at: Timestamp, name: &str) {
        let mut state = self.state();
        state.damaged_schedules.insert((shard, at, name.to_owned()));
    }
}

impl State {
    /// A registration's schedule is removed when it ends.
    pub(super) fn keep_schedule(&mut self, schedule: &CheckSchedule) {
        let key = (schedule.tenant.clone(), schedule.subject.clone());
        let ends = matches!(schedule.subject, Subject::Registration(_));
        if schedule.next_check_at.is_none() && ends {
            self.schedules.remove(&key);
        } else {
            self.schedules.insert(key, schedule.clone());
        }
    }

    pub(super) fn keep_report(&mut self, kept: &KeptReport) {
        let key = (kept.tenant.clone(), kept.subject.clone());
        self.reports.insert(key, kept.report.clone());
    }
}

impl ScheduleStore for MemoryStore {
    async fn check_schedule(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<CheckSchedule>, StoreError> {
        let key = (tenant.clone(), subject.clone());
        Ok(self.state().schedules.get(&key).cloned())
    }

    async fn reschedule(
        &self,
        before: &CheckSchedule,
        after: &CheckSchedule,
    ) -> Result<bool, StoreError> {
        let key = (before.tenant.clone(), before.subject.clone());
        let mut state = self.state();
        let found = state.schedules.get(&key);
        let due = |schedule: &CheckSchedule| schedule.next_check_at.map(Timestamp::as_millisecond);
        let unchanged = found.and_then(due) == due(before);
        if unchanged {
            state.keep_schedule(after);
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

    async fn due(&self, shard: u8, now: Timestamp, slice: &Slice) -> Result<Due, StoreError> {
        let mut state = self.state();
        let due = state.schedules.values();
        let due = due.filter(|it| it.subject.shard() == shard && is_due(it, now));
        let due = due.filter_map(|it| {
            let subject = (it.tenant.clone(), it.subject.clone());
            Some((
                position(it.next_check_at?, it.subject.as_str()),
                Some(subject),
            ))
        });
        let damaged = state.damaged_schedules.iter();
        let damaged = damaged.filter(|(its_shard, at, _)| *its_shard == shard && *at <= now);
        let damaged = damaged.map(|(_, at, name)| (position(*at, name), None));
        let mut all: Vec<_> = due.chain(damaged).collect();
        all.sort();
        let rest = all
            .into_iter()
            .filter(|(position, _)| Some(position) > slice.after.as_ref());
        let mut page = Due::default();
        for (position, subject) in rest.take(slice.limit) {
            page.damaged += usize::from(subject.is_none());
            page.subjects.extend(subject);
            page.next = Some(position);
        }
        if page.subjects.len() + page.damaged < slice.limit {
            page.next = None;
        }
        if page.damaged > 0 {
            let past = page.next.clone();
            state.damaged_schedules.retain(|(its_shard, at, name)| {
                let taken = past
                    .as_ref()
                    .is_none_or(|past| position(*at, name) <= *past);
                !(*its_shard == shard && *at <= now && taken)
            });
        }
        Ok(page)
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
        let due = state.schedules.get_mut(&key).filter(|it| is_due(it, now));
        Ok(due
            .map(|schedule| schedule.next_check_at = Some(until))
            .is_some())
    }
}

impl Paces for MemoryStore {
    async fn admit(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        let key = (tenant.clone(), what.clone());
        let mut state = self.state();
        let full_at = state.paces.get(&key).copied();
        Ok(match pace.admit(full_at, now) {
            Ok(full_at) => {
                state.paces.insert(key, full_at);
                None
            }
            Err(wait) => Some(wait),
        })
    }
}
