//! `Idempotency-Key`: the same key gives what was made the first time, for 24 hours.

use crate::Api;
use crate::problem::Problem;
use crate::request::{Caller, Request};
use rolecall_domain::Timestamp;
use rolecall_domain::change::IdempotencyRecord;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::settings::IDEMPOTENCY_WINDOW;
use rolecall_usecases::Env;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What a creating request's key says.
pub enum Seen {
    /// Nothing to keep: no key was sent.
    NoKey,
    /// The first of its kind; the record to keep once `made` is known.
    First(IdempotencyRecord),
    /// This was made by an earlier one.
    Made(String),
}

impl Seen {
    /// The record for the transaction that makes `id`.
    pub fn record(&self, id: &str) -> Option<IdempotencyRecord> {
        match self {
            Self::First(record) => Some(IdempotencyRecord {
                made: id.to_owned(),
                ..record.clone()
            }),
            Self::NoKey | Self::Made(_) => None,
        }
    }
}

impl<E: Env, K> Api<E, K> {
    /// Looks the request's key up.
    pub(crate) async fn seen(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Seen, Problem> {
        let Some(key) = request.idempotency_key()? else {
            return Ok(Seen::NoKey);
        };
        let route = format!("{} {}", request.method(), request.path());
        let fingerprint = fingerprint(body);
        let known = self
            .env
            .store()
            .idempotency(&caller.tenant, &route, &key)
            .await?;
        match known.filter(|record| now < record.expires_at) {
            Some(record) if record.fingerprint == fingerprint => Ok(Seen::Made(record.made)),
            Some(_) => Err(Problem::new(
                Code::IdempotencyKeyReused,
                &Detail::IdempotencyKeyReused,
            )),
            None => Ok(Seen::First(IdempotencyRecord {
                tenant: caller.tenant.clone(),
                route,
                key,
                fingerprint,
                made: String::new(),
                expires_at: now + IDEMPOTENCY_WINDOW,
            })),
        }
    }
}

/// The same for every spelling of a body: white space and the order of fields do not matter.
fn fingerprint(body: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(body.iter().collect(), &mut text);
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// JSON with each object's fields in the order of their names. A [`Map`]'s own order depends on how
/// serde_json was built.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => write_object(fields.iter().collect(), text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

fn write_object(mut fields: Vec<(&String, &Value)>, text: &mut String) {
    fields.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in fields {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(text: &str) -> String {
        let body: Value = serde_json::from_str(text).expect("JSON");
        fingerprint(body.as_object().expect("an object"))
    }

    #[test]
    fn spelling_does_not_matter_and_everything_else_does() {
        let same = [
            r#"{"a": 1, "b": {"c": [1, 2], "d": null}}"#,
            r#"{ "b" : {"d":null,"c":[1,2]},"a":1}"#,
        ];
        assert_eq!(of(same[0]), of(same[1]));
        for other in [
            r#"{"a": 1, "b": {"c": [2, 1], "d": null}}"#,
            r#"{"a": "1", "b": {"c": [1, 2], "d": null}}"#,
            r#"{"a": 1, "b": {"c": [1, 2]}}"#,
            r#"{"a": 1, "b": {"c": [12], "d": null}}"#,
        ] {
            assert_ne!(of(same[0]), of(other), "{other}");
        }
    }

    /// As it would be with serde_json's feature `preserve_order`, which another crate may switch on.
    #[test]
    fn the_order_in_which_a_map_gives_its_fields_does_not_matter() {
        let (one, two) = (json!(1), json!([{"x": "a\"b"}]));
        let names = ["b".to_owned(), "a".to_owned()];
        let written = |fields| {
            let mut text = String::new();
            write_object(fields, &mut text);
            text
        };
        let forwards = written(vec![(&names[0], &one), (&names[1], &two)]);
        let backwards = written(vec![(&names[1], &two), (&names[0], &one)]);
        assert_eq!(forwards, backwards);
        assert_eq!(forwards, r#"{"a":[{"x":"a\"b",},],"b":1,}"#);
    }
}
