//! Starts and stops the emulator in its own process group.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

use crate::paths::EmulatorProgram;
use crate::process;
use rolecall_client::http::Http;

/// The emulator's account for unsigned requests, such as those to the API. It is the hub's account.
pub const HUB_ACCOUNT: &str = "111111111111";

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A running emulator. Another run of this program can find it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Emulator {
    /// The program, whose name identifies the process.
    pub program: PathBuf,
    pub pid: u32,
    pub port: u16,
    /// The port where the hub's API begins at the root, as it does on AWS.
    pub console_port: u16,
    pub log_file: PathBuf,
}

impl Emulator {
    /// Starts `program` with its files under `state_dir`. Without a port, it chooses a free one, and
    /// tries another if that port was taken in the meantime.
    pub async fn start(
        program: &EmulatorProgram,
        state_dir: &Path,
        port: Option<u16>,
    ) -> Result<Self> {
        let mut attempts = if port.is_some() { 1 } else { 3 };
        loop {
            attempts -= 1;
            let chosen = match port {
                Some(port) => port,
                None => free_port()?,
            };
            match Self::start_on(program, state_dir, chosen).await {
                Err(_) if attempts > 0 => continue,
                result => return result,
            }
        }
    }

    async fn start_on(program: &EmulatorProgram, state_dir: &Path, port: u16) -> Result<Self> {
        let log_file = state_dir.join("emulator.log");
        let console_port = free_port()?;
        let mut child = spawn(program, state_dir, &log_file, [port, console_port])?;
        let emulator = Self {
            program: program.script.clone(),
            pid: child.id().context("the emulator exited at once")?,
            port,
            console_port,
            log_file,
        };
        if let Err(error) = emulator.wait_until_healthy(&mut child).await {
            emulator.stop().await?;
            return Err(error);
        }
        Ok(emulator)
    }

    async fn wait_until_healthy(&self, child: &mut Child) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while !self.is_healthy().await {
            if let Some(status) = child.try_wait()? {
                bail!("the emulator exited with {status}:\n{}", self.log_tail());
            }
            if Instant::now() > deadline {
                bail!(
                    "the emulator was not ready after {} s:\n{}",
                    START_LIMIT.as_secs(),
                    self.log_tail()
                );
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    pub fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Without a trailing slash.
    pub fn console_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.console_port)
    }

    pub async fn is_healthy(&self) -> bool {
        let url = format!("{}/_ministack/health", self.endpoint_url());
        matches!(Http::new().get(&url).await, Ok(answer) if answer.is_success())
    }

    /// Whether the recorded process is still the emulator. The process id alone may belong to another
    /// process by now.
    pub fn is_ours(&self) -> bool {
        let program = self.program.to_string_lossy();
        process::command_line(self.pid).is_some_and(|line| line.contains(program.as_ref()))
    }

    /// Stops the emulator and every function that it runs.
    pub async fn stop(&self) -> Result<()> {
        process::end_group(self.pid).await
    }

    /// The last lines of the log, for error messages.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log_file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn spawn(
    program: &EmulatorProgram,
    state_dir: &Path,
    log_file: &Path,
    [port, console_port]: [u16; 2],
) -> Result<Child> {
    let temporary = state_dir.join("tmp");
    std::fs::create_dir_all(&temporary)
        .with_context(|| format!("can't create {}", temporary.display()))?;
    let log = std::fs::File::create(log_file)
        .with_context(|| format!("can't create {}", log_file.display()))?;
    let mut command = Command::new(&program.python);
    command.arg(&program.script);
    // Functions inherit this environment, which must not contain the caller's AWS settings and proxies.
    command.env_clear();
    for name in ["PATH", "HOME", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("AUTH", "true")
        .env("BIND_HOST", "127.0.0.1")
        // The host in queue URLs and ResponseURLs. "localhost" may resolve to ::1 first.
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("CONSOLE_PORT", console_port.to_string())
        .env("IOT_MTLS_ENABLED", "false")
        .env("SFTP_ENABLED", "false")
        .env("MINISTACK_ACCOUNT_ID", HUB_ACCOUNT)
        .env("TMPDIR", &temporary)
        // Keeps the emulator from removing containers of other programs.
        .env("DOCKER_HOST", "unix:///nonexistent")
        .current_dir(state_dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A separate group: this program handles Ctrl-C, and can stop the emulator with its functions.
        .process_group(0);
    command
        .spawn()
        .with_context(|| format!("can't start {}", program.script.display()))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
