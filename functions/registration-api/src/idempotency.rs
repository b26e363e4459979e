//! `Idempotency-Key`: for 24 hours, a repeated key returns the record that the first request created.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::request::Request;
use rolecall_domain::Timestamp;
use rolecall_domain::change::IdempotencyRecord;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::settings::IDEMPOTENCY_WINDOW;
use rolecall_usecases::Env;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The state of the idempotency key of a creating request.
pub enum Seen {
    /// The request has no key.
    NoKey,
    /// The first request with this key. The record is stored once `made` is known.
    First(IdempotencyRecord),
    /// An earlier request created the record with this id.
    Made(String),
}

impl Seen {
    /// The idempotency record for the transaction that creates `id`.
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

impl<E: Env, K, B> Api<E, K, B> {
    /// Reads the state of the request's key.
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

/// A hash of the body that does not depend on whitespace or on the order of fields.
fn fingerprint(body: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(body.iter().collect(), &mut text);
    hex::encode(Sha256::digest(text))
}

/// Writes JSON with the fields of each object sorted by name. The order of a [`Map`] depends on the
/// features that serde_json was built with.
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
    fn fingerprint_ignores_formatting_and_nothing_else() {
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

    /// With serde_json's feature `preserve_order`, which another crate may enable, maps are not sorted.
    #[test]
    fn fingerprint_does_not_depend_on_map_order() {
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
