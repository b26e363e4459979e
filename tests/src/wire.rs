//! What goes over the wire to DynamoDB, watched; and, where a race is wanted, each request on its
//! way for a moment of its own, so that no two rounds meet in the same order.

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

/// The longest that a request is on its way.
const LONGEST: Duration = Duration::from_millis(12);

/// Every request that was sent: its operation, and what kind of item it is about.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// What was sent since the last time, sorted: side by side, they come in any order.
    pub fn take(&self) -> Vec<String> {
        let mut calls = std::mem::take(&mut *self.lock());
        calls.sort();
        calls
    }

    /// How many were sent since the last time that they were taken.
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

/// The table, watched.
pub fn watched(aws: &Aws, table: &Table) -> (Table, Calls) {
    wired(aws, table, false)
}

/// The table at the end of a way that takes each request another while.
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
    (Table::new(client, &table.name), calls)
}

/// In 0..1.
fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

/// `GetItem TENANT/GROUP`, `Query TENANT/IN`: the operation and what the keys begin with.
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
