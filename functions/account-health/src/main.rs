// The use cases compile to one deeply nested future.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::clients::Aws;
use rolecall_aws::config::{AwsEnvironment, HealthConfig, process_environment};
use rolecall_aws::customers::Customers;
use rolecall_aws::host::{SystemHost, deadline};
use rolecall_aws::table::Table;
use rolecall_aws::telemetry;
use rolecall_usecases::Environment;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = HealthConfig::read(&process_environment)?;
    let env = Environment {
        store: Table::new(aws.dynamodb(), config.table_name),
        customers: Customers::fleet(&aws),
        host: SystemHost,
        settings: config.settings,
        onboarding: Some(config.onboarding),
        hub: config.hub,
    };
    // On an error, Lambda retries and then sends the event to the failure queue.
    let handle = async |event: LambdaEvent<Value>| {
        let deadline = deadline(event.context.deadline)?;
        let result = account_health::handle(&env, &event.payload, deadline).await;
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
