//! Publishes every audit entry as an event on EventBridge.

use crate::failure::{Failure, Kind};
use crate::host::SystemHost;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::messages::{Language, in_language};
use rolecall_domain::ports::{EventBus, Publication};
use rolecall_domain::retry::{RetryPolicy, with_retry};
use serde_json::json;

const SOURCE: &str = "rolecall";

/// Error codes that persist until the entry, the bus or a policy changes.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>
const NEVER: &[&str] = &[
    "AccessDeniedException",
    "InvalidAccountIdException",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    "RedactionFailure",
    "InvalidArgument",
    "MalformedDetail",
    "ValidationException",
    "ValidationError",
    "RequestEntityTooLarge",
];

/// The maximum number of entries per call.
const AT_ONCE: usize = 10;

/// Splits entries, in order, into calls with at most one entry per record, because a partial
/// failure could otherwise reorder a record's events.
pub fn batches<T>(items: Vec<T>, entry: impl Fn(&T) -> Option<&AuditEntry>) -> Vec<Vec<T>> {
    let same_record = |a: &T, b: &T| match (entry(a), entry(b)) {
        (Some(a), Some(b)) => (&a.tenant, &a.record_id) == (&b.tenant, &b.record_id),
        _ => false,
    };
    let mut batches: Vec<Vec<T>> = Vec::new();
    for item in items {
        match batches.last_mut() {
            Some(call) if call.len() < AT_ONCE && !call.iter().any(|it| same_record(it, &item)) => {
                call.push(item);
            }
            _ => batches.push(vec![item]),
        }
    }
    batches
}

/// The hub's event bus.
#[derive(Debug, Clone)]
pub struct EventBridgeBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl EventBridgeBus {
    pub fn new(client: aws_sdk_eventbridge::Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    fn event(&self, entry: &AuditEntry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(entry.event.as_str())
            .time(DateTime::from_millis(entry.at.as_millisecond()))
            .detail(detail(entry).to_string())
            .build()
    }

    async fn put(&self, entries: &[AuditEntry]) -> Result<Vec<Result<(), Failure>>, Failure> {
        let events = entries.iter().map(|entry| self.event(entry)).collect();
        let request = self.client.put_events().set_entries(Some(events));
        let answer = request.send().await.map_err(|error| Failure::of(&error))?;
        let results = answer.entries().iter().map(Some);
        // EventBridge returns one result per entry. Entries without a result count as not
        // published.
        let results = results.chain(std::iter::repeat(None));
        Ok(results.take(entries.len()).map(outcome).collect())
    }

    /// Publishes entries. Returns each one's result, with AWS's reason if it was not published.
    pub async fn send(&self, entries: &[AuditEntry]) -> Vec<Result<(), Failure>> {
        let unsent = || Err(Failure::no_answer("not sent"));
        let mut outcome: Vec<_> = entries.iter().map(|_| unsent()).collect();
        let mut left: Vec<usize> = (0..entries.len()).collect();
        let published = with_retry(
            &SystemHost,
            &RetryPolicy::BRIEF,
            |(): &()| true,
            async || {
                let asked: Vec<AuditEntry> = left.iter().map(|at| entries[*at].clone()).collect();
                let answer = self.put(&asked).await;
                let answered = answer.is_ok();
                let results = match answer {
                    Ok(results) => results,
                    Err(failure) if failure.kind == Kind::Other && asked.len() > 1 => {
                        // EventBridge rejects the whole call for one invalid entry, so entries are
                        // sent one by one.
                        let mut results = Vec::with_capacity(asked.len());
                        for entry in &asked {
                            results.extend(Box::pin(self.send(std::slice::from_ref(entry))).await);
                        }
                        results
                    }
                    Err(failure) => asked.iter().map(|_| Err(failure.clone())).collect(),
                };
                for (at, result) in left.iter().zip(results) {
                    outcome[*at] = result;
                }
                left.retain(|at| {
                    let failure = outcome[*at].as_ref().err();
                    failure.is_some_and(|failure| judge(failure) == Publication::NotYet)
                });
                // Only entries that the bus rejected individually are retried: the SDK has already
                // retried failed calls.
                if left.is_empty() || !answered {
                    Ok(())
                } else {
                    Err(())
                }
            },
        );
        // `outcome` contains the result of each entry.
        let _ = published.await;
        outcome
    }
}

/// The event detail for consumers, in English. `id` is the same each time an entry is published.
fn detail(entry: &AuditEntry) -> serde_json::Value {
    let mut detail = json!({
        "id": format!("{}#{}", entry.record_id, entry.sequence),
        "tenant": entry.tenant,
        "record_id": entry.record_id,
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "cause": entry.cause,
        "record": entry.record,
    });
    if let Some(session_name) = &entry.session_name {
        detail["session_name"] = json!(session_name);
    }
    if let Some(name) = &entry.person.name {
        detail["actor_name"] = json!(name);
    }
    if let Some(email) = &entry.person.email {
        detail["actor_email"] = json!(email);
    }
    in_language(&mut detail, Language::English);
    detail
}

fn outcome(result: Option<&PutEventsResultEntry>) -> Result<(), Failure> {
    let failure = match result {
        Some(result) => match result.error_code() {
            None => return Ok(()),
            Some(code) => Failure::of_part(code, result.error_message()),
        },
        None => Failure::no_answer("no result"),
    };
    Err(failure)
}

/// Whether another attempt can succeed.
pub fn judge(failure: &Failure) -> Publication {
    match NEVER.iter().any(|code| failure.is(code)) {
        true => Publication::Refused,
        false => Publication::NotYet,
    }
}

impl EventBus for EventBridgeBus {
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication> {
        let results = self.send(entries).await;
        for (entry, result) in entries.iter().zip(&results) {
            if let Err(failure) = result {
                tracing::warn!(
                    record.id = entry.record_id,
                    record.sequence = entry.sequence,
                    cause = failure.cause(),
                    "failed to publish an event"
                );
            }
        }
        let publication = |result: &Result<(), Failure>| match result {
            Ok(()) => Publication::Published,
            Err(failure) => judge(failure),
        };
        results.iter().map(publication).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::Timestamp;
    use rolecall_domain::change::audit::Event;
    use rolecall_domain::text::person::Person;
    use rolecall_domain::text::{Actor, Tenant};

    fn entry() -> AuditEntry {
        AuditEntry {
            tenant: Tenant::parse("acme").expect("valid"),
            record_id: "acc_1".into(),
            sequence: 3,
            event: Event::AccountUnhealthy,
            at: Timestamp::UNIX_EPOCH,
            actor: Actor::Hub,
            session_name: None,
            person: Person::default(),
            cause: "role_unassumable".into(),
            record: json!({"account_id": "acc_1"}),
        }
    }

    #[test]
    fn event_detail_matches_the_contract() {
        let expected = json!({
            "id": "acc_1#3",
            "tenant": "acme",
            "record_id": "acc_1",
            "sequence": 3,
            "at": "1970-01-01T00:00:00Z",
            "actor": "hub",
            "cause": "role_unassumable",
            "record": {"account_id": "acc_1"},
        });
        assert_eq!(detail(&entry()), expected);
    }

    #[test]
    fn event_of_a_service_has_its_session_name() {
        let service = AuditEntry {
            actor: Actor::try_from("service:billing".to_owned()).expect("valid"),
            session_name: Some("run-7".to_owned()),
            ..entry()
        };
        let detail = detail(&service);
        assert_eq!(detail["actor"], "service:billing");
        assert_eq!(detail["session_name"], "run-7");
    }

    #[test]
    fn event_of_a_person_has_the_names() {
        let claims = json!({"name": "Ana Silva", "email": "ana@acme.example"});
        let person = AuditEntry {
            actor: Actor::user("6f1c"),
            person: Person::of_claims(&claims),
            ..entry()
        };
        let detail = detail(&person);
        assert_eq!(detail["actor"], "user:6f1c");
        assert_eq!(detail["actor_name"], "Ana Silva");
        assert_eq!(detail["actor_email"], "ana@acme.example");
    }

    #[test]
    fn publication_result_depends_on_error_code() {
        let result = |code: &str| PutEventsResultEntry::builder().error_code(code).build();
        let taken = PutEventsResultEntry::builder().event_id("1").build();
        outcome(Some(&taken)).expect("published");
        for (code, expected) in [
            ("ThrottlingException", Publication::NotYet),
            ("InternalFailure", Publication::NotYet),
            ("AnythingElse", Publication::NotYet),
            ("AccessDeniedException", Publication::Refused),
            ("InvalidAccountIdException", Publication::Refused),
            ("NotAuthorizedForSourceException", Publication::Refused),
            ("MalformedDetail", Publication::Refused),
        ] {
            let failure = outcome(Some(&result(code))).expect_err(code);
            assert_eq!(judge(&failure), expected, "{code}");
        }
        let failure = outcome(None).expect_err("no result");
        assert_eq!(judge(&failure), Publication::NotYet);
    }
}
