//! Events that customers forward to the hub, and delivery of the hub's own events.

use anyhow::Result;
use rolecall_local::stacks::Stacks;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::templates::template::{FORWARD_EVENTS, HUB, Template};

/// A rule's pattern without the customer's additional filter.
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
fn forwarded_event_patterns_match_the_hubs_rules() {
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
async fn customer_can_deploy_event_forwarding() -> Result<()> {
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

/// The stream keeps a record for one day. A record that expires while it is being retried is in no
/// queue, so retries must end earlier. The emulator's streams never give up.
#[test]
fn unpublished_record_reaches_the_queue_before_the_stream_drops_it() {
    let hub = Template::read(HUB);
    for source in ["AuditEntries", "IssueEvents"] {
        let source = format!("/Resources/EventPublisher/Properties/Events/{source}/Properties");
        let stream = hub.at(&source);
        let age = stream["MaximumRecordAgeInSeconds"]
            .as_u64()
            .expect("an age");
        assert!((43_200..86_400).contains(&age), "{age}");
        assert_eq!(stream["MaximumRetryAttempts"], json!(-1));
        let destination = &stream["DestinationConfig"]["OnFailure"]["Destination"];
        assert_eq!(*destination, "AsyncFailures.Arn");
    }
    // The alarms fire after 1 hour, and again after 12 hours, when half a day is left.
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
