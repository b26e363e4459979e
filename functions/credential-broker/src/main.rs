// The use case compiles to one deeply nested future.
#![recursion_limit = "256"]

use credential_broker::Gateway;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::clients::{Aws, Endpoint};
use rolecall_aws::config::{AwsEnvironment, BrokerConfig, process_environment};
use rolecall_aws::customers::Issuer;
use rolecall_aws::host::SystemHost;
use rolecall_aws::issuer_keys::OidcKeys;
use rolecall_aws::queue::SqsCheckQueue;
use rolecall_aws::table::Table;
use rolecall_aws::telemetry;
use rolecall_usecases::issue_credentials::Broker;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = BrokerConfig::read(&process_environment)?;
    let gateway = Gateway {
        broker: Broker {
            store: Table::new(aws.dynamodb(), config.table_name)
                .with_receipts(config.receipts_table_name),
            customers: Issuer::new(&aws),
            queue: SqsCheckQueue::new(aws.sqs(), config.check_queue_url),
            host: SystemHost,
            settings: config.settings,
        },
        keys: OidcKeys::new(aws.connector()),
        hub_account: config.hub_account,
        api_url: config.api_url,
    };
    // An SDK waits for the first event, some for only a second.
    aws.open_connections(&[(Endpoint::DynamoDb, 4), (Endpoint::Sts, 1)])
        .await;
    let handle =
        async |event: LambdaEvent<Value>| Ok::<_, Error>(gateway.handle(&event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
