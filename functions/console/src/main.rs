// The pages compile to one deeply nested future.
#![recursion_limit = "256"]

use console::api::HttpApi;
use console::{Brands, Console};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::client_secret::ClientSecret;
use rolecall_aws::clients::{Aws, Endpoint, ahead_of_time};
use rolecall_aws::config::{AwsEnvironment, ConsoleConfig, process_environment};
use rolecall_aws::host::SystemHost;
use rolecall_aws::sealer::AeadSealer;
use rolecall_aws::sessions::SessionTable;
use rolecall_aws::sign_in::OidcIssuer;
use rolecall_aws::telemetry;
use rolecall_aws::token_key::TokenKeys;
use rolecall_client::http::Http;
use rolecall_domain::ports::Clock;
use rolecall_domain::ports::{Sealer, SignInIssuer};
use rolecall_domain::workload::{Audience, Issuer};
use rolecall_usecases::sign_in::{SignInSettings, SignIns};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let aws = Aws::new(&AwsEnvironment::read(&process_environment)?)?;
    let config = ConsoleConfig::read(&process_environment)?;
    let keys = TokenKeys::new(aws.secretsmanager(), config.session_key_secret_arn);
    let client_secret = config.client_secret_arn;
    let client_secret = client_secret.map(|arn| ClientSecret::new(aws.secretsmanager(), arn));
    let (signs_in, client_id) = match config.client_id {
        Some(client_id) => (true, client_id),
        None => (false, Audience::parse("none")?),
    };
    let console = Console {
        sign_ins: SignIns {
            sessions: SessionTable::new(aws.dynamodb(), config.sessions_table_name),
            issuer: OidcIssuer::new(
                aws.connector(),
                config.issuer.clone(),
                client_id.to_string(),
                config.openid_configuration,
            )
            .with_secret(client_secret),
            sealer: AeadSealer::new(keys, SystemHost),
            host: SystemHost,
            settings: SignInSettings {
                issuer: Issuer {
                    issuer: config.issuer,
                    audience: client_id,
                },
                claims: config.claims,
                redirect_uri: format!("{}/sign-in/callback", config.console_url),
                limits: config.limits,
            },
        },
        api: HttpApi::new(Http::over(aws.connector()), &config.api_url),
        url: config.console_url,
        brands: Brands::default(),
        signs_in,
    };
    // A user waits for the first page. Nearly all pages need the table, the key and the issuer.
    tokio::join!(
        aws.open_connections(&[(Endpoint::DynamoDb, 2)]),
        ahead_of_time(console.sign_ins.sealer.seal("start", "")),
        ahead_of_time(console.sign_ins.issuer.metadata(SystemHost.now())),
    );
    let handle =
        async |event: LambdaEvent<Value>| Ok::<_, Error>(console.handle(&event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
