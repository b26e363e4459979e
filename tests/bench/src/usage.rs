//! A process's resource usage, as Linux reports it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// The CPU time of all running threads.
    pub cpu: Duration,
    pub peak_memory_mb: f64,
}

impl Usage {
    /// # Errors
    /// If the process has exited, or the system is not Linux.
    pub fn of(pid: u32) -> Result<Self> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{pid}/task")).context("no such process")? {
            // A thread may end in between.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            let first = text.split_ascii_whitespace().next().unwrap_or_default();
            nanoseconds += first.parse::<u64>().context("no time in schedstat")?;
        }
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let peak = status.lines().find_map(|line| {
            let kilobytes = line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?;
            kilobytes.parse::<f64>().ok()
        });
        Ok(Self {
            cpu: Duration::from_nanos(nanoseconds),
            peak_memory_mb: peak.context("no VmHWM in status")? / 1024.0,
        })
    }
}

/// The number and model of the processors, for the report.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names = info.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name").then(|| value.trim().to_owned())
    });
    let names: Vec<String> = names.collect();
    let name = names.first().map_or("unknown processor", String::as_str);
    format!("{} x {name}", names.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_process_uses_time_and_memory() {
        let before = Usage::of(std::process::id()).expect("this process");
        let begun = std::time::Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed() < Duration::from_millis(20) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let after = Usage::of(std::process::id()).expect("this process");
        assert!(after.cpu > before.cpu);
        assert!(after.peak_memory_mb > 0.5);
    }
}
