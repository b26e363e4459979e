//! A stub of AWS: STS, IAM and CloudFormation for any number of simulated customers, and an
//! in-memory DynamoDB, all at one address, in their own wire formats, with configurable latency.
//!
//! It supports the calls of the functions and rejects all others with an error. Signatures are not
//! checked; the access key identifies the customer.

mod api;
mod cloudformation;
mod dynamodb;
mod iam;
mod others;
mod query;
mod recording;
mod sts;
mod tally;

pub use dynamodb::{Copied, Units};
pub use others::{RESPONSES, TOKEN_KEYS};
pub use recording::{AGAIN, Call};
pub use tally::{Service, Tally};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::console::Answers;
use crate::fleet::accounts::{Customer, Kind, Latency, THROTTLED_REQUESTS, TemplateFacts};
use crate::http::{Handler, Request, Response, Server};
use crate::template::TABLE;
use crate::tls;
use dynamodb::Tables;
use query::Answer;
use recording::Recording;

/// A running stub. It stops with its last clone.
#[derive(Debug, Clone)]
pub struct Stub {
    pub url: String,
    state: Arc<State>,
    _server: Arc<Server>,
}

#[derive(Debug)]
struct State {
    template: TemplateFacts,
    latency: Mutex<Latency>,
    tables: Mutex<Tables>,
    api: Mutex<Answers>,
    tally: Mutex<Tally>,
    /// Throttled requests so far, by service and customer.
    throttled: Mutex<HashMap<(Service, Customer), u32>>,
    sts_bucket: Mutex<Bucket>,
    recording: Mutex<Recording>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stub {
    /// Starts without TLS: with thousands of connections, the stub's own TLS cost would affect the
    /// results.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(template: TemplateFacts) -> Result<Self> {
        let state = Arc::new(State {
            template,
            latency: Mutex::default(),
            tables: Mutex::default(),
            api: Mutex::default(),
            tally: Mutex::default(),
            throttled: Mutex::default(),
            sts_bucket: Mutex::new(Bucket::full(None)),
            recording: Mutex::default(),
        });
        let server = Server::start(Answering(Arc::clone(&state)), None).await?;
        Ok(Self {
            url: format!("http://127.0.0.1:{}", server.port),
            state,
            _server: Arc::new(server),
        })
    }

    /// The same stub at another address with TLS, as AWS uses it.
    ///
    /// # Errors
    /// If there is no free port or no certificate.
    pub async fn with_tls(&self) -> Result<Self> {
        let answering = Answering(Arc::clone(&self.state));
        let server = Server::start(answering, Some(tls::acceptor()?)).await?;
        Ok(Self {
            url: format!("https://{}:{}", tls::HOST, server.port),
            state: Arc::clone(&self.state),
            _server: Arc::new(server),
        })
    }

    /// The response to a request, without a network.
    pub async fn answer(&self, request: Request) -> Response {
        Answering(Arc::clone(&self.state)).handle(request).await
    }

    /// Sets the latency, which is zero at first.
    pub fn set_latency(&self, latency: Latency) {
        *lock(&self.state.latency) = latency;
    }

    /// Makes the stub respond as the hub's API and its issuer.
    pub fn repeat(&self, answers: &Answers) {
        lock(&self.state.api).clone_from(answers);
    }

    /// Limits AssumeRole calls per second; unlimited at first.
    pub fn limit_sts(&self, rate: Option<u32>) {
        *lock(&self.state.sts_bucket) = Bucket::full(rate);
    }

    /// Removes all items and resets the throttling.
    pub fn reset(&self) {
        *lock(&self.state.tables) = Tables::default();
        lock(&self.state.throttled).clear();
    }

    /// The items of the record with this ID in the hub's table, to copy them.
    pub fn items_of(&self, id: &str) -> Copied {
        lock(&self.state.tables).items_of(TABLE, id)
    }

    /// Copies items for a record with another ID: a hundred times faster than the transactions that would
    /// create it.
    pub fn copy(&self, items: &Copied, id: &str) {
        lock(&self.state.tables).copy(TABLE, items, id);
    }

    /// Starts recording calls and responses.
    pub fn record(&self) {
        lock(&self.state.recording).begin();
    }

    /// Ends the recording and returns the calls in rounds, which are separated by such a pause.
    /// When repeated, these calls get the same responses and change nothing.
    pub fn recorded(&self, pause: Duration) -> Vec<Vec<Call>> {
        lock(&self.state.recording).end(pause)
    }

    /// The calls since the last time, and their cost.
    pub fn take_tally(&self) -> Tally {
        std::mem::take(&mut *lock(&self.state.tally))
    }
}

#[derive(Debug, Clone)]
struct Answering(Arc<State>);

impl Handler for Answering {
    async fn handle(&self, request: Request) -> Response {
        let came = Instant::now();
        let signer = signer(&request);
        let service = signer.as_ref().map_or(Service::S3, |(_, service)| *service);
        let latency = *lock(&self.0.latency);
        pause(match service {
            Service::DynamoDb => latency.dynamodb,
            _ => latency.aws,
        })
        .await;
        let recorded = lock(&self.0.recording).answer(&request);
        if let Some(answer) = recorded {
            lock(&self.0.tally).count(service, AGAIN);
            return answer;
        }
        let answer = self.0.answer(signer, &request);
        lock(&self.0.recording).add(came, &request, &answer);
        answer
    }

    fn connected(&self) {
        lock(&self.0.tally).connections += 1;
    }
}

/// Skips zero latency, because even the shortest sleep takes a millisecond.
async fn pause(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

/// The access key and the service in a request's signature.
fn signer(request: &Request) -> Option<(String, Service)> {
    let signed = request.signed()?;
    Some((
        signed.access_key_id.to_owned(),
        Service::by_name(signed.service)?,
    ))
}

impl State {
    fn answer(&self, signer: Option<(String, Service)>, request: &Request) -> Response {
        let Some((key, service)) = signer else {
            let mut tally = lock(&self.tally);
            if let Some(answer) = api::answer(&lock(&self.api), request) {
                tally.count(Service::Api, &request.method);
                return answer;
            }
            return others::unsigned(request, &mut tally);
        };
        match service {
            Service::DynamoDb => self.dynamodb(request),
            Service::SecretsManager | Service::EventBridge => {
                others::answer(service, request, &mut lock(&self.tally))
            }
            // The bucket of templates.
            Service::S3 => {
                lock(&self.tally).count(service, "PutObject");
                Response::new(200, "application/xml", "")
            }
            _ => self.query_service(service, &key, request),
        }
    }

    fn dynamodb(&self, request: &Request) -> Response {
        let operation = request.target();
        let mut tally = lock(&self.tally);
        tally.count(Service::DynamoDb, operation);
        lock(&self.tables).answer(operation, &request.body, &mut tally.units)
    }

    fn query_service(&self, service: Service, key: &str, request: &Request) -> Response {
        let fields = query::Fields::parse(&request.body);
        let operation = fields.get("Action").unwrap_or_default();
        lock(&self.tally).count(service, operation);
        let customer = match service {
            Service::Sts => fields.get("RoleArn").and_then(Customer::by_role_arn),
            _ => Customer::by_access_key(key),
        };
        let Some(customer) = customer else {
            return Answer::denied("an unknown role").into_response(operation);
        };
        if self.is_throttled(service, customer) {
            lock(&self.tally).throttled += 1;
            return Answer::throttled().into_response(operation);
        }
        let template = &self.template;
        let answer = match service {
            Service::Sts => sts::answer(operation, &fields, customer),
            Service::Iam => iam::answer(operation, &fields, customer, template),
            _ => cloudformation::answer(operation, &fields, customer, template),
        };
        answer.into_response(operation)
    }

    fn is_throttled(&self, service: Service, customer: Customer) -> bool {
        // STS limits by caller, which is the hub. The other services limit by account.
        if service == Service::Sts {
            return !lock(&self.sts_bucket).take();
        }
        if customer.kind() != Kind::Throttled {
            return false;
        }
        let mut throttled = lock(&self.throttled);
        let count = throttled.entry((service, customer)).or_default();
        *count += 1;
        *count <= THROTTLED_REQUESTS
    }
}

/// A token bucket that refills every second.
#[derive(Debug)]
struct Bucket {
    rate: Option<f64>,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Option<u32>) -> Self {
        let rate = rate.map(f64::from);
        Self {
            rate,
            tokens: rate.unwrap_or_default(),
            at: Instant::now(),
        }
    }

    fn take(&mut self) -> bool {
        let Some(rate) = self.rate else {
            return true;
        };
        let now = Instant::now();
        let gained = now.duration_since(self.at).as_secs_f64() * rate;
        self.tokens = (self.tokens + gained).min(rate);
        self.at = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}
