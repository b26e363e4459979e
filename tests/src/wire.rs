//! Records the requests to DynamoDB and, for race tests, delays each one by a random time, so that
//! the order differs from round to round.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rolecall_aws::clients::Aws;
use rolecall_aws::table::Table;
use serde_json::Value;

/// The longest delay of a request.
const LONGEST: Duration = Duration::from_millis(12);

/// Every request that was sent: its operation and the kind of item.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// Returns and clears the requests, sorted because concurrent requests have no fixed order.
    pub fn take(&self) -> Vec<String> {
        let mut calls = std::mem::take(&mut *self.lock());
        calls.sort();
        calls
    }

    /// The number of requests since the last `take`.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Wire {
    inner: SharedHttpConnector,
    calls: Calls,
    uneven: bool,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.lock().push(describe(&request));
        let inner = self.inner.clone();
        let pause = if self.uneven {
            LONGEST.mul_f64(random())
        } else {
            Duration::ZERO
        };
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(pause).await;
            inner.call(request).await
        })
    }
}

/// The table with recorded requests.
pub fn watched(aws: &Aws, table: &Table) -> (Table, Calls) {
    wired(aws, table, false)
}

/// The table with recorded requests, each of which is delayed by a random time.
pub fn uneven(aws: &Aws, table: &Table) -> (Table, Calls) {
    wired(aws, table, true)
}

fn wired(aws: &Aws, table: &Table, uneven: bool) -> (Table, Calls) {
    let calls = Calls::default();
    let connector = SharedHttpConnector::new(Wire {
        inner: aws.connector(),
        calls: calls.clone(),
        uneven,
    });
    let http = http_client_fn(move |_, _| connector.clone());
    let config = table.client.config().to_builder().http_client(http);
    let client = Client::from_conf(config.build());
    let table = Table {
        client,
        ..table.clone()
    };
    (table, calls)
}

/// A random number from 0 to 1.
fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

/// `GetItem TENANT/GROUP`, `Query TENANT/IN`: the operation and the key prefixes.
fn describe(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let body: Option<Value> = request
        .body()
        .bytes()
        .and_then(|bytes| serde_json::from_slice(bytes).ok());
    let body = body.unwrap_or_default();
    let kind = |pointer: &str| {
        let text = body.pointer(pointer).and_then(Value::as_str);
        let text = text.unwrap_or_default();
        text.split('#').next().unwrap_or_default().to_owned()
    };
    let (pk, sk) = match operation {
        "Query" => (
            kind("/ExpressionAttributeValues/:pk/S"),
            kind("/ExpressionAttributeValues/:prefix/S"),
        ),
        _ => (kind("/Key/pk/S"), kind("/Key/sk/S")),
    };
    format!("{operation} {pk}/{sk}")
}
