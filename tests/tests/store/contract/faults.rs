//! A DynamoDB client with faults, between the table and the emulator.

use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use rolecall_aws::table::Table;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use rolecall_tests::twin::Hub;

/// A table that returns small results: pages of two items and batches of seven.
pub(crate) async fn small_pages(hub: &Hub) -> Table {
    let twin = hub.twin().await;
    let config = twin.client.config().to_builder().interceptor(SmallPages);
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    Table { client, ..twin }
}

#[derive(Debug)]
struct SmallPages;

/// The keys that were removed from a batch; they are returned as unprocessed.
#[derive(Debug, Clone)]
struct Undone(HashMap<String, KeysAndAttributes>);

impl Storable for Undone {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for SmallPages {
    fn name(&self) -> &'static str {
        "Sparing"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(query) = context.input_mut().downcast_mut::<QueryInput>() {
            query.limit = Some(query.limit.unwrap_or(i32::MAX).min(2));
        }
        if let Some(batch) = context.input_mut().downcast_mut::<BatchGetItemInput>() {
            let mut undone = HashMap::new();
            for (table, asked) in batch.request_items.iter_mut().flatten() {
                let mut rest = asked.clone();
                rest.keys = asked.keys.split_off(asked.keys.len().min(7));
                undone.insert(table.clone(), rest);
            }
            undone.retain(|_, rest| !rest.keys.is_empty());
            bag.interceptor_state().store_put(Undone(undone));
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Ok(output)) = context.output_or_error_mut()
            && let Some(batch) = output.downcast_mut::<BatchGetItemOutput>()
            && let Some(Undone(undone)) = bag.load::<Undone>()
        {
            batch.unprocessed_keys = Some(undone.clone());
        }
        Ok(())
    }
}

/// What happens to one call.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// DynamoDB rejects the call with this body and does nothing.
    Refusal(&'static str),
    /// The call takes effect, but its response is lost.
    LostAnswer,
}

/// Another transaction holds the item.
pub(crate) const CONFLICT: Fault = Fault::Refusal(
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"Transaction cancelled",
        "CancellationReasons":[{"Code":"ConditionalCheckFailed"},{"Code":"TransactionConflict"}]}"#,
);
/// The same for a write of a single item.
pub(crate) const CONFLICT_ON_ONE: Fault = Fault::Refusal(
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException",
        "message":"Transaction is ongoing for the item"}"#,
);
pub(crate) const THROTTLED: Fault = Fault::Refusal(
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message":"Slow down"}"#,
);

/// One item of a transaction is throttled.
pub(crate) const THROTTLED_PART: Fault = Fault::Refusal(
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"Transaction cancelled",
        "CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"ThrottlingError"}]}"#,
);

/// The faults of the next calls, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    pub(crate) fn inject(&self, times: usize, fault: Fault) {
        let mut coming = self.0.lock().expect("no test panicked");
        coming.extend(std::iter::repeat_n(fault, times));
    }

    pub(crate) fn all_used(&self) -> bool {
        self.left() == 0
    }

    pub(crate) fn left(&self) -> usize {
        self.0.lock().expect("no test panicked").len()
    }

    fn next(&self) -> Option<Fault> {
        self.0.lock().expect("no test panicked").pop_front()
    }
}

/// A table whose calls fail as the test specifies.
pub(crate) async fn faulty(hub: &Hub) -> (Table, Faults) {
    let twin = hub.twin().await;
    let faults = Faults::default();
    let connector = SharedHttpConnector::new(Faulty {
        inner: hub.aws.connector(),
        faults: faults.clone(),
    });
    let http = http_client_fn(move |_, _| connector.clone());
    let config = twin.client.config().to_builder().http_client(http).build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    (Table { client, ..twin }, faults)
}

#[derive(Debug)]
struct Faulty {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.faults.next() {
            None => self.inner.call(request),
            Some(Fault::Refusal(body)) => {
                let status = 400.try_into().expect("a status");
                let response = HttpResponse::new(status, SdkBody::from(body));
                HttpConnectorFuture::ready(Ok(response))
            }
            Some(Fault::LostAnswer) => {
                let done = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    done.await?;
                    Err(ConnectorError::io("the connection broke".into()))
                })
            }
        }
    }
}
