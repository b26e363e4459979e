//! A part of one processor, as a Lambda function of some memory size has it: by the kernel's own
//! control groups, version 2 or 1. Where they can't be written, nothing else pretends to be it.
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu>,
//! <https://docs.kernel.org/scheduler/sched-bwc.html>

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::usage::Usage;

/// At this size a function has one whole processor.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const WHOLE_PROCESSOR_MB: u32 = 1769;

/// Processor time is handed out this often.
const PERIOD: Duration = Duration::from_millis(20);

/// A control group. Removed when dropped, which needs its processes to have ended.
#[derive(Debug)]
pub struct CpuShare {
    group: PathBuf,
    pub memory_mb: u32,
}

impl CpuShare {
    /// A group for functions of such a size.
    ///
    /// # Errors
    /// When there is no cpu controller that can be written, or it holds nobody back.
    pub fn of(memory_mb: u32) -> Result<Self> {
        let name = format!("rolecall-bench-{}-{memory_mb}", std::process::id());
        let share = Self {
            group: parent()?.join(name),
            memory_mb,
        };
        fs::create_dir(&share.group).context("no writable cpu controller")?;
        let limited = share.limit();
        limited.context("no writable cpu controller")?;
        share.prove()?;
        Ok(share)
    }

    /// The part of one processor.
    pub fn fraction(&self) -> f64 {
        f64::from(self.memory_mb) / f64::from(WHOLE_PROCESSOR_MB)
    }

    fn limit(&self) -> Result<()> {
        let period = PERIOD.as_micros();
        let quota = (PERIOD.mul_f64(self.fraction())).as_micros();
        let v2 = self.group.join("cpu.max");
        if v2.exists() {
            return Ok(fs::write(v2, format!("{quota} {period}"))?);
        }
        fs::write(self.group.join("cpu.cfs_period_us"), period.to_string())?;
        Ok(fs::write(
            self.group.join("cpu.cfs_quota_us"),
            quota.to_string(),
        )?)
    }

    /// Lets a process, with all its threads, have no more than this from now on.
    ///
    /// # Errors
    /// When it is gone, or may not be moved.
    pub fn hold(&self, pid: u32) -> Result<()> {
        let procs = self.group.join("cgroup.procs");
        fs::write(procs, pid.to_string()).context("a process can't be moved into its group")
    }

    /// A controller may be there and do nothing, as in some sandboxes.
    fn prove(&self) -> Result<()> {
        // It ends by itself should nobody be left to end it.
        let mut busy = Busy(
            Command::new("/bin/sh")
                .args(["-c", "ulimit -t 2; while :; do :; done"])
                .stdin(Stdio::null())
                .spawn()?,
        );
        let pid = busy.0.id();
        self.hold(pid)?;
        let (before, begun) = (Usage::of(pid)?, Instant::now());
        std::thread::sleep(PERIOD * 20);
        let used = (Usage::of(pid)?.cpu - before.cpu).as_secs_f64();
        let fraction = used / begun.elapsed().as_secs_f64();
        busy.0.kill()?;
        busy.0.wait()?;
        let allowed = self.fraction() * 1.3 + 0.02;
        ensure!(
            fraction <= allowed,
            "the cpu controller lets through {fraction:.3} of a processor"
        );
        Ok(())
    }
}

/// Ends with whoever started it.
struct Busy(Child);

impl Drop for Busy {
    fn drop(&mut self) {
        // Most likely it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // A process that has just ended may still be in it for a moment.
        for _ in 0..20 {
            if fs::remove_dir(&self.group).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The group that this process is in, where the cpu controller is.
fn parent() -> Result<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounted = |kind: &str, option: &str| {
        mounts.lines().find_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let (place, of, options) = (*words.get(1)?, *words.get(2)?, *words.get(3)?);
            let fits = of == kind && (option.is_empty() || options.split(',').any(|o| o == option));
            fits.then(|| PathBuf::from(place))
        })
    };
    if let Some(root) = mounted("cgroup", "cpu") {
        let path = own.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            controllers.split(',').any(|it| it == "cpu").then_some(path)
        });
        return existing(&root, path.unwrap_or("/"));
    }
    let root = mounted("cgroup2", "").context("no writable cpu controller")?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::"));
    let own = existing(&root, path.unwrap_or("/"))?;
    // A group with processes of its own, as ours is, can hand no controller on to groups below it:
    // the nearest one above that does so takes ours.
    let above = own.ancestors().take_while(|group| group.starts_with(&root));
    let hands_on = |group: &&Path| {
        let controllers = fs::read_to_string(group.join("cgroup.subtree_control"));
        controllers.is_ok_and(|all| all.split_whitespace().any(|it| it == "cpu"))
    };
    let parent = above.into_iter().find(hands_on);
    Ok(parent.context("no writable cpu controller")?.to_owned())
}

/// In a container, the path can be one that is not mounted: then the mount is our own group.
fn existing(root: &Path, path: &str) -> Result<PathBuf> {
    let own = root.join(path.trim_start_matches('/'));
    let place = if own.is_dir() { own } else { root.to_owned() };
    ensure!(place.is_dir(), "no writable cpu controller");
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_holds_back_or_says_why_there_is_none() {
        match CpuShare::of(128) {
            // Making it has proven it.
            Ok(share) => assert!((share.fraction() - 0.072).abs() < 0.001),
            Err(error) => {
                let told = error.to_string();
                assert!(told.contains("cpu controller"), "{told}");
            }
        }
    }
}
