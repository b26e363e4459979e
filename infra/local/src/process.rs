//! Stops process groups.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpid,
};

const POLL: Duration = Duration::from_millis(25);
const GRACE: Duration = Duration::from_secs(5);

/// The command line of the process with this id, if it exists.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    // Linux has it in /proc. Elsewhere, `ps` prints it.
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

/// Sends SIGTERM to a process, which may have exited already.
pub(crate) fn terminate(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Stops the process group of `leader`: SIGTERM to the leader, then SIGKILL to the group. The group also
/// contains the functions that the leader started, which would otherwise outlive it.
pub async fn end_group(leader: u32) -> Result<()> {
    let raw = i32::try_from(leader)?;
    let Some(pid) = Pid::from_raw(raw) else {
        bail!("{leader} is not a process id");
    };
    // Only the leader at first, because it stops its children itself.
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

/// Also reaps the process if it is a child of this one.
fn has_ended(pid: Pid, leader: u32) -> bool {
    matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))) || command_line(leader).is_none()
}

async fn wait_until(limit: Duration, done: impl Fn() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
}
