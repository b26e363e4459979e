// The use cases compile to one deeply nested future.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::clients::{Aws, VERIFYING, ahead_of_time};
use rolecall_aws::config::{AwsEnvironment, CallbackConfig, process_environment};
use rolecall_aws::customers::Customers;
use rolecall_aws::host::{SystemHost, deadline};
use rolecall_aws::reply::Replier;
use rolecall_aws::table::Table;
use rolecall_aws::telemetry;
use rolecall_aws::token_key::TokenKeys;
use rolecall_domain::ports::TokenKeys as _;
use rolecall_usecases::Environment;
use serde_json::Value;
use stack_callback::Callback;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = CallbackConfig::read(&process_environment)?;
    let callback = Callback {
        env: Environment {
            store: Table::new(aws.dynamodb(), config.table_name),
            customers: Customers::new(&aws),
            host: SystemHost,
            settings: config.settings,
            onboarding: None,
            hub: config.hub,
        },
        keys: TokenKeys::new(aws.secretsmanager(), config.token_key_secret_arn),
        reply: Replier::new(aws.connector()),
        response_origins: config.response_origins,
    };
    // A customer's stack waits for the first event, which needs all of these.
    tokio::join!(
        aws.open_connections(VERIFYING),
        ahead_of_time(callback.keys.ring())
    );
    let handle = async |event: LambdaEvent<Value>| {
        let deadline = deadline(event.context.deadline)?;
        callback
            .handle(&event.payload, deadline)
            .await
            .map_err(Error::from)
    };
    lambda_runtime::run(service_fn(handle)).await
}
