//! For each line of its input, prints the tables that one client of the AWS SDK for Rust lists, or the SDK's error.

use std::io::{Write, stdin, stdout};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let http = Builder::new().tls_provider(tls).build_https();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12());
    let config = config.http_client(http).load().await;
    let client = Client::new(&config);
    for line in stdin().lines() {
        line?;
        let text = match client.list_tables().send().await {
            Ok(page) => format!("tables: {}", page.table_names().join(" ")),
            Err(error) => format!("error: {}", DisplayErrorContext(&error)),
        };
        writeln!(stdout(), "{}", text.replace('\n', " "))?;
    }
    Ok(())
}
