//! Ending a process group with all that it started.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpid,
};

const POLL: Duration = Duration::from_millis(25);
const GRACE: Duration = Duration::from_secs(5);

/// The command line of a process, if there is one with this id.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    // Linux says it without another process; elsewhere `ps` does.
    if let Ok(raw) = std::fs::read(format!("/proc/{pid}/cmdline")) {
        let text = String::from_utf8_lossy(&raw).replace('\0', " ");
        return Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    let output = std::process::Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Asks a process politely; it may be gone already.
pub(crate) fn ask_to_end(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Ends the process group that `leader` leads: politely, then for certain.
/// The group also holds what the leader started (functions run as native
/// processes), which would otherwise outlive it.
pub async fn end_group(leader: u32) -> Result<()> {
    let raw = i32::try_from(leader)?;
    let Some(pid) = Pid::from_raw(raw) else {
        bail!("{leader} is not a process id");
    };
    // The leader alone first: it stops its children itself.
    if kill_process(pid, Signal::TERM).is_ok() {
        wait_until(GRACE, || has_ended(pid, leader)).await;
    }
    match kill_process_group(pid, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => return Err(anyhow!("process group {leader}: {error}")),
    }
    wait_until(GRACE, || {
        test_kill_process_group(pid).is_err() || has_ended(pid, leader)
    })
    .await;
    Ok(())
}

/// Also reaps the process if it is this one's child, so that nothing of it stays.
fn has_ended(pid: Pid, leader: u32) -> bool {
    matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))) || command_line(leader).is_none()
}

async fn wait_until(limit: Duration, done: impl Fn() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
}
