//! Tests can't change the hub's clock, so they change times in the table, as its operator could.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_domain::Timestamp;
use rolecall_tests::world::World;

pub fn minutes_ago(minutes: i64) -> Result<Timestamp> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seconds = i64::try_from(now)? - minutes * 60;
    Timestamp::from_second(seconds).map_err(|error| anyhow!("{error}"))
}

fn text(at: Timestamp) -> AttributeValue {
    AttributeValue::S(at.to_string())
}

/// Sets a registration's end to so many minutes ago.
pub async fn end_registration(world: &World, id: &str, minutes: i64) -> Result<()> {
    let (copy, record) = (format!("REGISTRATION#{id}"), format!("REGISTRATION#{id}"));
    let tenant = format!("TENANT#{}", world.tenant);
    let ended = text(minutes_ago(minutes)?);
    for key in [
        (tenant.as_str(), record.as_str()),
        (copy.as_str(), "REGISTRATION"),
    ] {
        world
            .set_attribute(key, "expires_at", ended.clone())
            .await?;
    }
    Ok(())
}

/// Makes the recording of its expiration due, as it is a quarter of an hour after the end.
pub async fn registration_is_due(world: &World, id: &str) -> Result<()> {
    let (tenant, schedule) = (format!("TENANT#{}", world.tenant), format!("SCHEDULE#{id}"));
    let due = minutes_ago(1)?;
    let key = (tenant.as_str(), schedule.as_str());
    world.set_attribute(key, "next_check_at", text(due)).await?;
    let millis = AttributeValue::N(due.as_millisecond().to_string());
    world.set_attribute(key, "due_at", millis).await
}

/// Sets the first submission of a pasted stack to so many minutes ago.
pub async fn set_first_pasted(
    world: &World,
    (stack_id, registration_id): (&str, &str),
    minutes: i64,
) -> Result<()> {
    let registration = format!("REGISTRATION#{registration_id}");
    let key = (registration.as_str(), "PASTE");
    let stack = AttributeValue::S(stack_id.to_owned());
    world.set_attribute(key, "stack_id", stack).await?;
    let first = text(minutes_ago(minutes)?);
    world.set_attribute(key, "first_pasted_at", first).await
}
