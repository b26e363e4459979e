//! Programs with an AWS SDK: for each line of input, they list the tables and print one line.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;
use rolecall_local::wait::until;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Longer than SDKs repeat a refused request.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    Python,
    Cli,
    JavaScript,
    Rust,
}

impl Sdk {
    pub const ALL: [Self; 4] = [Self::Python, Self::Cli, Self::JavaScript, Self::Rust];

    /// For how many seconds credentials are valid if the SDK is to renew them with each request. The AWS SDKs for
    /// JavaScript and Rust also use the previous ones while they are valid, and the others don't.
    pub const fn lifetime(self) -> i64 {
        match self {
            Self::JavaScript | Self::Rust => 3,
            Self::Python | Self::Cli => 60,
        }
    }

    /// The text that the SDK prints when the hub refuses a workload. The AWS SDK for Rust prints the status only.
    pub fn printed<'a>(self, status: &'a str, words: &[&'a str]) -> Vec<&'a str> {
        match self {
            Self::Rust => vec![status],
            Self::Python | Self::Cli | Self::JavaScript => words.to_vec(),
        }
    }

    /// The program and its arguments.
    ///
    /// # Errors
    /// If the program in Rust is not built.
    pub fn words(self) -> Result<Vec<PathBuf>> {
        let (python, readers) = (tool("python"), Tree::default().root().join("tests/readers"));
        Ok(match self {
            Self::Rust => vec![example("tables")?],
            Self::Python => vec![python, readers.join("tables.py")],
            Self::Cli => vec!["sh".into(), readers.join("tables.sh")],
            Self::JavaScript => vec![
                python,
                readers.join("node.py"),
                "node".into(),
                readers.join("tables.mjs"),
            ],
        })
    }
}

/// A program of `tests/examples`, which `cargo test` builds.
fn example(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .nth(2)
        .context("not in a target directory")?;
    Ok(target.join("examples").join(name))
}

pub fn tool(name: &str) -> PathBuf {
    Tree::default().root().join(".venv/bin").join(name)
}

/// A running program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Program {
    pub fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.kill_on_drop(true).spawn();
        let mut child = child.with_context(|| format!("{command:?}; run: make venv"))?;
        let answers = BufReader::new(child.stdout.take().context("piped")?).lines();
        Ok(Self {
            input: child.stdin.take(),
            child,
            answers,
        })
    }

    /// The next line that the program prints.
    pub async fn list(&mut self) -> Result<String> {
        let input = self.input.as_mut().context("piped")?;
        input.write_all(b"list\n").await?;
        let line = timeout(PATIENCE, self.answers.next_line()).await??;
        line.context("the program ended")
    }

    /// Lists a table of this name.
    pub async fn sees(&mut self, table: &str) -> Result<()> {
        let line = self.list().await?;
        let listed = line.strip_prefix("tables: ");
        let found = listed.is_some_and(|names| names.split(' ').any(|name| name == table));
        ensure!(found, "{line}");
        Ok(())
    }

    /// Lists the table until this is so.
    pub async fn sees_until(
        &mut self,
        table: &str,
        what: &str,
        is_so: impl Fn() -> Result<bool>,
    ) -> Result<()> {
        until(what, PATIENCE, async || {
            self.sees(table).await?;
            Ok(is_so()?.then_some(()))
        })
        .await
    }

    /// Prints an error that contains these words, once the credentials that it has are not valid any more.
    pub async fn ends_with(&mut self, words: &[&str]) -> Result<()> {
        let line = until("an error", PATIENCE, async || {
            let line = self.list().await?;
            Ok(Some(line).filter(|line| !line.starts_with("tables: ")))
        })
        .await?;
        let is_expected = words.iter().all(|word| line.contains(word));
        ensure!(is_expected, "expected {words:?}: {line}");
        Ok(())
    }

    /// Ends with its input.
    pub async fn end(mut self) -> Result<()> {
        drop(self.input.take());
        let status = timeout(PATIENCE, self.child.wait()).await??;
        ensure!(status.success(), "{status}");
        Ok(())
    }
}
