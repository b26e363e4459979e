//! A faulty network proxy in front of the emulator: it delays some of the hub's calls to AWS,
//! rejects them with the service's own error codes, or cuts the connection before, during or after
//! the call takes effect. It listens on loopback.

mod plan;
mod wire;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use plan::Plan;
use wire::{Answer, Request};

pub use plan::Kind;

/// The limit for one exchange: an API request may take 30 s, and functions time out earlier.
const LONGEST: Duration = Duration::from_secs(90);

/// The limit for concurrent exchanges.
const AT_ONCE: usize = 128;

/// Injected faults by service and kind.
pub type Counts = BTreeMap<(String, Kind), usize>;

/// The proxy to the emulator. It stops when it is dropped.
#[derive(Debug)]
pub struct FaultyProxy {
    listener: Arc<TcpListener>,
    url: String,
    plan: Arc<Mutex<Plan>>,
    serving: Option<JoinHandle<()>>,
}

impl FaultyProxy {
    /// Starts to listen; connections wait until `forward_to` sets their destination.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn open(seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self {
            url: format!("http://{}", listener.local_addr()?),
            listener: Arc::new(listener),
            plan: Arc::new(Mutex::new(Plan::new(seed))),
            serving: None,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Forwards all connections to a port of this machine, with the planned faults.
    pub fn forward_to(&mut self, port: u16) {
        let (listener, plan) = (Arc::clone(&self.listener), Arc::clone(&self.plan));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        self.serving = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (plan, places) = (Arc::clone(&plan), Arc::clone(&places));
                tokio::spawn(async move {
                    let Ok(_place) = places.acquire().await else {
                        return;
                    };
                    // A disconnected client and a planned cut are not errors.
                    let _ = timeout(LONGEST, exchange(client, port, &plan)).await;
                });
            }
        }));
    }

    /// Turns fault injection on or off.
    pub fn set_faults(&self, on: bool) {
        self.plan().on = on;
    }

    pub fn injected(&self) -> Counts {
        self.plan().injected.clone()
    }

    /// All calls to AWS so far, with and without faults.
    pub fn calls(&self) -> usize {
        self.plan().calls
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        held(&self.plan)
    }
}

impl Drop for FaultyProxy {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

fn held(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles one request on one connection.
async fn exchange(mut client: TcpStream, port: u16, plan: &Mutex<Plan>) -> io::Result<()> {
    let Some(request) = Request::read(&mut client).await? else {
        return Ok(());
    };
    let fault = match request.call() {
        Some(call) => held(plan).decide(&call).map(|fault| (call, fault)),
        // Requests that are not calls to AWS, such as template downloads and API requests.
        None => None,
    };
    let Some((call, fault)) = fault else {
        let answer = forward(&request, port).await?;
        return client.write_all(&answer.bytes()).await;
    };
    match fault.kind {
        Kind::CutBefore => Ok(()),
        Kind::CutAfter => forward(&request, port).await.map(drop),
        Kind::CutWithin => {
            let bytes = forward(&request, port).await?.first_half();
            client.write_all(&bytes).await
        }
        Kind::Delay => {
            sleep(fault.pause).await;
            let answer = forward(&request, port).await?;
            client.write_all(&answer.bytes()).await
        }
        Kind::Internal | Kind::Unavailable | Kind::Throttled | Kind::Conflict => {
            let answer = words::refusal(&call, fault);
            client.write_all(&answer.bytes()).await
        }
    }
}

/// Returns the emulator's response. The request stays unchanged, because its signature must match.
async fn forward(request: &Request, port: u16) -> io::Result<Answer> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(&request.bytes()).await?;
    Answer::read(&mut server).await
}
