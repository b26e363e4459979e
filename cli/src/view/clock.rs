//! Readable times: relative to now, and in the local time zone.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The current time and the local time zone, for output on a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: Timestamp,
    zone: &'static TimeZone,
}

impl Clock {
    /// `variable` is the environment variable `TZ`.
    pub fn new(now: Timestamp, variable: Option<&str>) -> Self {
        Self {
            now,
            // One for the whole process, so that the clock can be copied.
            zone: Box::leak(Box::new(zone(variable))),
        }
    }

    /// `3 minutes ago`, or `in 2 days`.
    pub(super) fn relative(self, time: &str) -> Option<String> {
        let time: Timestamp = time.parse().ok()?;
        let seconds = self.now.as_second() - time.as_second();
        let (number, unit) = match seconds.unsigned_abs() {
            count @ 0..60 => (count, "second"),
            count @ 60..3_600 => (count / 60, "minute"),
            count @ 3_600..86_400 => (count / 3_600, "hour"),
            count @ 86_400..5_184_000 => (count / 86_400, "day"),
            count @ 5_184_000..63_072_000 => (count / 2_592_000, "month"),
            count => (count / 31_536_000, "year"),
        };
        let plural = if number == 1 { "" } else { "s" };
        Some(match seconds {
            0 => "now".to_owned(),
            1.. => format!("{number} {unit}{plural} ago"),
            _ => format!("in {number} {unit}{plural}"),
        })
    }

    /// `2026-11-21 22:01:46 CET (3 minutes ago)`.
    pub(super) fn local(self, time: &str) -> Option<String> {
        let relative = self.relative(time)?;
        let time: Timestamp = time.parse().ok()?;
        let local = time.to_zoned(self.zone.clone());
        // Some zones have only a number for a name, such as -03.
        let name = local.strftime("%Z").to_string();
        let zone = match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            true => name,
            false => format!("UTC{}", local.strftime("%:z")),
        };
        let local = local.strftime("%Y-%m-%d %H:%M:%S");
        Some(format!("{local} {zone} ({relative})"))
    }
}

/// The zone of `TZ` (a name, a path or a POSIX rule), or the system's.
fn zone(variable: Option<&str>) -> TimeZone {
    let read = |path: &Path| TimeZone::tzif("local", &fs::read(path).ok()?).ok();
    let zone = match variable.map(|text| text.trim_start_matches(':')) {
        None => read(Path::new("/etc/localtime")),
        Some(name) => read(&Path::new("/usr/share/zoneinfo").join(name))
            .or_else(|| TimeZone::posix(name).ok()),
    };
    zone.unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::Clock;

    fn clock(zone: &str) -> Clock {
        let now = "2026-11-21T21:04:50Z".parse().expect("a time");
        Clock::new(now, Some(zone))
    }

    #[test]
    fn relative_times_have_one_unit() {
        let clock = clock("UTC");
        for (time, expected) in [
            ("2026-11-21T21:04:50.9Z", "now"),
            ("2026-11-21T21:04:49Z", "1 second ago"),
            ("2026-11-21T21:01:46.448Z", "3 minutes ago"),
            ("2026-11-21T20:04:50Z", "1 hour ago"),
            ("2026-11-19T21:04:50Z", "2 days ago"),
            ("2026-08-21T21:04:50Z", "3 months ago"),
            ("2024-08-21T21:04:50Z", "2 years ago"),
            ("2026-11-21T21:05:20Z", "in 30 seconds"),
            ("2026-11-23T22:04:50Z", "in 2 days"),
        ] {
            assert_eq!(clock.relative(time).as_deref(), Some(expected), "{time}");
        }
        assert_eq!(clock.relative("soon"), None);
    }

    #[test]
    fn local_times_name_their_zone() {
        let time = "2026-11-21T21:01:46.448Z";
        for (zone, expected) in [
            ("JST-9", "2026-11-22 06:01:46 JST (3 minutes ago)"),
            ("<-03>3", "2026-11-21 18:01:46 UTC-03:00 (3 minutes ago)"),
            ("nowhere/at/all", "2026-11-21 21:01:46 UTC (3 minutes ago)"),
        ] {
            assert_eq!(clock(zone).local(time).as_deref(), Some(expected), "{zone}");
        }
        assert_eq!(clock("UTC").local("soon"), None);
    }
}
