//! Installs the peers' dependencies in separate places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

const PIP: Duration = Duration::from_secs(180);

/// The Python of a virtual environment with exactly these packages; created once.
///
/// # Errors
/// If the packages can't be installed.
pub async fn python(requirements: &Path, venv: &Path) -> Result<PathBuf> {
    let (python, stamp) = (venv.join("bin/python"), venv.join("installed.txt"));
    let wanted = fs::read_to_string(requirements)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let mut make = Command::new("python3");
    run(make.args(["-m", "venv"]).arg(venv), PIP).await?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    run(pip.arg(requirements), PIP).await?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}

/// # Errors
/// The last line of a failed command's stderr.
pub async fn run(command: &mut Command, time_out: Duration) -> Result<()> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(time_out, output).await;
    let output = output.context("the command timed out")??;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or_default();
    ensure!(output.status.success(), "{last}");
    Ok(())
}
