//! What a customer forwards to the hub, and what the hub loses of its own events: nothing.

use anyhow::Result;
use rolecall_local::stacks::Stacks;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::templates::template::{FORWARD_EVENTS, HUB, Template};

/// A rule's pattern without what narrows it further on the customer's side.
fn pattern(template: &Template, rule: &str) -> Value {
    let mut pattern = template
        .at(&format!("/Resources/{rule}/Properties/EventPattern"))
        .clone();
    if let Some(detail) = pattern["detail"].as_object_mut() {
        detail.remove("stack-id");
    }
    pattern
}

#[test]
fn customers_forward_what_the_hub_listens_for() {
    let (hub, customer) = (Template::read(HUB), Template::read(FORWARD_EVENTS));
    for (theirs, ours) in [
        ("StackDeletions", "StackStatusChanged"),
        ("OrganizationChanges", "OrganizationChanged"),
    ] {
        assert_eq!(pattern(&customer, theirs), pattern(&hub, ours), "{theirs}");
        let targets = customer.at(&format!("/Resources/{theirs}/Properties/Targets"));
        assert_eq!(targets[0]["Arn"], "HubEventBusArn", "{theirs}");
        assert_eq!(targets[0]["RoleArn"], "ForwarderRole.Arn", "{theirs}");
    }
    let bus = hub.at("/Resources/AwsEventBus/Properties/Name").as_str();
    let allowed = customer
        .at("/Parameters/HubEventBusArn/AllowedPattern")
        .as_str();
    let (bus, allowed) = (bus.expect("a name"), allowed.expect("a pattern"));
    assert!(allowed.ends_with(&format!("event-bus/{bus}$")), "{allowed}");
}

#[tokio::test]
async fn a_customer_can_deploy_the_forwarding_of_events() -> Result<()> {
    let world = World::find().await?;
    let customer = world.customer().account(&world.hub.file().region);
    let bus = world.hub.file().output("AwsEventBusArn")?.to_owned();
    let parameters = [
        ("HubEventBusArn".to_owned(), bus),
        ("ForwardOrganizationEvents".to_owned(), "true".to_owned()),
    ];
    let capabilities = [aws_sdk_cloudformation::types::Capability::CapabilityIam];
    let text = Template::read(FORWARD_EVENTS).text;
    let stacks = Stacks::new(customer.cloudformation());
    let name = unique("forward-events");
    let stack = stacks
        .deploy(&name, &text, &parameters.into(), &capabilities)
        .await?;
    assert!(stack.is_complete(), "{}", stack.status);
    Ok(())
}

/// The stream keeps a record for a day. What is tried until then goes to no destination and is in no
/// queue, so it has to be given up before. The emulator's streams give nothing up.
#[test]
fn what_can_not_be_published_for_a_day_reaches_the_queue_before_the_stream_drops_it() {
    let hub = Template::read(HUB);
    let stream = hub.at("/Resources/EventPublisher/Properties/Events/AuditEntries/Properties");
    let age = stream["MaximumRecordAgeInSeconds"]
        .as_u64()
        .expect("an age");
    assert!((43_200..86_400).contains(&age), "{age}");
    assert_eq!(stream["MaximumRetryAttempts"], json!(-1));
    let destination = &stream["DestinationConfig"]["OnFailure"]["Destination"];
    assert_eq!(*destination, "AsyncFailures.Arn");
    // People hear of it after an hour, and again while there is still half a day.
    let alarms = hub.resources("AWS::CloudWatch::Alarm").into_iter();
    let of_age = alarms.filter(|(_, alarm)| {
        let alarm = &alarm["Properties"];
        alarm["MetricName"] == "IteratorAge" && alarm["Dimensions"][0]["Value"] == "EventPublisher"
    });
    let thresholds = of_age.map(|(_, alarm)| alarm["Properties"]["Threshold"].as_u64());
    let mut hours: Vec<u64> = thresholds.flatten().map(|ms| ms / 3_600_000).collect();
    hours.sort_unstable();
    assert_eq!(hours, [1, 12]);
}
