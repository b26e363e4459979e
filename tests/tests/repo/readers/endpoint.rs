//! Reads the endpoint of `rolecall exec --renew` with botocore, the AWS CLI and the SDK for JavaScript.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use rolecall_domain::Timestamp;
use rolecall_tests::programs::built;
use rolecall_tests::stub::{Behavior, Stub};
use serde_json::json;

use super::{printed, scripts, tool};

const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

/// The hub's answer: credentials that end this long from now.
fn issued(key: &str, left: Duration) -> Result<Behavior> {
    let end = SystemTime::now().duration_since(UNIX_EPOCH)? + left;
    let end = Timestamp::from_second(i64::try_from(end.as_secs())?).ok();
    let end = end.context("not a time")?;
    let document = json!({
        "Version": 1, "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t", "Token": "t",
        "Expiration": end.to_string(), "AccountId": "222222222222", "account_id": ACC,
        "profile": "inventory", "region": "eu-west-1",
    });
    Ok(Behavior::Answer(200, document.to_string()))
}

/// What a command prints that `rolecall exec --renew` runs. Its home directory has another profile `default`.
async fn exec(hub: &Stub, words: Vec<PathBuf>) -> Result<String> {
    let program = built("rolecall")?.context("rolecall is not built")?;
    let home = tempfile::tempdir()?;
    let keys = "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n";
    std::fs::create_dir(home.path().join(".aws"))?;
    std::fs::write(home.path().join(".aws/credentials"), keys)?;
    let mut command = Command::new(program);
    command
        .args(["exec", ACC, "--access", "inventory", "--renew", "--"])
        .args(words)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var("PATH")?)
        .env("ROLECALL_API_URL", &hub.url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t");
    // The stub answers in the meantime.
    tokio::task::spawn_blocking(move || printed(&mut command)).await?
}

fn python(script: &str) -> Vec<PathBuf> {
    vec![tool("python").get_program().into(), scripts().join(script)]
}

#[tokio::test]
async fn botocore_gets_other_credentials_before_the_first_ones_expire() -> Result<()> {
    let hour = Duration::from_secs(3_600);
    let first = issued("AKIAFIRST", Duration::from_secs(60))?;
    let hub = Stub::start_sequence(vec![first, issued("AKIASECOND", hour)?]).await;
    let read = exec(&hub, python("endpoint.py")).await?;
    assert_eq!(read, "AKIAFIRST\nAKIASECOND\n");
    assert_eq!(hub.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn aws_cli_uses_the_endpoint_and_not_the_default_profile() -> Result<()> {
    let hub = Stub::start(issued("AKIAENDPOINT", Duration::from_secs(3_600))?).await;
    let aws = tool("aws").get_program().into();
    let words = ["configure", "list"].map(PathBuf::from);
    let read = exec(&hub, [vec![aws], words.to_vec()].concat()).await?;
    let is_masked = read.contains("*OINT ") && read.contains("container-role");
    ensure!(is_masked, "{read}");
    Ok(())
}

#[tokio::test]
async fn sdk_for_javascript_uses_the_endpoint() -> Result<()> {
    let module = "node_modules/@aws-sdk/credential-provider-http";
    if !scripts().join(module).is_dir() {
        println!("skipped: the SDK for JavaScript is not installed; run: make venv");
        return Ok(());
    }
    let hub = Stub::start(issued("AKIAENDPOINT", Duration::from_secs(3_600))?).await;
    let words = ["node".into(), scripts().join("endpoint.mjs")];
    let read = exec(&hub, [python("node.py"), words.to_vec()].concat()).await?;
    assert_eq!(read.trim(), "AKIAENDPOINT");
    Ok(())
}
