//! `Idempotency-Key`: the same key gives what was made the first time, for 24 hours.

use crate::Api;
use crate::problem::Problem;
use crate::request::{Caller, Request};
use rolecall_domain::Timestamp;
use rolecall_domain::change::IdempotencyRecord;
use rolecall_domain::ports::Store;
use rolecall_domain::problem::Code;
use rolecall_domain::settings::IDEMPOTENCY_WINDOW;
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

impl<S: Store, C, H, K> Api<S, C, H, K> {
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
            .ctx
            .store
            .idempotency(&caller.tenant, &route, &key)
            .await?;
        match known.filter(|record| now < record.expires_at) {
            Some(record) if record.fingerprint == fingerprint => Ok(Seen::Made(record.made)),
            Some(_) => Err(Problem::new(
                Code::IdempotencyKeyReused,
                "This Idempotency-Key came with another body before. Use a new key.",
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

/// A JSON object's fields are in order here, so that spelling does not matter.
fn fingerprint(body: &Map<String, Value>) -> String {
    let text = Value::Object(body.clone()).to_string();
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
