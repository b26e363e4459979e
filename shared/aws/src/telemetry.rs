//! Logging: one JSON object per line on standard output, which Lambda collects.

mod request_log;

pub use request_log::{Ending, Outcome, RequestLog, with_causes};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Prefixes of this product's crate names.
const OURS: &[&str] = &[
    "rolecall",
    "registration_api",
    "stack_callback",
    "stack_cleanup",
    "account_health",
    "event_publisher",
    "credential_broker",
    "console",
];

/// Initializes logging at a level: `error`, `warn`, `info`, `debug` or `trace`; `info` if the level
/// is invalid. Further calls have no effect.
///
/// The level applies only to this product's crates. All others stay at `warn`, because the SDK and
/// the Lambda runtime log whole requests and events, including tokens and credentials, at finer
/// levels.
pub fn init(level: Option<&str>) {
    let log = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false);
    // Fails only if logging is already initialized.
    let _ = tracing_subscriber::registry()
        .with(filter(level))
        .with(log)
        .try_init();
}

fn filter(level: Option<&str>) -> Targets {
    let ours = level
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(Level::INFO);
    Targets::new()
        .with_default(ours.min(Level::WARN))
        .with_targets(OURS.iter().map(|name| (*name, ours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_crates_stay_at_warn_at_every_level() {
        let filter = filter(Some("trace"));
        assert!(filter.would_enable("rolecall_aws::customers", &Level::TRACE));
        assert!(filter.would_enable("stack_callback", &Level::TRACE));
        for other in [
            "aws_smithy_runtime",
            "aws_sdk_sts",
            "lambda_runtime",
            "hyper",
        ] {
            assert!(filter.would_enable(other, &Level::WARN), "{other}");
            assert!(!filter.would_enable(other, &Level::INFO), "{other}");
        }
    }

    #[test]
    fn invalid_level_means_info() {
        for text in [None, Some(""), Some("loud"), Some("aws=trace")] {
            let filter = filter(text);
            assert!(filter.would_enable("rolecall_usecases", &Level::INFO));
            assert!(!filter.would_enable("rolecall_usecases", &Level::DEBUG));
        }
        assert!(!filter(Some("error")).would_enable("hyper", &Level::WARN));
    }
}
