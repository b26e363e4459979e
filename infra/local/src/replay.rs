//! Publishes what `event-publisher` gave up: its own code, with the operator's credentials, so that
//! the function needs no right to read the table or its dead-letter queue.

use anyhow::Result;
use event_publisher::replay::{Left, Replay, Replayed, Wanted};
use rolecall_aws::bus::EventBridgeBus;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::{AwsEnvironment, process_environment};
use rolecall_aws::queue::DeadLetters;
use rolecall_aws::table::Table;

use crate::stacks::StackState;

/// Replays the dead-letter queue of a hub's stack, or what is wanted of its table.
pub async fn run(
    hub: &StackState,
    region: Option<&str>,
    wanted: Option<&Wanted>,
) -> Result<Replayed> {
    let environment = AwsEnvironment::read(&|name: &str| {
        let given = region.filter(|_| name == "AWS_REGION");
        given
            .map(str::to_owned)
            .or_else(|| process_environment(name))
    })?;
    let aws = Aws::new(&environment)?;
    let replay = Replay {
        table: Table::new(aws.dynamodb(), hub.output("TableName")?),
        bus: EventBridgeBus::new(aws.eventbridge(), hub.output("EventBusName")?),
        queue: DeadLetters::new(aws.sqs(), hub.output("PublishDeadLetterQueueUrl")?),
    };
    Ok(match wanted {
        None => replay.run().await?,
        Some(wanted) => replay.run_from_table(wanted).await?,
    })
}

/// What is left, by name, and all in numbers.
pub fn report(replayed: &Replayed) {
    let reasons = [
        ("still refused", Left::Refused),
        ("unreadable", Left::Unreadable),
        ("gone", Left::Gone),
        ("to try again", Left::NotYet),
    ];
    for (word, why) in reasons {
        for (name, _) in replayed.left.iter().filter(|(_, left)| *left == why) {
            println!("{word}: {name}");
        }
    }
    println!("published {}", replayed.published);
    for (word, why) in reasons {
        println!("{word} {}", replayed.count(why));
    }
}
