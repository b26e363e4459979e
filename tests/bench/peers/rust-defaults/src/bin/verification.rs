//! Checks connected accounts, like account-health for a batch of messages.

use aws_config::SdkConfig;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use rust_defaults::table::Table;
use rust_defaults::{Candidate, observe, report};
use serde_json::{Value, json};

struct Hub {
    config: SdkConfig,
    sts: aws_sdk_sts::Client,
    table: Table,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let hub = Hub {
        sts: aws_sdk_sts::Client::new(&config),
        table: Table {
            client: aws_sdk_dynamodb::Client::new(&config),
            name: std::env::var("TABLE_NAME")?,
        },
        config,
    };
    let hub = &hub;
    run(service_fn(move |event: LambdaEvent<Value>| handle(hub, event.payload))).await
}

async fn handle(hub: &Hub, event: Value) -> Result<Value, Error> {
    let mut failures = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        if let Err(error) = check(hub, record["body"].as_str().unwrap_or_default()).await {
            eprintln!("{error:?}");
            failures.push(json!({"itemIdentifier": record["messageId"]}));
        }
    }
    Ok(json!({"batchItemFailures": failures}))
}

async fn template(table: &Table) -> Result<Value, Error> {
    let mut template = table.read("HUB", "TEMPLATE").await?;
    let version = template["version"].as_str().unwrap_or_default();
    let permissions = table.read("HUB", &format!("TEMPLATE#{version}")).await?;
    template["self_inspection"] = permissions["self_inspection"].clone();
    Ok(template)
}

async fn check(hub: &Hub, body: &str) -> Result<(), Error> {
    let message: Value = serde_json::from_str(body)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (pk, id) = (format!("TENANT#{}", text(&message["tenant"])), text(&message["account_id"]));
    let (account, schedule) = (format!("ACCOUNT#{id}"), format!("SCHEDULE#{id}"));
    let (account, mut schedule, template) = tokio::try_join!(
        hub.table.read(&pk, &account),
        hub.table.read(&pk, &schedule),
        template(&hub.table),
    )?;
    let candidate = Candidate {
        role_arn: text(&account["role"]["arn"]),
        unique_id: Some(text(&account["role"]["unique_id"])),
        external_id: text(&account["external_id"]),
        stack_id: text(&account["stack_id"]),
        template_version: text(&account["template_version"]),
    };
    let now = jiff::Timestamp::now();
    let seen = observe(&hub.config, &hub.sts, &candidate).await?;
    let report = report(&candidate, seen.as_ref(), &template, now)?;
    let due = now + jiff::SignedDuration::from_hours(1);
    let streak = schedule["streak"].as_u64().unwrap_or(0);
    schedule["last_checked_at"] = json!(now.to_string());
    schedule["next_check_at"] = json!(due.to_string());
    schedule["due_at"] = json!(due.as_millisecond());
    schedule["streak"] = json!(if report["verdict"] == "passed" { 0 } else { streak + 1 });
    let kept = json!({
        "pk": pk, "sk": format!("REPORT#{id}"), "tenant": message["tenant"], "subject": id,
        "report": report,
    });
    tokio::try_join!(hub.table.put(kept), hub.table.put(schedule))?;
    Ok(())
}
