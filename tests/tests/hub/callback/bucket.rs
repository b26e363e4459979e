//! The code that really puts answers, and a bucket that really misbehaves. No hub is needed: what
//! nobody vouches for is answered by the function alone.

use std::time::{Duration, Instant};

use anyhow::Result;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::host::SystemHost;
use rolecall_aws::reply::Replier;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::fakes::{FakeCustomers, FakeKeys, MemoryStore};
use rolecall_domain::ports::Clock;
use rolecall_domain::settings::Settings;
use rolecall_domain::token::KeyRing;
use rolecall_domain::verification::observe::Hub;
use rolecall_flows::Context;
use rolecall_tests::stub::{Conduct, Stub};
use serde_json::{Value, json};
use stack_callback::{Callback, CallbackError};

type Function = Callback<MemoryStore, FakeCustomers, SystemHost, FakeKeys, Replier>;

/// The function with its real sender and clock, which may answer to this origin.
fn function(origin: &str) -> Result<Function> {
    let environment = AwsEnvironment::read(&|name: &str| {
        let value = match name {
            "AWS_REGION" => "us-east-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "none",
            _ => return None,
        };
        Some(value.to_owned())
    })?;
    let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#)?;
    Ok(Callback {
        ctx: Context {
            store: MemoryStore::new(),
            customers: FakeCustomers::new(),
            host: SystemHost,
            settings: Settings::default(),
            hub: Hub {
                account: AwsAccountId::parse("111111111111")?,
                region: Region::parse("us-east-1")?,
                allow_own_account: false,
                trusted_principals: Vec::new(),
            },
        },
        keys: FakeKeys::new(ring),
        reply: Replier::new(Aws::new(&environment)?.connector()),
        response_origins: vec![origin.to_owned()],
    })
}

fn forged(kind: &str, url: &str) -> Value {
    json!({
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
        "RequestId": "r-1",
        "LogicalResourceId": "Registration",
        "PhysicalResourceId": "rolecall/x",
        "ResourceProperties": {"RegistrationToken": "reg_1.forged"},
    })
}

/// Delivers a forged Create with so many seconds to live, and gives what the bucket heard.
async fn deliver(stub: &Stub, seconds: i64) -> Result<(Result<(), CallbackError>, Vec<String>)> {
    let deadline = SystemHost.now() + SignedDuration::from_secs(seconds);
    let url = format!("{}/answer?X-Amz-Signature=a%2Bb", stub.url);
    let result = function(&stub.url)?
        .handle(&forged("Create", &url), deadline)
        .await;
    let heard = stub.heard();
    let bodies = heard
        .iter()
        .filter_map(|request| request.split_once("\r\n\r\n"));
    Ok((result, bodies.map(|(_, body)| body.to_owned()).collect()))
}

fn ok() -> Conduct {
    Conduct::Answer(200, String::new())
}

fn unwell(status: u16) -> Conduct {
    Conduct::Answer(
        status,
        "<Error><Code>InternalError</Code></Error>".to_owned(),
    )
}

#[tokio::test]
async fn a_bucket_that_answers_500_and_then_works_gets_the_answer_as_it_was() -> Result<()> {
    let stub = Stub::start_in_turn(vec![unwell(500), unwell(503), Conduct::Cut, ok()]).await;
    let (result, bodies) = deliver(&stub, 120).await?;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| body == &bodies[0]));
    let answer: Value = serde_json::from_str(&bodies[0])?;
    assert_eq!(answer["Status"], "FAILED");
    let reason = answer["Reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("invalid_token: "), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_bucket_that_hangs_once_gets_the_answer_with_the_next_try() -> Result<()> {
    let stub = Stub::start_in_turn(vec![Conduct::Hang, ok()]).await;
    let begun = Instant::now();
    let (result, bodies) = deliver(&stub, 120).await?;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "it waited for {took:?}");
    Ok(())
}

#[tokio::test]
async fn a_bucket_that_hangs_for_good_is_left_before_the_deadline() -> Result<()> {
    let stub = Stub::start(Conduct::Hang).await;
    let begun = Instant::now();
    let (result, _) = deliver(&stub, 2).await?;
    // The error makes Lambda deliver the request again.
    assert!(
        matches!(result, Err(CallbackError::Undelivered)),
        "{result:?}"
    );
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(2),
        "Lambda would have killed it: {took:?}"
    );
    Ok(())
}

#[tokio::test]
async fn nothing_ever_arrives_where_a_redirect_points_to() -> Result<()> {
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let elsewhere = Stub::start(ok()).await;
        let header = format!("location: {}/stolen", elsewhere.url);
        let stub = Stub::start(Conduct::AnswerWith(status, header)).await;
        let (result, bodies) = deliver(&stub, 2).await?;
        let undelivered = matches!(result, Err(CallbackError::Undelivered));
        assert!(undelivered, "{status} was taken for a yes: {result:?}");
        assert!(!bodies.is_empty());
        assert!(elsewhere.heard().is_empty(), "{status} was followed");
    }
    Ok(())
}

#[tokio::test]
async fn an_https_url_is_never_called_in_the_clear() -> Result<()> {
    // A name may resolve to anything; who can't show its certificate is told nothing.
    let stub = Stub::start(ok()).await;
    let origin = stub.url.replace("http://127.0.0.1", "https://localhost");
    let deadline = SystemHost.now() + SignedDuration::from_secs(2);
    let result = function(&origin)?
        .handle(&forged("Delete", &format!("{origin}/answer")), deadline)
        .await;
    assert!(
        matches!(result, Err(CallbackError::Undelivered)),
        "{result:?}"
    );
    assert!(!stub.heard().iter().any(|request| request.contains("PUT")));
    Ok(())
}
