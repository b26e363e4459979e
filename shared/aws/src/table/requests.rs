//! CloudFormation requests: one worker at a time, and one permanent response.

use super::Table;
use super::expression::{Values, names};
use super::items::{corrupt, decode, encode, failed, number, text, ttl};
use super::keys::{Item, Key, TTL};
use super::retry::retry_conflicts;
use crate::host::SystemHost;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{PersistedAnswer, RequestKey};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{Clock, RequestClaim, Requests, StoreError, WorkerId};
use serde::Deserialize;

/// CloudFormation stops waiting for a response long before this.
pub(super) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// When a stack was first pasted.
#[derive(Deserialize)]
struct PasteItem {
    first_pasted_at: Timestamp,
}

/// A request's item. A response can be stored for a request that was never claimed.
#[derive(Deserialize)]
struct RequestItem {
    first_received_at: Option<Timestamp>,
    lease_until: Option<Timestamp>,
    answer: Option<String>,
}

impl Table {
    fn update_request(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()))
            .return_values(ReturnValue::AllNew)
    }
}

fn read(key: &Key, item: Option<Item>) -> Result<RequestItem, StoreError> {
    let item = item.ok_or_else(|| corrupt(key, "DynamoDB did not return it"))?;
    decode(key, item)
}

/// The result of a rejected claim.
fn refused(key: &Key, item: Option<Item>) -> Result<RequestClaim, StoreError> {
    let request = read(key, item)?;
    match (request.answer, request.lease_until) {
        (Some(body), _) => Ok(RequestClaim::Answered { body }),
        (None, Some(until)) => Ok(RequestClaim::Busy { until }),
        (None, None) => Err(corrupt(key, "it has neither a lease nor a response")),
    }
}

impl Requests for Table {
    async fn claim_request(
        &self,
        request: &RequestKey,
        worker: WorkerId,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<RequestClaim, StoreError> {
        let key = Key::request(request);
        let condition = "attribute_not_exists(#answer) AND \
            (attribute_not_exists(#lease_until_ms) OR #lease_until_ms <= :now_ms OR #worker = :worker)";
        let update = format!(
            "SET #first_received_at = if_not_exists(#first_received_at, :now), \
             #worker = :worker, #lease_until = :until, #lease_until_ms = :until_ms, #{TTL} = :ttl"
        );
        let values = Values::of([
            (":now", text(now.to_string())),
            (":now_ms", number(now.as_millisecond())),
            (":worker", number(worker.0)),
            (":until", text(lease_until.to_string())),
            (":until_ms", number(lease_until.as_millisecond())),
            (":ttl", number(ttl(now + KEPT_FOR))),
        ]);
        let claim = self
            .update_request(&key)
            .set_expression_attribute_names(names(&[condition, &update]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition)
            .update_expression(update)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match retry_conflicts(async || claim.clone().send().await).await {
            Ok(claimed) => {
                let first = read(&key, claimed.attributes)?.first_received_at;
                let first = first.ok_or_else(|| corrupt(&key, "it has no first_received_at"))?;
                Ok(RequestClaim::Yours {
                    first_received_at: first,
                })
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(met)) => {
                    refused(&key, met.item.clone())
                }
                _ => Err(failed(error)),
            },
        }
    }

    async fn keep_answer(&self, answer: &PersistedAnswer) -> Result<String, StoreError> {
        let key = Key::request(&answer.key);
        let update = format!(
            "SET #answer = if_not_exists(#answer, :body), #{TTL} = if_not_exists(#{TTL}, :ttl)"
        );
        let keep = self
            .update_request(&key)
            .set_expression_attribute_names(names(&[&update]))
            .expression_attribute_values(":body", text(&answer.body))
            .expression_attribute_values(":ttl", number(ttl(SystemHost.now() + KEPT_FOR)))
            .update_expression(update);
        let kept = retry_conflicts(async || keep.clone().send().await)
            .await
            .map_err(failed)?;
        let kept = read(&key, kept.attributes)?.answer;
        kept.ok_or_else(|| corrupt(&key, "its response was not stored"))
    }

    async fn count_delivery(
        &self,
        registration_id: &RegistrationId,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let day = now.as_second().div_euclid(SECONDS_A_DAY);
        let key = Key::deliveries(registration_id, day);
        let update = format!("SET #{TTL} = :ttl ADD #deliveries :one");
        let count = self
            .update_request(&key)
            .set_expression_attribute_names(names(&[&update]))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":ttl", number(ttl(now + KEPT_FOR)))
            .update_expression(update);
        let counted = retry_conflicts(async || count.clone().send().await).await;
        let counted = counted.map_err(failed)?.attributes.unwrap_or_default();
        let deliveries = counted.get("deliveries").and_then(|it| it.as_n().ok());
        let deliveries = deliveries.and_then(|it| it.parse().ok());
        deliveries.ok_or_else(|| corrupt(&key, "it has no count"))
    }

    async fn first_pasted_at(
        &self,
        registration_id: &RegistrationId,
        stack_id: &StackId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let key = Key::paste(registration_id);
        let condition = "attribute_not_exists(#stack_id) OR #stack_id <> :stack_id";
        let update = format!("SET #stack_id = :stack_id, #first_pasted_at = :now, #{TTL} = :ttl");
        let values = Values::of([
            (":stack_id", text(stack_id.as_str())),
            (":now", text(now.to_string())),
            (":ttl", number(ttl(now + KEPT_FOR))),
        ]);
        let note = self
            .update_request(&key)
            .set_expression_attribute_names(names(&[condition, &update]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition)
            .update_expression(update)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match retry_conflicts(async || note.clone().send().await).await {
            Ok(_) => Ok(now),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(met)) => {
                    let item = met.item.clone();
                    let item = item.ok_or_else(|| corrupt(&key, "DynamoDB did not return it"))?;
                    let note: PasteItem = decode(&key, item)?;
                    Ok(note.first_pasted_at)
                }
                _ => Err(failed(error)),
            },
        }
    }

    async fn note_verification(
        &self,
        registration_id: &RegistrationId,
        verification: &Verification,
    ) -> Result<(), StoreError> {
        let mut item = encode(&Key::verification(registration_id), verification)?;
        let end = verification.since + KEPT_FOR;
        item.insert(TTL.to_owned(), number(ttl(end)));
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(failed)
    }

    async fn verification(
        &self,
        registration_id: &RegistrationId,
    ) -> Result<Option<Verification>, StoreError> {
        let key = Key::verification(registration_id);
        let item = self.item(&key).await?;
        item.map(|item| decode(&key, item)).transpose()
    }
}
