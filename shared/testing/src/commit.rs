//! Applies a change under the lock: first checks all conditions, then writes everything.

use crate::store::{State, position};
use jiff::Timestamp;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, ConnectionChange, Guard, Owner, Requirement, Write};
use rolecall_domain::ports::{CommitError, StoreError};
use rolecall_domain::text::Tenant;
use std::collections::BTreeSet;

impl State {
    pub(super) fn check(&self, change: &Change) -> Result<(), CommitError> {
        each_item_once(change)?;
        let mut objections: Vec<CommitError> = Vec::new();
        objections.extend(change.writes.iter().filter_map(|it| self.is_stale(it)));
        let claims = change.claims.iter();
        objections.extend(claims.filter_map(|(guard, owner)| self.is_held(guard, Some(owner))));
        let connections = change.connections.iter();
        objections.extend(connections.filter_map(|it| self.is_connected(it)));
        objections.extend(change.requires.iter().filter_map(|it| self.is_unmet(it)));
        objections.extend(self.is_answered(change));
        objections.extend(self.is_key_used(change));
        CommitError::foremost(objections).map_or(Ok(()), Err)
    }

    fn is_stale(&self, write: &Write) -> Option<CommitError> {
        let fresh = match (&write.before, &write.after) {
            (Some(before), _) => {
                let found = self.records.get(&key(before));
                found.is_some_and(|found| found.version() == before.version())
            }
            (None, Some(after)) => !self.records.contains_key(&key(after)),
            (None, None) => true,
        };
        let recorded = self.history.contains_key(&position(&write.audit));
        (!fresh || recorded).then_some(CommitError::Stale)
    }

    fn is_held(&self, guard: &Guard, by_another_than: Option<&Owner>) -> Option<CommitError> {
        let holder = self.guards.get(guard)?;
        (Some(holder) != by_another_than).then(|| CommitError::Held(Box::new(guard.clone())))
    }

    fn is_connected(&self, change: &ConnectionChange) -> Option<CommitError> {
        let ConnectionChange::Join {
            connection,
            exclusive: true,
        } = change
        else {
            return None;
        };
        let key = (connection.tenant.clone(), connection.aws_account_id.clone());
        let mut holders = self.connections.get(&key).into_iter().flatten();
        holders
            .any(|holder| *holder != connection.account_id)
            .then(|| CommitError::Connected(connection.aws_account_id.clone()))
    }

    fn is_unmet(&self, requirement: &Requirement) -> Option<CommitError> {
        match requirement {
            Requirement::Free(guard) => self.is_held(guard, None),
            Requirement::Unchanged {
                tenant,
                registration_id,
                version,
            } => {
                let key = (tenant.clone(), registration_id.as_str().to_owned());
                let found = self.records.get(&key);
                let unchanged = found.is_some_and(|found| found.version() == *version);
                (!unchanged).then_some(CommitError::Stale)
            }
            Requirement::OpenGroup {
                tenant,
                group_id,
                now,
            } => {
                let key = (tenant.clone(), group_id.as_str().to_owned());
                let open = match self.records.get(&key) {
                    Some(Record::Group(group)) => !group.is_closing(*now),
                    _ => false,
                };
                (!open).then_some(CommitError::GroupClosed)
            }
        }
    }

    fn is_answered(&self, change: &Change) -> Option<CommitError> {
        let request = self.requests.get(&change.answer.as_ref()?.key)?;
        request.answer.is_some().then_some(CommitError::Answered)
    }

    fn is_key_used(&self, change: &Change) -> Option<CommitError> {
        let record = change.idempotency.as_ref()?;
        let key = (
            record.tenant.clone(),
            record.route.clone(),
            record.key.clone(),
        );
        let used = self.idempotency.get(&key)?;
        let expired = |now: Timestamp| used.expires_at <= now;
        (!change.at().is_some_and(expired)).then_some(CommitError::KeyUsed)
    }

    pub(super) fn apply(&mut self, change: &Change) {
        for write in &change.writes {
            if let Some(before) = &write.before {
                self.records.remove(&key(before));
            }
            if let Some(after) = &write.after {
                self.records.insert(key(after), after.clone());
            }
            let at = position(&write.audit);
            self.trail.push(at.clone());
            self.history.insert(at, write.audit.clone());
        }
        self.keep_directory(change);
        self.guards.extend(change.claims.iter().cloned());
        for connection in &change.connections {
            self.connect(connection);
        }
        for schedule in &change.schedules {
            self.keep_schedule(schedule);
        }
        for report in &change.reports {
            self.keep_report(report);
        }
        if let Some(answer) = &change.answer {
            let request = self.requests.entry(answer.key.clone()).or_default();
            request.answer = Some(answer.body.clone());
        }
        if let Some(record) = &change.idempotency {
            let key = (
                record.tenant.clone(),
                record.route.clone(),
                record.key.clone(),
            );
            self.idempotency.insert(key, record.clone());
        }
    }

    fn connect(&mut self, change: &ConnectionChange) {
        let (ConnectionChange::Join { connection, .. } | ConnectionChange::Leave(connection)) =
            change;
        let key = (connection.tenant.clone(), connection.aws_account_id.clone());
        let holders = self.connections.entry(key).or_default();
        match change {
            ConnectionChange::Join { .. } => holders.insert(connection.account_id.clone()),
            ConnectionChange::Leave(_) => holders.remove(&connection.account_id),
        };
    }
}

fn key(record: &Record) -> (Tenant, String) {
    (record.tenant().clone(), record.id().to_owned())
}

/// A real transaction rejects two writes to one item; such a change is a bug.
fn each_item_once(change: &Change) -> Result<(), StoreError> {
    let records = change.writes.iter().map(|write| &write.audit);
    let distinct: BTreeSet<_> = records
        .map(|audit| (&audit.tenant, &audit.record_id))
        .collect();
    if distinct.len() == change.writes.len() {
        Ok(())
    } else {
        Err(StoreError::Unavailable(
            "the change writes a record twice".into(),
        ))
    }
}
