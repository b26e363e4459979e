//! Counts sequential AWS calls. Each call waits until the caller has started all its concurrent
//! calls; then all of them are answered, which is one round. No clock or network is involved, so
//! the count is the same on every machine.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures_util::future::{Either, select};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::http::{Request, Response};
use crate::stub::Stub;

/// A stub of AWS whose calls are counted in rounds.
#[derive(Debug, Clone)]
pub struct Rounds {
    stub: Stub,
    held: Held,
}

type Held = Arc<Mutex<Vec<Call>>>;

#[derive(Debug)]
struct Call {
    request: Request,
    answer: oneshot::Sender<Response>,
}

/// Turns of the runtime without a new call that end a round: far more than a caller needs to
/// continue after a response.
const QUIET: usize = 1_000;

fn lock(held: &Held) -> MutexGuard<'_, Vec<Call>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rounds {
    pub fn before(stub: &Stub) -> Self {
        Self {
            stub: stub.clone(),
            held: Held::default(),
        }
    }

    /// The connector for clients.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(Arc::clone(&self.held)))
    }

    /// Runs the work to its end; returns its result and the sorted calls of each round.
    pub async fn of<T>(&self, work: impl Future<Output = T>) -> (T, Vec<Vec<String>>) {
        let (mut rounds, mut work) = (Vec::new(), pin!(work));
        loop {
            let calls = match select(work.as_mut(), pin!(self.next())).await {
                Either::Left((done, _)) => return (done, rounds),
                Either::Right((calls, _)) => calls,
            };
            let mut asked: Vec<String> = calls.iter().map(|call| describe(&call.request)).collect();
            asked.sort();
            rounds.push(asked);
            for call in calls {
                let response = self.stub.answer(call.request).await;
                // The caller may have given up.
                let _ = call.answer.send(response);
            }
        }
    }

    async fn next(&self) -> Vec<Call> {
        let (mut asked, mut quiet) = (0, 0);
        while asked == 0 || quiet < QUIET {
            tokio::task::yield_now().await;
            let now = lock(&self.held).len();
            quiet = if now == asked { quiet + 1 } else { 0 };
            asked = now;
        }
        std::mem::take(&mut *lock(&self.held))
    }
}

#[derive(Debug)]
struct Connector(Held);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, answered) = oneshot::channel();
        let request = read_request(&request);
        lock(&self.0).push(Call { request, answer });
        HttpConnectorFuture::new(async move {
            let response = answered.await;
            answered_with(response.map_err(|gone| ConnectorError::io(gone.into()))?)
        })
    }
}

fn read_request(request: &HttpRequest) -> Request {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let uri = request.uri();
    let path = uri.parse::<http::Uri>();
    Request {
        method: request.method().to_owned(),
        path: path.map_or_else(
            |_| uri.to_owned(),
            |uri| {
                let path = uri.path_and_query();
                path.map_or_else(String::new, ToString::to_string)
            },
        ),
        headers: headers.collect(),
        body: request.body().bytes().unwrap_or_default().to_vec(),
    }
}

fn answered_with(response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(response.status);
    let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut answer = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in response.headers {
        answer.headers_mut().append(name, value);
    }
    Ok(answer)
}

/// `sts AssumeRole`, `dynamodb GetItem` with the item's key, `PUT` for requests that are no AWS
/// API.
fn describe(request: &Request) -> String {
    let Some(signed) = request.signed() else {
        return request.method.clone();
    };
    let operation = match request.target() {
        "" => form_urlencoded::parse(&request.body)
            .find(|(name, _)| name == "Action")
            .map(|(_, action)| action.into_owned()),
        target => Some(target.to_owned()),
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let key = |name: &str| body["Key"][name]["S"].as_str();
    let item = match (key("pk"), key("sk")) {
        (Some(pk), Some(sk)) => format!(" {pk} {sk}"),
        _ => String::new(),
    };
    format!("{} {}{item}", signed.service, operation.unwrap_or_default())
}
