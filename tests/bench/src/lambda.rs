//! Simulates Lambda for a function: the Runtime API, and the process that requests events.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot};

use crate::http::{Handler, Request, Response, Server};
use crate::share::CpuShare;
use crate::template::REGION;
use crate::usage::Usage;

/// A function in one execution environment: one process, one event at a time.
#[derive(Debug)]
pub struct Function {
    child: Child,
    pid: u32,
    runtime: Arc<Runtime>,
    _api: Server,
    time_out: Duration,
    /// From the start of the process until its first request for an event.
    pub init: Duration,
    /// The resource usage until then.
    pub init_usage: Usage,
}

/// How to start a program.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    pub program: &'a Path,
    pub arguments: &'a [String],
    pub environment: Vec<(String, String)>,
    pub memory_mb: u32,
    pub time_out: Duration,
    /// The log file.
    pub log: &'a Path,
}

/// The result of one event.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub payload: Value,
    pub took: Duration,
}

const START: Duration = Duration::from_secs(30);

impl Function {
    /// Starts the process and waits until it requests its first event.
    ///
    /// # Errors
    /// If it does not start, or exits.
    pub async fn start(launch: &Launch<'_>) -> Result<Self> {
        let runtime = Arc::new(Runtime::default());
        let api = Server::start(Api(Arc::clone(&runtime)), None).await?;
        let log = File::create(launch.log).context("can't write the function's log")?;
        let mut command = Command::new(launch.program);
        command
            .args(launch.arguments)
            .env_clear()
            .envs(launch.environment.iter().cloned())
            .envs(own_environment(launch, api.port))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let begun = Instant::now();
        let name = launch.program.display();
        let mut child = command
            .spawn()
            .with_context(|| format!("can't start {name}"))?;
        tokio::select! {
            () = runtime.ready.notified() => {}
            ended = child.wait() => bail!("{name} exited at startup: {}", ended?),
            () = tokio::time::sleep(START) => bail!("{name} requested no event"),
        }
        let (init, pid) = (
            begun.elapsed(),
            child.id().context("the process has exited")?,
        );
        Ok(Self {
            init,
            init_usage: Usage::of(pid)?,
            pid,
            time_out: launch.time_out,
            child,
            runtime,
            _api: api,
        })
    }

    /// Sends one event and waits for the response.
    ///
    /// # Errors
    /// If the function fails, exits or times out.
    pub async fn invoke(&mut self, event: &Value) -> Result<Invocation> {
        let begun = Instant::now();
        let answer = self.runtime.hand_over(event, self.time_out)?;
        let payload = tokio::select! {
            answer = answer => answer.context("the runtime has stopped")?,
            ended = self.child.wait() => bail!("the function exited: {}", ended?),
            () = tokio::time::sleep(self.time_out) => bail!("the function timed out"),
        };
        Ok(Invocation {
            payload: payload.map_err(|error| anyhow::anyhow!("the function failed: {error}"))?,
            took: begun.elapsed(),
        })
    }

    /// Waits until the function requests the next event: its work after a response counts, too.
    ///
    /// # Errors
    /// If it does not request one.
    pub async fn settle(&self) -> Result<()> {
        let asks = tokio::time::timeout(self.time_out, self.runtime.ready.notified());
        asks.await
            .context("the function requests no further event")?;
        // Let the function become idle, or its time would count for the next event.
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }

    /// Limits the function to a processor share. On Lambda, the init phase has more.
    ///
    /// # Errors
    /// If the process can't be moved into the group.
    pub fn limit_to(&self, share: &CpuShare) -> Result<()> {
        share.limit_process(self.pid)
    }

    /// # Errors
    /// If the process has exited.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid)
    }

    /// # Errors
    /// If the process can't be stopped.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// The variables that Lambda itself sets.
fn own_environment(launch: &Launch<'_>, port: u16) -> Vec<(String, String)> {
    let name = launch.program.file_name().unwrap_or_default();
    let address = format!("127.0.0.1:{port}");
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        set("AWS_LAMBDA_RUNTIME_API", &address),
        set("AWS_LAMBDA_FUNCTION_NAME", &name.to_string_lossy()),
        set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        set(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            &launch.memory_mb.to_string(),
        ),
        set("AWS_LAMBDA_LOG_GROUP_NAME", "/bench"),
        set("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        set("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        set("AWS_REGION", REGION),
        set("AWS_DEFAULT_REGION", REGION),
        set("AWS_ACCESS_KEY_ID", "AKIASTUB"),
        set("AWS_SECRET_ACCESS_KEY", "stub"),
        // As long as an execution role's token: every request contains and signs it.
        set("AWS_SESSION_TOKEN", &"s".repeat(700)),
    ]
}

/// The function's response, or its error.
type Answer = Result<Value, String>;

#[derive(Debug)]
struct Event {
    id: String,
    body: String,
    deadline_ms: u128,
}

#[derive(Debug)]
struct Runtime {
    events: mpsc::UnboundedSender<Event>,
    next: AsyncMutex<mpsc::UnboundedReceiver<Event>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    ready: Notify,
    handed_over: AtomicU64,
}

impl Default for Runtime {
    fn default() -> Self {
        let (events, next) = mpsc::unbounded_channel();
        Self {
            events,
            next: AsyncMutex::new(next),
            waiting: Mutex::default(),
            ready: Notify::new(),
            handed_over: AtomicU64::new(0),
        }
    }
}

impl Runtime {
    fn hand_over(&self, event: &Value, time_out: Duration) -> Result<oneshot::Receiver<Answer>> {
        let number = self.handed_over.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + time_out;
        let (answer, receiver) = oneshot::channel();
        self.waiting().insert(id.clone(), answer);
        self.events.send(Event {
            id,
            body: event.to_string(),
            deadline_ms: deadline.as_millis(),
        })?;
        Ok(receiver)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Option<Response> {
        self.ready.notify_one();
        let event = self.next.lock().await.recv().await?;
        let mut response = Response::new(200, "application/json", event.body);
        let arn = "arn:aws:lambda:us-east-1:111111111111:function:bench";
        let headers = [
            ("lambda-runtime-aws-request-id", event.id),
            ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
            ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        response.headers.extend(headers);
        Some(response)
    }

    fn answered(&self, id: &str, answer: Answer) {
        if let Some(waiting) = self.waiting().remove(id) {
            // The caller may have given up.
            let _ = waiting.send(answer);
        }
    }
}

#[derive(Debug, Clone)]
struct Api(Arc<Runtime>);

impl Handler for Api {
    async fn handle(&self, request: Request) -> Response {
        let accepted = Response::new(202, "application/json", "{}");
        let path = request.path.trim_start_matches("/2018-06-01/runtime/");
        let body = || -> Value { serde_json::from_slice(&request.body).unwrap_or_default() };
        match path.split('/').collect::<Vec<_>>()[..] {
            ["invocation", "next"] => {
                let next = self.0.next().await;
                next.unwrap_or_else(|| Response::new(500, "application/json", "{}"))
            }
            ["invocation", id, "response"] => {
                self.0.answered(id, Ok(body()));
                accepted
            }
            ["invocation", id, "error"] => {
                self.0.answered(id, Err(body().to_string()));
                accepted
            }
            _ => accepted,
        }
    }
}
