// The use cases compile to one deeply nested future.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::clients::Aws;
use rolecall_aws::config::{AwsEnvironment, CleanupConfig, process_environment};
use rolecall_aws::customers::Customers;
use rolecall_aws::host::{SystemHost, deadline};
use rolecall_aws::queue::{DeadLetters, SqsCheckQueue};
use rolecall_aws::table::Table;
use rolecall_aws::telemetry;
use rolecall_domain::check::Hub;
use rolecall_usecases::Environment;
use serde_json::Value;
use stack_cleanup::Cleanup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = CleanupConfig::read(&process_environment)?;
    let sqs = aws.sqs();
    let cleanup = Cleanup {
        env: Environment {
            store: Table::new(aws.dynamodb(), config.table_name),
            customers: Customers::fleet(&aws),
            host: SystemHost,
            settings: config.settings,
            // This function only assumes the roles of orphaned stacks. It evaluates no trust policies.
            onboarding: None,
            hub: Hub {
                account: config.hub_account,
                region: config.region,
                allow_own_account: false,
                trusted_principals: Vec::new(),
            },
        },
        queue: SqsCheckQueue::new(sqs.clone(), config.check_queue_url),
        dead_letters: DeadLetters::new(sqs, config.failures_queue_url),
    };
    let handle = async |event: LambdaEvent<Value>| {
        let deadline = deadline(event.context.deadline)?;
        cleanup
            .handle(&event.payload, deadline)
            .await
            .map_err(Error::from)
    };
    lambda_runtime::run(service_fn(handle)).await
}
