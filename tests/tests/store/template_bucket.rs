//! The contract of every template bucket, tested with the in-memory bucket and with the hub's bucket, which
//! registration-api's role writes to.

use futures_util::future::join_all;
use rolecall_aws::bucket::TemplateBucket;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_client::http::Http;
use rolecall_domain::ports::{BucketError, TemplateBucket as Port};
use rolecall_testing::MemoryBucket;
use rolecall_tests::stub::{Behavior, Stub};
use rolecall_tests::world::{World, unique};

/// A bucket, and what customers read from it.
trait Shelf {
    fn bucket(&self) -> &impl Port;
    async fn read(&self, key: &str) -> Option<String>;
}

impl Shelf for MemoryBucket {
    fn bucket(&self) -> &impl Port {
        self
    }

    async fn read(&self, key: &str) -> Option<String> {
        self.template(key)
    }
}

/// The hub's bucket.
struct Deployed {
    bucket: TemplateBucket,
    url: String,
}

impl Deployed {
    async fn find() -> Self {
        let world = World::find().await.expect("a hub");
        let session = world.function_session("VerifierApiRole").await;
        let session = session.expect("a session of the function's role");
        let (key, secret) = (session.access_key_id(), session.secret_access_key());
        let aws = world.aws_with(key, secret, session.session_token());
        let output = |name: &str| world.hub.file().output(name).expect("an output").to_owned();
        Self {
            bucket: TemplateBucket::new(&aws.expect("clients"), output("OnboardingBucket")),
            url: output("OnboardingBucketUrl"),
        }
    }
}

impl Shelf for Deployed {
    fn bucket(&self) -> &impl Port {
        &self.bucket
    }

    /// Without credentials.
    async fn read(&self, key: &str) -> Option<String> {
        let answer = Http::new().get(&format!("{}/{key}", self.url)).await;
        let answer = answer.expect("a response");
        answer.is_success().then(|| answer.text())
    }
}

fn key() -> String {
    format!("onboarding/1.0.0/{}/role.yaml", unique("test"))
}

async fn stored_template_reads_back(shelf: &impl Shelf) {
    let (one, two) = (key(), key());
    let bucket = shelf.bucket();
    bucket.put_once(&one, "one: 1\n").await.expect("stored");
    bucket.put_once(&two, "two: 2\n").await.expect("stored");
    assert_eq!(shelf.read(&one).await.as_deref(), Some("one: 1\n"));
    assert_eq!(shelf.read(&two).await.as_deref(), Some("two: 2\n"));
    assert_eq!(shelf.read(&key()).await, None);
}

async fn stored_template_is_never_replaced(shelf: &impl Shelf) {
    let key = key();
    let bucket = shelf.bucket();
    for text in ["first", "first", "second"] {
        bucket.put_once(&key, text).await.expect("stored");
        assert_eq!(shelf.read(&key).await.as_deref(), Some("first"));
    }
}

async fn concurrent_puts_of_one_key_all_succeed(shelf: &impl Shelf) {
    let key = key();
    let texts: Vec<String> = (0..8).map(|number| format!("text {number}")).collect();
    let bucket = shelf.bucket();
    let puts = join_all(texts.iter().map(|text| bucket.put_once(&key, text)));
    for stored in puts.await {
        stored.expect("stored");
    }
    let kept = shelf.read(&key).await.expect("a template");
    assert!(texts.contains(&kept), "{kept}");
}

/// Defines one test for each promise, with one bucket.
macro_rules! promises {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::MemoryBucket::new()).await;
            })*
        }
        mod deployed {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::Deployed::find().await).await;
            })*
        }
    };
}

promises! {
    stored_template_reads_back
    stored_template_is_never_replaced
    concurrent_puts_of_one_key_all_succeed
}

fn unwell(stub: &Stub) -> TemplateBucket {
    let environment = AwsEnvironment::read(&|name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(stub.url.clone()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("none".to_owned()),
        _ => None,
    });
    let aws = Aws::new(&environment.expect("complete")).expect("an HTTP client");
    TemplateBucket::new(&aws, "templates")
}

#[tokio::test]
async fn hanging_and_broken_requests_are_retried_once() {
    let stored = Behavior::Answer(200, String::new());
    for behavior in [Behavior::Hang, Behavior::Cut, Behavior::CutInBody] {
        let stub = Stub::start_sequence(vec![behavior.clone(), stored.clone()]).await;
        let put = unwell(&stub).put_once("onboarding/x", "text").await;
        assert!(put.is_ok(), "{behavior:?}: {put:?}");
        assert_eq!(stub.requests().len(), 2, "{behavior:?}");
    }
    let stub = Stub::start(Behavior::Cut).await;
    let put = unwell(&stub).put_once("onboarding/x", "text").await;
    assert!(matches!(put, Err(BucketError::Unavailable(_))), "{put:?}");
    assert_eq!(stub.requests().len(), 2);
}
