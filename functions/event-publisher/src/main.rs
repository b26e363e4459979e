// The retries compile to one deeply nested future.
#![recursion_limit = "256"]

use event_publisher::Publisher;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::bus::EventBridgeBus;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::{AwsEnvironment, PublisherConfig, process_environment};
use rolecall_aws::queue::DeadLetters;
use rolecall_aws::telemetry;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = PublisherConfig::read(&process_environment)?;
    let publisher = Publisher {
        bus: EventBridgeBus::new(aws.eventbridge(), config.event_bus_name),
        dead_letters: DeadLetters::new(aws.sqs(), config.dead_letter_queue_url),
    };
    // On an error, Lambda retries and then sends the event, or its position in the stream, to the failure queue.
    let handle = async |event: LambdaEvent<Value>| {
        let result = publisher.handle(event.payload).await;
        result.map_err(|error| {
            let log = telemetry::RequestLog::start("unknown event");
            log.request_id(&event.context.request_id);
            log.end(
                telemetry::Outcome::Malformed,
                &telemetry::Ending::error(&error),
            );
            Error::from(error)
        })
    };
    lambda_runtime::run(service_fn(handle)).await
}
