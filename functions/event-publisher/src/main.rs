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
        given_up: DeadLetters::new(aws.sqs(), config.dead_letter_queue_url),
    };
    let handle = async |event: LambdaEvent<Value>| {
        // Decoded here: the runtime would log what it can't decode.
        let event = serde_json::from_value(event.payload)
            .map_err(|_| Error::from("the event is no batch of stream records"))?;
        Ok::<_, Error>(publisher.handle(event).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
