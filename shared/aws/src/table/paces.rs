//! Rate limits: one item per bucket, and one write for most requests.

use super::Table;
use super::expression::{ABSENT, Values, names};
use super::items::{corrupt, failed, number, ttl};
use super::keys::{Item, Key, TTL};
use super::retry::retry_conflicts;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{Paces, StoreError};
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::text::Tenant;

/// When the bucket is full again, in epoch milliseconds.
const FULL_AT_MS: &str = "full_at_ms";

/// The maximum number of attempts when concurrent requests change the bucket.
const TRIES: usize = 8;

/// The result of a conditional update.
enum Met {
    /// The condition held.
    Done,
    /// The current bucket; `None` if the item no longer exists.
    Other(Option<Timestamp>),
}

impl Table {
    async fn count_in(
        &self,
        key: &Key,
        condition: String,
        update: String,
        values: Values,
    ) -> Result<Met, StoreError> {
        let count = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .set_expression_attribute_names(names(&[&condition, &update]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition)
            .update_expression(update)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match retry_conflicts(async || count.clone().send().await).await {
            Ok(_) => Ok(Met::Done),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(met)) => {
                    let met = met.item.as_ref();
                    Ok(Met::Other(met.map(|item| full_at(key, item)).transpose()?))
                }
                _ => Err(failed(error)),
            },
        }
    }
}

fn full_at(key: &Key, item: &Item) -> Result<Timestamp, StoreError> {
    let millis = item.get(FULL_AT_MS).and_then(|value| value.as_n().ok());
    let millis = millis.and_then(|number| number.parse().ok());
    let at = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    at.ok_or_else(|| corrupt(key, "it has no valid full_at_ms"))
}

impl Paces for Table {
    async fn admit(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        let key = Key::pace(tenant, what);
        // Rounded to the item's precision, because a wait is the difference of both times.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let millis = |at: Timestamp| number(at.as_millisecond());
        let until = now + pace.allowance() + pace.every;
        for _ in 0..TRIES {
            // The bucket is usually full.
            let condition = format!("{ABSENT} OR #{FULL_AT_MS} <= :now");
            let update = format!("SET #{FULL_AT_MS} = :next, #{TTL} = :ttl");
            let values = Values::of([
                (":now", millis(now)),
                (":next", millis(now + pace.every)),
                (":ttl", number(ttl(until))),
            ]);
            let Met::Other(met) = self.count_in(&key, condition, update, values).await? else {
                return Ok(None);
            };
            if let Err(wait) = pace.admit(met, now) {
                return Ok(Some(wait));
            }
            let condition = format!("#{FULL_AT_MS} > :now AND #{FULL_AT_MS} <= :latest");
            let update = format!("SET #{FULL_AT_MS} = #{FULL_AT_MS} + :every, #{TTL} = :ttl");
            let every = i64::try_from(pace.every.as_millis()).unwrap_or(i64::MAX);
            let values = Values::of([
                (":now", millis(now)),
                (":latest", millis(now + pace.allowance())),
                (":every", number(every)),
                (":ttl", number(ttl(until))),
            ]);
            let Met::Other(met) = self.count_in(&key, condition, update, values).await? else {
                return Ok(None);
            };
            if let Err(wait) = pace.admit(met, now) {
                return Ok(Some(wait));
            }
        }
        Ok(Some(pace.every))
    }
}
