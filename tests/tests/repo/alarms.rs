//! Everything that can fail raises an alarm, and docs/operations.md describes what to do.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

fn text(path: &str) -> String {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    std::fs::read_to_string(root.join(path)).expect(path)
}

/// A template; short-form functions are read as their arguments.
fn template(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).expect(path)
}

/// The names and properties of all resources of a type.
fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().expect("resources");
    let of_kind = all.iter().filter(|(_, it)| it["Type"] == kind);
    of_kind
        .map(|(name, it)| (name.as_str(), &it["Properties"]))
        .collect()
}

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// The alarm for a resource's metric.
#[track_caller]
fn alarm<'a>(template: &'a Value, namespace: &str, metric: &str, of: &str) -> &'a Value {
    let alarms = resources(template, ALARM);
    let found = alarms.iter().find(|(_, it)| {
        let dimension = &it["Dimensions"][0]["Value"];
        let about = if of.is_empty() {
            dimension.is_null()
        } else {
            dimension == of
        };
        it["Namespace"] == namespace && it["MetricName"] == metric && about
    });
    let (_, alarm) = found.unwrap_or_else(|| panic!("no alarm on {namespace} {metric} of {of}"));
    alarm
}

const HUB: &str = "infra/template.yaml";
const FURTHER_REGION: &str = "infra/regional-callback.yaml";

#[test]
fn errors_and_throttles_of_every_function_raise_an_alarm() {
    let hub = template(HUB);
    let functions = resources(&hub, "AWS::Serverless::Function");
    assert_eq!(functions.len(), 7);
    for (function, _) in functions {
        for metric in ["Errors", "Throttles"] {
            let alarm = alarm(&hub, "AWS/Lambda", metric, function);
            assert_eq!(alarm["Statistic"], "Sum", "{function} {metric}");
            raised_above(alarm, 0);
        }
    }
}

#[test]
fn missing_planner_runs_raise_an_alarm() {
    let hub = template(HUB);
    let alarm = alarm(&hub, "AWS/Lambda", "Invocations", "StackCleanup");
    assert_eq!(alarm["ComparisonOperator"], "LessThanThreshold");
    assert_eq!(alarm["Threshold"], 1);
    assert_eq!(alarm["TreatMissingData"], "breaching");
}

#[test]
fn logged_errors_raise_an_alarm() {
    let hub = template(HUB);
    let groups: BTreeSet<&str> = resources(&hub, "AWS::Logs::LogGroup")
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.contains("Access"))
        .collect();
    let filters = resources(&hub, "AWS::Logs::MetricFilter");
    let filtered: BTreeSet<&str> = filters
        .iter()
        .filter(|(_, it)| it["FilterPattern"] == r#"{ $.level = "ERROR" }"#)
        .filter_map(|(_, it)| it["LogGroupName"].as_str())
        .collect();
    assert!(
        groups.is_superset(&filtered) && filtered.len() == 7,
        "{groups:?} {filtered:?}"
    );
    for (_, filter) in filters
        .iter()
        .filter(|(name, _)| name.ends_with("FailedRequests"))
    {
        let metric = &filter["MetricTransformations"][0];
        let namespace = metric["MetricNamespace"].as_str().expect("a namespace");
        let metric = metric["MetricName"].as_str().expect("a name");
        let alarm = alarm(&hub, namespace, metric, "");
        raised_above(alarm, 0);
    }
}

#[test]
fn queues_api_topics_and_table_raise_an_alarm() {
    let hub = template(HUB);
    let visible = "ApproximateNumberOfMessagesVisible";
    let failed = "NumberOfNotificationsFailed";
    let topic = "RegistrationTopic.TopicName";
    for (namespace, metric, of, threshold) in [
        (
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            "CheckQueue.QueueName",
            900,
        ),
        ("AWS/SQS", visible, "CheckDeadLetters.QueueName", 0),
        ("AWS/SQS", visible, "PublishDeadLetters.QueueName", 0),
        ("AWS/SQS", visible, "AsyncFailures.QueueName", 0),
        ("AWS/ApiGateway", "5xx", "HttpApi", 0),
        ("AWS/SNS", failed, topic, 0),
        ("AWS/DynamoDB", "ReadThrottleEvents", "Table", 0),
        ("AWS/DynamoDB", "WriteThrottleEvents", "Table", 0),
        ("AWS/DynamoDB", "ReadThrottleEvents", "ReceiptsTable", 0),
        ("AWS/DynamoDB", "WriteThrottleEvents", "ReceiptsTable", 0),
        ("AWS/DynamoDB", "ReadThrottleEvents", "SessionsTable", 0),
        ("AWS/DynamoDB", "WriteThrottleEvents", "SessionsTable", 0),
    ] {
        raised_above(alarm(&hub, namespace, metric, of), threshold);
    }
    // One hour, and a second alarm while half of the stream's day remains.
    let of_age = resources(&hub, ALARM)
        .into_iter()
        .filter(|(_, it)| it["MetricName"] == "IteratorAge");
    for ((_, alarm), hours) in of_age.zip([1, 12]) {
        raised_above(alarm, hours * 3_600_000);
    }
    let further = template(FURTHER_REGION);
    raised_above(alarm(&further, "AWS/SNS", failed, topic), 0);
}

#[track_caller]
fn raised_above(alarm: &Value, threshold: u64) {
    assert_eq!(alarm["Threshold"], threshold, "{alarm}");
    assert_eq!(
        alarm["ComparisonOperator"], "GreaterThanThreshold",
        "{alarm}"
    );
    // No data means no messages, requests or throttled calls.
    assert_eq!(alarm["TreatMissingData"], "notBreaching", "{alarm}");
}

#[test]
fn every_alarm_notifies_and_is_in_the_operations_guide() {
    let guide = text("docs/operations.md");
    let rows: BTreeSet<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("Alarm` |"))
        .map(|(name, _)| name)
        .collect();
    let mut alarms = BTreeSet::new();
    let (hub, further) = (template(HUB), template(FURTHER_REGION));
    for template in [&hub, &further] {
        for (name, alarm) in resources(template, ALARM) {
            let notified = json!(["NotifyAlarms", ["AlarmTopicArn"], "AWS::NoValue"]);
            assert_eq!(alarm["AlarmActions"], notified, "{name}");
            alarms.insert(
                name.strip_suffix("Alarm")
                    .expect("a name with the suffix Alarm"),
            );
        }
        assert!(template["Parameters"]["AlarmTopicArn"].is_object());
    }
    assert_eq!(rows, alarms);
}
