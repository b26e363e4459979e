//! Converts each part of a change into transaction steps.

use super::Table;
use super::expression::{ABSENT, Values, names};
use super::items::{
    encode, encode_idempotency, encode_record, encode_report, encode_schedule, number, text, ttl,
    unavailable,
};
use super::keys::{
    self, CHANGES_AT, CHANGES_SHARD, CLOSING_UNTIL_MS, Item, Key, LISTED_STATUS, TTL, index_keys,
    permanent_keys,
};
use super::requests::KEPT_FOR;
use super::schedules::is_kept;
use crate::host::SystemHost;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{
    Change, ConnectionChange, Guard, IdempotencyRecord, Owner, PersistedAnswer, Requirement, Write,
};
use rolecall_domain::operator::changes::{self, Kind};
use rolecall_domain::operator::counts;
use rolecall_domain::ports::{Clock, CommitError, StoreError};
use rolecall_domain::schedule::CheckSchedule;
use std::collections::HashMap;

/// A Create that arrives later finds its registration expired.
const TOMBSTONE_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The earliest place in the index of changes that a record can have, in milliseconds, by its ID.
pub(super) type Floors = HashMap<String, i64>;

/// The attributes of a record's entry in the index of changes.
fn changes_entry(write: &Write, record: &Record, floors: &Floors) -> Option<Item> {
    let (kind, status) = (Kind::of(record)?, counts::stored_status(record)?);
    let floor = floors.get(record.id()).copied().unwrap_or_default();
    let at = write.audit.at.as_millisecond().max(floor);
    let shard = keys::changes_shard(kind, changes::shard(record.id()));
    Some(Item::from([
        (CHANGES_SHARD.to_owned(), text(shard)),
        (CHANGES_AT.to_owned(), text(changes::place(at, record.id()))),
        (LISTED_STATUS.to_owned(), text(status)),
    ]))
}

/// One item's part of a transaction.
pub(super) struct Step {
    pub(super) action: TransactWriteItem,
    /// The error if the condition fails; `None` if there is no condition.
    pub(super) objection: Option<CommitError>,
}

/// A condition on an item.
pub(super) struct Condition {
    text: String,
    values: Values,
    objection: CommitError,
}

impl Condition {
    pub(super) fn new(text: impl Into<String>, values: Values, objection: CommitError) -> Self {
        let text = text.into();
        Self {
            text,
            values,
            objection,
        }
    }

    /// The record's entry in the index of changes moves forward, even if a clock was set back.
    fn and_moves_forward(mut self, before: Option<&Record>, entry: &Item) -> Self {
        if let Some(place) = entry.get(CHANGES_AT).filter(|_| before.is_some()) {
            let clause =
                format!(" AND (attribute_not_exists(#{CHANGES_AT}) OR #{CHANGES_AT} < :place)");
            self.text.push_str(&clause);
            self.values.insert(":place", place.clone());
        }
        self
    }

    fn absent(objection: CommitError) -> Self {
        Self::new(ABSENT, Values::none(), objection)
    }

    /// The record still has the version that was read.
    fn unchanged(before: Option<&Record>) -> Self {
        match before {
            None => Self::absent(CommitError::Stale),
            Some(record) => {
                let version = Values::of([(":version", number(record.version()))]);
                Self::new("#version = :version", version, CommitError::Stale)
            }
        }
    }
}

impl Table {
    /// All steps of a change, at most one per item.
    pub(super) fn steps(&self, change: &Change, floors: &Floors) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        for write in &change.writes {
            self.write(write, floors, &mut steps)?;
        }
        self.add_to_counters(change, &mut steps)?;
        for (place, (guard, owner)) in change.claims.iter().enumerate() {
            if !change.claims[..place].contains(&(guard.clone(), owner.clone())) {
                steps.push(self.claim(guard, owner)?);
            }
        }
        for connection in &change.connections {
            steps.push(self.connect(connection)?);
        }
        for (place, requirement) in change.requires.iter().enumerate() {
            if !change.requires[..place].contains(requirement) {
                steps.push(self.require(requirement)?);
            }
        }
        for (place, schedule) in change.schedules.iter().enumerate() {
            // The last schedule of a subject counts.
            let mut later = change.schedules[place + 1..].iter();
            if !later.any(|it| it.tenant == schedule.tenant && it.subject == schedule.subject) {
                steps.push(self.schedule(schedule)?);
            }
        }
        for kept in &change.reports {
            steps.push(self.put(encode_report(kept)?, None)?);
        }
        if let Some(answer) = &change.answer {
            steps.push(self.answer(answer)?);
        }
        if let Some(record) = &change.idempotency {
            steps.push(self.remember(record, change.at())?);
        }
        Ok(steps)
    }

    /// Writes the record, its copy, its index items, and the audit entry.
    fn write(
        &self,
        write: &Write,
        floors: &Floors,
        steps: &mut Vec<Step>,
    ) -> Result<(), StoreError> {
        let (before, after) = (write.before.as_ref(), write.after.as_ref());
        let mut unchanged = Condition::unchanged(before);
        if let Some(record) = after {
            let mut item = encode_record(&Key::record(record), record)?;
            if let Some(entry) = changes_entry(write, record, floors) {
                unchanged = unchanged.and_moves_forward(before, &entry);
                item.extend(entry);
            }
            steps.push(self.put(item, Some(unchanged))?);
            if let Record::Registration(registration) = record {
                let copy = Key::registration_copy(&registration.registration_id);
                steps.push(self.put(encode_record(&copy, record)?, None)?);
            }
        } else if let Some(record) = before {
            steps.push(self.delete(&Key::record(record), Some(unchanged))?);
            if let Record::Registration(registration) = record {
                let copy = Key::registration_copy(&registration.registration_id);
                steps.push(self.delete(&copy, None)?);
            }
        }
        self.update_index_items(before, after, steps)?;
        match (before, after) {
            (None, Some(Record::Account(account))) => {
                let mut owner = Key::owner(&account.account_id).attributes();
                owner.insert("tenant".to_owned(), text(account.tenant.as_str()));
                steps.push(self.put(owner, None)?);
            }
            (None, Some(Record::Group(group))) => {
                let update = "SET #tenant = :tenant, #created_at = if_not_exists(#created_at, :at)";
                let values = Values::of([
                    (":tenant", text(group.tenant.as_str())),
                    (":at", text(group.created_at.to_string())),
                ]);
                let key = Key::tenant(&group.tenant);
                steps.push(self.update(&key, update, values, None)?);
            }
            _ => {}
        }
        let key = Key::audit(&write.audit);
        let fresh = Condition::absent(CommitError::Stale);
        steps.push(self.put(encode(&key, &write.audit)?, Some(fresh))?);
        Ok(())
    }

    fn update_index_items(
        &self,
        before: Option<&Record>,
        after: Option<&Record>,
        steps: &mut Vec<Step>,
    ) -> Result<(), StoreError> {
        let listed = |record: Option<&Record>| record.map(index_keys).unwrap_or_default();
        let (old, new) = (listed(before), listed(after));
        for key in new.iter().filter(|key| !old.contains(key)) {
            steps.push(self.put(key.attributes(), None)?);
        }
        for key in old.iter().filter(|key| !new.contains(key)) {
            steps.push(self.delete(key, None)?);
        }
        let permanent = |record: Option<&Record>| record.map(permanent_keys).unwrap_or_default();
        let (old, new) = (permanent(before), permanent(after));
        for key in new.iter().filter(|key| !old.contains(key)) {
            steps.push(self.put(key.attributes(), None)?);
        }
        Ok(())
    }

    fn add_to_counters(&self, change: &Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
        for (item, added) in counts::added(change) {
            let terms = added.keys().map(|name| format!("#{name} :{name}"));
            let update = format!("ADD {}", Vec::from_iter(terms).join(", "));
            let mut values = Values::none();
            for (name, amount) in &added {
                values.insert(&format!(":{name}"), number(amount));
            }
            steps.push(self.update(&Key::counters(&item), &update, values, None)?);
        }
        Ok(())
    }

    /// The owner of a guard can claim it again.
    fn claim(&self, guard: &Guard, owner: &Owner) -> Result<Step, StoreError> {
        let key = Key::guard(guard);
        let own = Condition::new(
            format!("{ABSENT} OR (#tenant = :tenant AND #record_id = :record_id)"),
            Values::of([
                (":tenant", text(owner.tenant.as_str())),
                (":record_id", text(&owner.record_id)),
            ]),
            CommitError::Held(Box::new(guard.clone())),
        );
        let mut item = encode(&key, owner)?;
        if let Guard::Deleted { .. } = guard {
            let end = SystemHost.now() + TOMBSTONE_KEPT_FOR;
            item.insert(TTL.to_owned(), number(ttl(end)));
        }
        self.put(item, Some(own))
    }

    fn connect(&self, change: &ConnectionChange) -> Result<Step, StoreError> {
        let (connection, joins, exclusive) = match change {
            ConnectionChange::Join {
                connection,
                exclusive,
            } => (connection, true, *exclusive),
            ConnectionChange::Leave(connection) => (connection, false, false),
        };
        let key = Key::connected(&connection.tenant, &connection.aws_account_id);
        let me = AttributeValue::Ss(vec![connection.account_id.to_string()]);
        let update = if joins {
            "ADD #holders :me"
        } else {
            "DELETE #holders :me"
        };
        let alone = exclusive.then(|| {
            Condition::new(
                "attribute_not_exists(#holders) OR #holders = :me",
                Values::none(),
                CommitError::Connected(connection.aws_account_id.clone()),
            )
        });
        self.update(&key, update, Values::of([(":me", me)]), alone)
    }

    fn require(&self, requirement: &Requirement) -> Result<Step, StoreError> {
        let (key, condition) = match requirement {
            Requirement::OpenGroup {
                tenant,
                group_id,
                now,
            } => {
                let text = format!(
                    "attribute_exists(#pk) AND (attribute_not_exists(#{CLOSING_UNTIL_MS}) \
                     OR #{CLOSING_UNTIL_MS} <= :now)"
                );
                let now = Values::of([(":now", number(now.as_millisecond()))]);
                let open = Condition::new(text, now, CommitError::GroupClosed);
                (Key::group(tenant, group_id), open)
            }
            Requirement::Free(guard) => {
                let free = Condition::absent(CommitError::Held(Box::new(guard.clone())));
                (Key::guard(guard), free)
            }
            Requirement::Unchanged {
                tenant,
                registration_id,
                version,
            } => {
                let version = Values::of([(":version", number(*version))]);
                let unchanged = Condition::new("#version = :version", version, CommitError::Stale);
                (Key::registration(tenant, registration_id), unchanged)
            }
        };
        self.check(&key, condition)
    }

    /// Requires something of an item, and changes nothing.
    pub(super) fn check(&self, key: &Key, condition: Condition) -> Result<Step, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_expression_attribute_names(names(&[&condition.text]))
            .set_expression_attribute_values(condition.values.into_map())
            .condition_expression(condition.text)
            .build();
        step(check, Some(condition.objection), |action, check| {
            action.condition_check(check)
        })
    }

    fn schedule(&self, schedule: &CheckSchedule) -> Result<Step, StoreError> {
        let key = Key::check_schedule(&schedule.tenant, &schedule.subject);
        if is_kept(schedule) {
            self.put(encode_schedule(&key, schedule)?, None)
        } else {
            self.delete(&key, None)
        }
    }

    fn answer(&self, answer: &PersistedAnswer) -> Result<Step, StoreError> {
        let unanswered = Condition::new(
            "attribute_not_exists(#answer)",
            Values::none(),
            CommitError::Answered,
        );
        // An item that was never claimed has no TTL yet.
        let update = format!("SET #answer = :body, #{TTL} = if_not_exists(#{TTL}, :ttl)");
        let values = Values::of([
            (":body", text(&answer.body)),
            (":ttl", number(ttl(SystemHost.now() + KEPT_FOR))),
        ]);
        let key = Key::request(&answer.key);
        self.update(&key, &update, values, Some(unanswered))
    }

    /// An expired key can be used again even if DynamoDB has not deleted it yet.
    fn remember(
        &self,
        record: &IdempotencyRecord,
        now: Option<Timestamp>,
    ) -> Result<Step, StoreError> {
        let unused = match now {
            None => Condition::absent(CommitError::KeyUsed),
            Some(now) => Condition::new(
                format!("{ABSENT} OR #expires_at_ms <= :now"),
                Values::of([(":now", number(now.as_millisecond()))]),
                CommitError::KeyUsed,
            ),
        };
        let key = Key::idempotency_record(record);
        self.put(encode_idempotency(&key, record)?, Some(unused))
    }

    pub(super) fn put(&self, item: Item, condition: Option<Condition>) -> Result<Step, StoreError> {
        let mut put = Put::builder().table_name(&self.name).set_item(Some(item));
        let mut objection = None;
        if let Some(condition) = condition {
            objection = Some(condition.objection);
            put = put
                .set_expression_attribute_names(names(&[&condition.text]))
                .set_expression_attribute_values(condition.values.into_map())
                .condition_expression(condition.text);
        }
        step(put.build(), objection, |action, put| action.put(put))
    }

    fn delete(&self, key: &Key, condition: Option<Condition>) -> Result<Step, StoreError> {
        let mut delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()));
        let mut objection = None;
        if let Some(condition) = condition {
            objection = Some(condition.objection);
            delete = delete
                .set_expression_attribute_names(names(&[&condition.text]))
                .set_expression_attribute_values(condition.values.into_map())
                .condition_expression(condition.text);
        }
        step(delete.build(), objection, |action, delete| {
            action.delete(delete)
        })
    }

    /// The condition shares the update's values.
    pub(super) fn update(
        &self,
        key: &Key,
        update: &str,
        values: Values,
        condition: Option<Condition>,
    ) -> Result<Step, StoreError> {
        let (condition, objection) = condition.map_or((None, None), |condition| {
            (Some(condition.text), Some(condition.objection))
        });
        let named = names(&[update, condition.as_deref().unwrap_or_default()]);
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(named)
            .set_expression_attribute_values(values.into_map())
            .build();
        step(update, objection, |action, update| action.update(update))
    }
}

type ActionBuilder = aws_sdk_dynamodb::types::builders::TransactWriteItemBuilder;

fn step<T>(
    part: Result<T, BuildError>,
    objection: Option<CommitError>,
    add: impl FnOnce(ActionBuilder, T) -> ActionBuilder,
) -> Result<Step, StoreError> {
    let part = part.map_err(unavailable)?;
    let action = add(TransactWriteItem::builder(), part).build();
    Ok(Step { action, objection })
}
