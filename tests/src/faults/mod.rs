//! A bad network in front of the emulator: some of the hub's calls to AWS are delayed, refused in
//! AWS's own words, or cut off before, while or after they take effect. It listens on loopback.

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

/// No exchange takes longer: an API request may take 30 s, a function waits for no call that long.
const LONGEST: Duration = Duration::from_secs(90);

/// Exchanges at the same moment.
const AT_ONCE: usize = 128;

/// Faults by service and kind.
pub type Counts = BTreeMap<(String, Kind), usize>;

/// The way to the emulator. It ends when it is dropped.
#[derive(Debug)]
pub struct FaultyWay {
    listener: Arc<TcpListener>,
    url: String,
    plan: Arc<Mutex<Plan>>,
    serving: Option<JoinHandle<()>>,
}

impl FaultyWay {
    /// Takes connections, which wait until it is known where they lead.
    ///
    /// # Errors
    /// When there is no free port.
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

    /// Lets everything through to a port of this machine, well or not.
    pub fn lead_to(&mut self, port: u16) {
        let (listener, plan) = (Arc::clone(&self.listener), Arc::clone(&self.plan));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        self.serving = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (plan, places) = (Arc::clone(&plan), Arc::clone(&places));
                tokio::spawn(async move {
                    let Ok(_place) = places.acquire().await else {
                        return;
                    };
                    // A client that went away, or a cut that was planned: nobody is told.
                    let _ = timeout(LONGEST, exchange(client, port, &plan)).await;
                });
            }
        }));
    }

    /// From now on, or no longer, something goes wrong.
    pub fn misbehave(&self, on: bool) {
        self.plan().on = on;
    }

    pub fn injected(&self) -> Counts {
        self.plan().injected.clone()
    }

    /// Calls to AWS that were seen, well or not.
    pub fn calls(&self) -> usize {
        self.plan().calls
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        held(&self.plan)
    }
}

impl Drop for FaultyWay {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

fn held(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request on one connection.
async fn exchange(mut client: TcpStream, port: u16, plan: &Mutex<Plan>) -> io::Result<()> {
    let Some(request) = Request::read(&mut client).await? else {
        return Ok(());
    };
    let fault = match request.call() {
        Some(call) => held(plan).decide(&call).map(|fault| (call, fault)),
        // Not one of the hub's calls to AWS: a template that is read, a request to the API.
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

/// The emulator's answer. Its signature check sees what was signed: nothing of that is changed.
async fn forward(request: &Request, port: u16) -> io::Result<Answer> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(&request.bytes()).await?;
    Answer::read(&mut server).await
}
