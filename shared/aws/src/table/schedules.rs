//! Due subjects. Schedules are written individually, because they are not part of a record's state.

use super::Table;
use super::expression::{ABSENT, Values, names};
use super::items::{encode_report, encode_schedule, failed, number, text, unavailable};
use super::keys::{DUE_AT, DUE_INDEX, DUE_SHARD, Item, Key, due_shard, subject_of};
use super::retry::retry_conflicts;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;
use rolecall_domain::check::Report;
use rolecall_domain::ports::{Due, ScheduleStore, Slice, StoreError};
use rolecall_domain::schedule::{CheckSchedule, KeptReport, Subject};
use rolecall_domain::text::Tenant;
use std::error::Error;

/// Whether to store the schedule. A registration's schedule is deleted when it ends.
pub(super) fn is_kept(schedule: &CheckSchedule) -> bool {
    schedule.next_check_at.is_some() || !matches!(schedule.subject, Subject::Registration(_))
}

/// Returns false if the condition did not hold.
fn unless_refused<T, E>(done: Result<T, SdkError<E>>) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match done {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// The item's position in the index.
fn position(item: &Item) -> Result<String, StoreError> {
    let names = ["pk", "sk", DUE_SHARD, DUE_AT];
    let place = names.iter().filter_map(|name| item.get_key_value(*name));
    let place: Item = place
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let place: serde_json::Value = serde_dynamo::from_item(place).map_err(unavailable)?;
    Ok(place.to_string())
}

fn start_key(position: &str) -> Result<Item, StoreError> {
    let place: serde_json::Value = serde_json::from_str(position).map_err(unavailable)?;
    serde_dynamo::to_item(place).map_err(unavailable)
}

impl Table {
    /// Removes an item without a valid subject from the index. No worker could process it, and
    /// every sweep would read it again.
    async fn remove_from_index(&self, key: &Key) {
        let update = format!("REMOVE #{DUE_SHARD}, #{DUE_AT}");
        // The index may lag behind an item's deletion.
        let there = "attribute_exists(#pk)";
        let removal = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_expression_attribute_names(names(&[&update, there]))
            .condition_expression(there)
            .update_expression(update);
        let removed = retry_conflicts(async || removal.clone().send().await).await;
        let error = removed.err().map(|error| failed(error).to_string());
        tracing::error!(%key, error, "removed an item with an invalid subject from the due index");
    }
}

impl ScheduleStore for Table {
    async fn check_schedule(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<CheckSchedule>, StoreError> {
        self.stored(Key::check_schedule(tenant, subject)).await
    }

    async fn reschedule(
        &self,
        before: &CheckSchedule,
        after: &CheckSchedule,
    ) -> Result<bool, StoreError> {
        let key = Key::check_schedule(&after.tenant, &after.subject);
        let (condition, values) = match before.next_check_at {
            Some(at) => {
                let at = number(at.as_millisecond());
                (
                    format!("#{DUE_AT} = :before"),
                    Values::of([(":before", at)]),
                )
            }
            None => (format!("attribute_not_exists(#{DUE_AT})"), Values::none()),
        };
        if !is_kept(after) {
            let delete = self
                .client
                .delete_item()
                .table_name(&self.name)
                .set_key(Some(key.attributes()))
                .set_expression_attribute_names(names(&[&condition]))
                .set_expression_attribute_values(values.into_map())
                .condition_expression(condition);
            return unless_refused(retry_conflicts(async || delete.clone().send().await).await);
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(encode_schedule(&key, after)?))
            .set_expression_attribute_names(names(&[&condition]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition);
        unless_refused(retry_conflicts(async || put.clone().send().await).await)
    }

    async fn report(
        &self,
        tenant: &Tenant,
        subject: &Subject,
    ) -> Result<Option<Report>, StoreError> {
        let kept: Option<KeptReport> = self.stored(Key::report(tenant, subject)).await?;
        Ok(kept.map(|kept| kept.report))
    }

    async fn put_report(&self, report: &KeptReport) -> Result<(), StoreError> {
        let condition = format!("{ABSENT} OR #checked_at_ms <= :checked_at");
        let checked_at = number(report.report.checked_at.as_millisecond());
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(encode_report(report)?))
            .set_expression_attribute_names(names(&[&condition]))
            .expression_attribute_values(":checked_at", checked_at)
            .condition_expression(condition);
        unless_refused(retry_conflicts(async || put.clone().send().await).await).map(drop)
    }

    async fn due(&self, shard: u8, now: Timestamp, slice: &Slice) -> Result<Due, StoreError> {
        let condition = format!("#{DUE_SHARD} = :shard AND #{DUE_AT} <= :now");
        let after = slice.after.as_deref().map(start_key).transpose()?;
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(DUE_INDEX)
            .set_expression_attribute_names(names(&[&condition]))
            .key_condition_expression(condition)
            .expression_attribute_values(":shard", text(due_shard(shard)))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .set_exclusive_start_key(after)
            .limit(i32::try_from(slice.limit.max(1)).unwrap_or(i32::MAX));
        let items = super::lists::take(query, slice.limit).await?;
        let mut due = Due::default();
        for item in &items {
            let key = Key::read(item);
            match subject_of(&key) {
                Some(subject) => due.subjects.push(subject),
                None => {
                    due.damaged += 1;
                    self.remove_from_index(&key).await;
                }
            }
        }
        let last = items.last().filter(|_| items.len() == slice.limit);
        due.next = last.map(position).transpose()?;
        Ok(due)
    }

    async fn lease(
        &self,
        tenant: &Tenant,
        subject: &Subject,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let condition = format!("#{DUE_AT} <= :now");
        let update = format!("SET #{DUE_AT} = :until_ms, #next_check_at = :until");
        let values = Values::of([
            (":now", number(now.as_millisecond())),
            (":until", text(until.to_string())),
            (":until_ms", number(until.as_millisecond())),
        ]);
        let lease = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::check_schedule(tenant, subject).attributes()))
            .set_expression_attribute_names(names(&[&condition, &update]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition)
            .update_expression(update);
        unless_refused(retry_conflicts(async || lease.clone().send().await).await)
    }
}
