//! The peer: a Python script with boto3 and a thread pool, using the same stub.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::paths::Tree;
use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::seed::Member;
use crate::install;
use crate::template::{REGION, TABLE};
use crate::usage::Usage;

/// The script, and a Python with its packages.
#[derive(Debug, Clone)]
pub struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Peer {
    /// Creates a separate virtual environment, once.
    ///
    /// # Errors
    /// If the packages can't be installed.
    pub async fn install(tree: &Tree, under: &Path) -> Result<Self> {
        let sources = tree.root().join("tests/bench/peers/python");
        let requirements = sources.join("requirements.txt");
        Ok(Self {
            python: install::python(&requirements, &under.join("venv")).await?,
            script: sources.join("fleet.py"),
        })
    }

    /// Starts the script and waits until it has loaded its packages and read its accounts.
    ///
    /// # Errors
    /// If the script does not start.
    pub async fn start(&self, url: &str, members: &[Member], list: &Path) -> Result<Running> {
        let messages: Vec<_> = members.iter().map(|member| &member.due).collect();
        fs::write(list, serde_json::to_vec(&messages)?)?;
        let mut child = Command::new(&self.python)
            .arg(&self.script)
            .arg(list)
            .env_clear()
            // Ignore the user's own settings.
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "AKIASTUB")
            .env("AWS_SECRET_ACCESS_KEY", "stub")
            .env("AWS_ENDPOINT_URL", url)
            .env("TABLE_NAME", TABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("can't start Python")?;
        let stdout = child.stdout.take().context("no output")?;
        let mut running = Running {
            pid: child.id().context("the script has ended")?,
            stdin: child.stdin.take().context("no input")?,
            lines: BufReader::new(stdout).lines(),
            child,
        };
        running.expect_line("ready").await?;
        Ok(running)
    }
}

/// The script's process.
#[derive(Debug)]
pub struct Running {
    pid: u32,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Running {
    /// Starts the checks and waits until all accounts are checked.
    ///
    /// # Errors
    /// If the script fails.
    pub async fn check_all(&mut self) -> Result<()> {
        self.stdin.write_all(b"go\n").await?;
        self.expect_line("done").await
    }

    /// # Errors
    /// If the process has ended.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid)
    }

    /// # Errors
    /// If the process can't be stopped.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    async fn expect_line(&mut self, word: &str) -> Result<()> {
        let line = self.lines.next_line().await?.unwrap_or_default();
        ensure!(
            line == word,
            "the script printed `{line}` instead of `{word}`"
        );
        Ok(())
    }
}
