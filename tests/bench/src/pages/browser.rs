//! Loads pages in Chromium with tests/browser/measure.mjs.

use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::paths::Tree;

/// A page, and what must be visible in it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) url: String,
    pub(super) cookies: Vec<Cookie>,
    /// The session storage.
    pub(super) storage: Vec<(&'static str, String)>,
    /// So many of these elements.
    pub(super) selector: &'static str,
    pub(super) count: usize,
    pub(super) texts: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) value: String,
}

/// An emulated network and processor.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Network {
    pub(super) name: &'static str,
    /// For each request, in milliseconds.
    pub(super) latency: f64,
    /// Bytes per second.
    pub(super) download: f64,
    pub(super) upload: f64,
    /// How many times slower the processor is.
    pub(super) cpu: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Plan<'a> {
    pub(super) rounds: usize,
    pub(super) networks: &'a [Network],
    pub(super) pages: &'a [Page],
}

/// One first load. Times are in milliseconds since the navigation.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Load {
    /// Chromium's version.
    pub(super) browser: String,
    pub(super) page: String,
    pub(super) network: String,
    pub(super) shown: f64,
    pub(super) painted: f64,
    pub(super) bytes: f64,
    pub(super) requests: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Measured {
    Loads { loads: Vec<Load> },
    Skipped { skipped: String },
}

/// Node.js or npm from .venv, which `make bench-pages` installs.
pub(super) fn node(tree: &Tree, program: &str) -> Command {
    let mut command = Command::new(tree.root().join(".venv/bin/python"));
    let script = tree.root().join("tests/readers/node.py");
    command.arg(script).arg(program).kill_on_drop(true);
    command
}

/// # Errors
/// If a page does not show what it must.
pub(super) async fn measure(tree: &Tree, plan: &Plan<'_>) -> Result<Measured> {
    let mut child = node(tree, "node")
        .arg(tree.root().join("tests/browser/measure.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .context("Node.js is not installed: run `make venv`")?;
    let mut stdin = child.stdin.take().context("piped")?;
    stdin.write_all(&serde_json::to_vec(plan)?).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "the pages can't be measured");
    let measured: Measured = serde_json::from_slice(&output.stdout)?;
    if let Measured::Loads { loads } = &measured
        && loads.len() != plan.rounds * plan.networks.len() * plan.pages.len()
    {
        bail!("{} loads", loads.len());
    }
    Ok(measured)
}
