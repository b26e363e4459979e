//! Reads the functions' runs from their logs.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::{Value, json};

use rolecall_admin::signed::Signer;

/// One run of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    pub request_id: String,
    /// Measured by the emulator.
    pub duration_ms: u64,
    /// The lines that the function wrote.
    pub lines: Vec<String>,
}

impl Run {
    /// The function's own log lines that are JSON.
    pub fn records(&self) -> impl Iterator<Item = Value> {
        let lines = self.lines.iter();
        lines.filter_map(|line| serde_json::from_str(line).ok())
    }
}

/// The current time in milliseconds, as in the logs.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |elapsed| {
        elapsed.as_millis().try_into().unwrap_or(u64::MAX)
    })
}

/// The runs in a log group that ended after `since_ms`, oldest first.
pub async fn runs(signer: &Signer, log_group: &str, since_ms: u64) -> Result<Vec<Run>> {
    let query = json!({
        "logGroupName": log_group,
        "startTime": since_ms,
        "limit": 10_000,
    });
    let answer = match signer
        .json("logs", "Logs_20140328.FilterLogEvents", &query)
        .await
    {
        Ok(answer) => answer,
        // A function that never ran may have no log group.
        Err(error) if error.to_string().contains("ResourceNotFoundException") => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    let events = answer["events"].as_array().cloned().unwrap_or_default();
    Ok(group(&events))
}

/// Groups events into runs. In the emulator, each run has a separate log stream.
fn group(events: &[Value]) -> Vec<Run> {
    let mut order: Vec<String> = Vec::new();
    let mut by_stream: BTreeMap<String, Run> = BTreeMap::new();
    for event in events {
        let stream = event["logStreamName"].as_str().unwrap_or_default();
        let message = event["message"].as_str().unwrap_or_default().trim_end();
        if !by_stream.contains_key(stream) {
            order.push(stream.to_owned());
        }
        let run = by_stream.entry(stream.to_owned()).or_default();
        if let Some(rest) = message.strip_prefix("START RequestId: ") {
            run.request_id = rest.split(' ').next().unwrap_or_default().to_owned();
        } else if message.starts_with("REPORT RequestId: ") {
            run.duration_ms = reported_duration(message);
        } else if !message.is_empty() && !message.starts_with("END RequestId: ") {
            run.lines.push(message.to_owned());
        }
    }
    order
        .iter()
        .filter_map(|stream| by_stream.remove(stream))
        .filter(|run| !run.request_id.is_empty())
        .collect()
}

fn reported_duration(report: &str) -> u64 {
    let duration = report
        .split('\t')
        .find_map(|field| field.strip_prefix("Duration: ")?.strip_suffix(" ms"));
    duration
        .and_then(|text| text.parse::<f64>().ok())
        .map_or(0, |ms| ms.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_stream_becomes_a_run() {
        let event =
            |stream: &str, message: &str| json!({"logStreamName": stream, "message": message});
        let runs = group(&[
            event("one", "START RequestId: r-1 Version: $LATEST"),
            event("two", "START RequestId: r-2 Version: $LATEST"),
            event("one", "{\"fields\":{\"message\":\"verified\"}}"),
            event("one", "END RequestId: r-1"),
            event(
                "one",
                "REPORT RequestId: r-1\tDuration: 12 ms\tBilled Duration: 12 ms",
            ),
        ]);
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].request_id, "r-1");
        assert_eq!(runs[0].duration_ms, 12);
        assert_eq!(runs[0].records().count(), 1);
    }
}
