//! Reads exports with the tools that they are for: the AWS CLI (also in locales without UTF-8), botocore, the SDKs
//! for JavaScript and Rust, and c7n-org. If no registry has the tool, its schema is used instead.

mod endpoint;
mod formats;
mod processes;
mod profiles;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;

fn scripts() -> PathBuf {
    Tree::default().root().join("tests/readers")
}

fn tool(name: &str) -> Command {
    let path = Tree::default().root().join(".venv/bin").join(name);
    Command::new(path)
}

/// The output of a script in `tests/readers`.
pub fn python(script: &str, arguments: &[&Path]) -> Result<String> {
    let mut command = tool("python");
    printed(command.arg(scripts().join(script)).args(arguments))
}

fn printed(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("can't run {command:?}; run: make venv"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}
