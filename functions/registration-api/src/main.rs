// The routes compile to one deeply nested future.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use registration_api::Api;
use registration_api::sign_in::SignIn;
use rolecall_aws::bucket::TemplateBucket;
use rolecall_aws::clients::{Aws, Endpoint, ahead_of_time};
use rolecall_aws::config::{ApiConfig, AwsEnvironment, process_environment};
use rolecall_aws::customers::Customers;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_aws::telemetry;
use rolecall_aws::token_key::TokenKeys;
use rolecall_domain::ports::TokenKeys as _;
use rolecall_usecases::Environment;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = ApiConfig::read(&process_environment)?;
    let api = Api {
        env: Environment {
            store: Table::new(aws.dynamodb(), config.table_name)
                .with_receipts(config.receipts_table_name),
            customers: Customers::new(&aws),
            host: SystemHost,
            settings: config.settings,
            onboarding: Some(config.onboarding),
            hub: config.hub,
        },
        keys: TokenKeys::new(aws.secretsmanager(), config.token_key_secret_arn),
        bucket: TemplateBucket::new(&aws, &*config.onboarding_bucket),
        claims: config.claims,
        sign_in: SignIn {
            issuer: config.issuer,
            openid_configuration: config.openid_configuration,
            audiences: config.audiences,
            client_id: config.cli_client_id,
        },
        service: config.service,
        topic_name: config.topic_name,
        onboarding_bucket: config.onboarding_bucket,
        api_url: config.api_url,
        console_url: config.console_url,
    };
    // A user waits for the first event. Nearly all routes need the table and the keys.
    tokio::join!(
        aws.open_connections(&[(Endpoint::DynamoDb, 2), (Endpoint::Sts, 1)]),
        ahead_of_time(api.keys.ring())
    );
    let handle = async |event: LambdaEvent<Value>| Ok::<_, Error>(api.handle(&event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
