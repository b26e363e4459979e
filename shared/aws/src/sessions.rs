//! The console's sessions, in a separate DynamoDB table.
//!
//! | pk | sk | Content |
//! |---|---|---|
//! | `USER#<user key>` | `SESSION#<hash>` | a session, by the hash of its id |
//! | `USER#<user key>` | `ENDED` | when all sessions of the user were last ended |
//! | `ATTEMPT#<mark>` | `ATTEMPT` | a sign-in attempt that was used |

use crate::failure::Failure;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{FoundSession, Sessions, StoreError};
use rolecall_domain::session::{Session, SessionKey, UserKey};
use std::collections::HashMap;

type Item = HashMap<String, AttributeValue>;

const SESSION: &str = "SESSION#";
const ENDED: &str = "ENDED";

/// Longer than any session, so that the time at which sessions were ended outlives them.
const ENDED_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 370);

/// The table of sessions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SessionTable {
    client: Client,
    name: String,
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// DynamoDB reads a time to live in seconds.
fn ttl(until: Timestamp) -> AttributeValue {
    number(until.as_second() + 1)
}

fn user_pk(user: &UserKey) -> String {
    format!("USER#{}", user.as_str())
}

fn keyed(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn session_key(key: &SessionKey) -> Item {
    keyed(user_pk(&key.user), format!("{SESSION}{}", key.hash))
}

fn failed<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    StoreError::Unavailable(Box::new(Failure::of(&error)))
}

/// Whether the condition of a write held.
fn made<T, E>(result: Result<T, SdkError<E, HttpResponse>>) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(_) => Ok(true),
        Err(error) if Failure::of(&error).is("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// Never shows the item's values.
fn decoded(item: Item) -> Result<Session, StoreError> {
    let key = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value.cloned().unwrap_or_default()
    };
    let (pk, sk) = (key("pk"), key("sk"));
    let corrupt = |reason: &str| StoreError::Corrupt {
        key: format!("{pk} {sk}"),
        reason: reason.to_owned(),
    };
    let session: Result<Session, _> = serde_dynamo::from_item(item);
    let session = session.map_err(|_| corrupt("it is not a session"))?;
    let same = session_key(&session.key);
    match same.get("pk") == Some(&text(&pk)) && same.get("sk") == Some(&text(&sk)) {
        true => Ok(session),
        false => Err(corrupt("its content belongs to another key")),
    }
}

impl SessionTable {
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { client, name }
    }

    async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let read = self.client.get_item().table_name(&self.name);
        let read = read.set_key(Some(key)).consistent_read(true).send().await;
        Ok(read.map_err(failed)?.item)
    }

    fn update(&self, key: &SessionKey, update: &str, condition: &str) -> UpdateItemFluentBuilder {
        let builder = self.client.update_item().table_name(&self.name);
        builder
            .set_key(Some(session_key(key)))
            .update_expression(update)
            .condition_expression(condition)
    }

    async fn ended_at(&self, user: &UserKey) -> Result<Option<Timestamp>, StoreError> {
        let Some(item) = self.item(keyed(user_pk(user), ENDED)).await? else {
            return Ok(None);
        };
        let at = item.get("at").and_then(|value| value.as_s().ok());
        let at = at.and_then(|at| at.parse().ok());
        let corrupt = || StoreError::Corrupt {
            key: format!("{} {ENDED}", user_pk(user)),
            reason: "it has no time".to_owned(),
        };
        at.ok_or_else(corrupt).map(Some)
    }
}

impl Sessions for SessionTable {
    async fn use_attempt(&self, mark: &str, until: Timestamp) -> Result<bool, StoreError> {
        let mut item = keyed(format!("ATTEMPT#{mark}"), "ATTEMPT");
        item.insert("ttl".to_owned(), ttl(until));
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item));
        made(
            put.condition_expression("attribute_not_exists(pk)")
                .send()
                .await,
        )
    }

    async fn open(&self, session: &Session, until: Timestamp) -> Result<(), StoreError> {
        let item: Result<Item, _> = serde_dynamo::to_item(session);
        let mut item = item.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        item.extend(session_key(&session.key));
        item.insert("ttl".to_owned(), ttl(until));
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(failed)
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<FoundSession>, StoreError> {
        let (item, ended_at) = tokio::join!(self.item(session_key(key)), self.ended_at(&key.user));
        let Some(item) = item? else {
            return Ok(None);
        };
        Ok(Some(FoundSession {
            session: decoded(item)?,
            ended_at: ended_at?,
        }))
    }

    async fn see(&self, key: &SessionKey, now: Timestamp) -> Result<(), StoreError> {
        let update = self.update(key, "SET seen_at = :now", "attribute_exists(pk)");
        let update = update.expression_attribute_values(":now", text(now.to_string()));
        made(update.send().await).map(drop)
    }

    async fn begin_renewal(
        &self,
        session: &Session,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        // Times are compared as numbers: as texts, they have fractions of different lengths.
        let free =
            "#version = :version AND (attribute_not_exists(renewing_ms) OR renewing_ms <= :now)";
        let set = "SET renewing_ms = :until_ms, renewing_until = :until";
        let update = self
            .update(&session.key, set, free)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(session.version))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":until_ms", number(until.as_millisecond()))
            .expression_attribute_values(":until", text(until.to_string()));
        made(update.send().await)
    }

    async fn renew(&self, renewed: &Session) -> Result<bool, StoreError> {
        let set = "SET #version = :version, #tokens = :tokens, tokens_expire_at = :expire \
                   REMOVE renewing_ms, renewing_until";
        let update = self
            .update(&renewed.key, set, "#version = :before")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#tokens", "tokens")
            .expression_attribute_values(":before", number(renewed.version.saturating_sub(1)))
            .expression_attribute_values(":version", number(renewed.version))
            .expression_attribute_values(":tokens", text(&renewed.tokens))
            .expression_attribute_values(":expire", text(renewed.tokens_expire_at.to_string()));
        made(update.send().await)
    }

    async fn abandon_renewal(&self, session: &Session) -> Result<(), StoreError> {
        let remove = "REMOVE renewing_ms, renewing_until";
        let update = self
            .update(&session.key, remove, "#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(session.version));
        made(update.send().await).map(drop)
    }

    async fn end(&self, key: &SessionKey, version: Option<u64>) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.name);
        let mut delete = delete.set_key(Some(session_key(key)));
        if let Some(version) = version {
            delete = delete
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(version));
        }
        made(delete.send().await).map(drop)
    }

    async fn of_user(&self, user: &UserKey) -> Result<Vec<Session>, StoreError> {
        let query = self.client.query().table_name(&self.name);
        let pages = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", text(user_pk(user)))
            .expression_attribute_values(":sk", text(SESSION))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.map_err(failed)?;
        items.into_iter().map(decoded).collect()
    }

    async fn end_all(&self, user: &UserKey, ended_at: Timestamp) -> Result<(), StoreError> {
        // Written first, so that a session that is opened at the same time ends too.
        let mut item = keyed(user_pk(user), ENDED);
        item.insert("at".to_owned(), text(ended_at.to_string()));
        item.insert("ttl".to_owned(), ttl(ended_at + ENDED_KEPT_FOR));
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item)).send().await.map_err(failed)?;
        for session in self.of_user(user).await? {
            if session.created_at <= ended_at {
                self.end(&session.key, None).await?;
            }
        }
        Ok(())
    }
}
