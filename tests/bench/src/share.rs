//! A processor share like that of a Lambda function with some memory size, using the kernel's
//! control groups, version 2 or 1. Without write access to them, there is no fallback.
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu>,
//! <https://docs.kernel.org/scheduler/sched-bwc.html>

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::usage::Usage;

/// A function with this memory size has one whole processor.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const WHOLE_PROCESSOR_MB: u32 = 1769;

/// The period of the CPU quota.
const PERIOD: Duration = Duration::from_millis(20);

/// A control group. It is removed when dropped; its processes must have ended by then.
#[derive(Debug)]
pub struct CpuShare {
    group: PathBuf,
    pub memory_mb: u32,
}

impl CpuShare {
    /// A group for functions with this memory size.
    ///
    /// # Errors
    /// If there is no writable cpu controller, or it has no effect.
    pub fn of(memory_mb: u32) -> Result<Self> {
        let name = format!("rolecall-bench-{}-{memory_mb}", std::process::id());
        let share = Self {
            group: parent()?.join(name),
            memory_mb,
        };
        fs::create_dir(&share.group).context("no writable cpu controller")?;
        let limited = share.limit();
        limited.context("no writable cpu controller")?;
        share.verify()?;
        Ok(share)
    }

    /// The share of one processor.
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

    /// Limits a process with all its threads to this share.
    ///
    /// # Errors
    /// If the process has exited or can't be moved.
    pub fn limit_process(&self, pid: u32) -> Result<()> {
        let procs = self.group.join("cgroup.procs");
        fs::write(procs, pid.to_string()).context("a process can't be moved into its group")
    }

    /// In some sandboxes a controller exists but has no effect.
    fn verify(&self) -> Result<()> {
        // The process ends by itself, even if this program is killed.
        let mut busy = Busy(
            Command::new("/bin/sh")
                .args(["-c", "ulimit -t 2; while :; do :; done"])
                .stdin(Stdio::null())
                .spawn()?,
        );
        let pid = busy.0.id();
        self.limit_process(pid)?;
        let (before, begun) = (Usage::of(pid)?, Instant::now());
        std::thread::sleep(PERIOD * 20);
        let used = (Usage::of(pid)?.cpu - before.cpu).as_secs_f64();
        let fraction = used / begun.elapsed().as_secs_f64();
        busy.0.kill()?;
        busy.0.wait()?;
        let allowed = self.fraction() * 1.3 + 0.02;
        ensure!(
            fraction <= allowed,
            "the cpu controller allows {fraction:.3} of a processor"
        );
        Ok(())
    }
}

/// A process that is killed when dropped.
struct Busy(Child);

impl Drop for Busy {
    fn drop(&mut self) {
        // It has probably ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // A process that has just ended may remain in the group for a moment.
        for _ in 0..20 {
            if fs::remove_dir(&self.group).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// This process's own group in the cpu controller's hierarchy.
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
    // A group that contains processes can't delegate controllers to child groups: use the nearest
    // ancestor that delegates the cpu controller.
    let above = own.ancestors().take_while(|group| group.starts_with(&root));
    let delegates = |group: &&Path| {
        let controllers = fs::read_to_string(group.join("cgroup.subtree_control"));
        controllers.is_ok_and(|all| all.split_whitespace().any(|it| it == "cpu"))
    };
    let parent = above.into_iter().find(delegates);
    Ok(parent.context("no writable cpu controller")?.to_owned())
}

/// In a container, the path may not be mounted; then the mount is the container's own group.
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
    fn cpu_share_limits_or_reports_why_not() {
        match CpuShare::of(128) {
            // Creating the share has verified it.
            Ok(share) => assert!((share.fraction() - 0.072).abs() < 0.001),
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("cpu controller"), "{error}");
            }
        }
    }
}
