//! Tests the real response sender with a misbehaving bucket. They need no hub, because the records
//! are in memory.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::host::SystemHost;
use rolecall_aws::reply::Replier;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::Hub;
use rolecall_domain::ids::{GroupId, IdSeed, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::{PublishedTemplate, TemplateId, TemplateVersion};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{Clock, Records};
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::create_registration;
use rolecall_testing::{FakeCustomers, FakeKeys, MemoryStore};
use rolecall_tests::stub::{Behavior, Stub};
use rolecall_usecases::Environment;
use serde_json::{Value, json};
use stack_callback::{Callback, CallbackError};

type Function = Callback<Environment<MemoryStore, FakeCustomers, SystemHost>, FakeKeys, Replier>;

/// The function with its real sender and clock, which may send responses to one origin.
struct Desk {
    function: Function,
    /// The token of a stored registration.
    token: String,
}

impl Desk {
    async fn open(origin: &str) -> Result<Self> {
        let environment = AwsEnvironment::read(&|name: &str| {
            let value = match name {
                "AWS_REGION" => "us-east-1",
                "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "none",
                _ => return None,
            };
            Some(value.to_owned())
        })?;
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#)?;
        let store = MemoryStore::new();
        let registration = registration(&ring)?;
        let occasion = Occasion::new(SystemHost.now(), Actor::Hub, "test");
        let group = Group {
            group_id: registration.group_id.clone(),
            tenant: registration.tenant.clone(),
            version: 1,
            name: Name::parse("Production")?,
            color: Color::parse("#112233")?,
            created_at: SystemHost.now(),
            closing_until: None,
        };
        let made = Change::new().create(Record::Group(group), Event::GroupCreated, &occasion);
        store.commit(&made).await?;
        let token = ring.token(&registration.registration_id, ring.signer());
        let made = create_registration(registration, None, &occasion);
        store.commit(&made).await?;
        Ok(Self {
            token: token.context("no key")?.expose().to_owned(),
            function: Callback {
                env: Environment {
                    onboarding: None,
                    store,
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
            },
        })
    }

    async fn deliver(
        &self,
        token: &str,
        url: &str,
        seconds: i64,
    ) -> std::result::Result<(), CallbackError> {
        let deadline = SystemHost.now() + SignedDuration::from_secs(seconds);
        self.function.handle(&delete(token, url), deadline).await
    }
}

fn registration(ring: &KeyRing) -> Result<Registration> {
    let seed = |byte| IdSeed {
        at: SystemHost.now(),
        random: [byte; 10],
    };
    Ok(Registration {
        registration_id: RegistrationId::new(seed(1)),
        tenant: Tenant::parse("acme")?,
        version: 1,
        group_id: GroupId::new(seed(2)),
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse("us-east-1")?,
        report_by: ReportBy::Callback,
        locale: Language::English,
        return_url: None,
        external_id: ExternalId::from_random([9; 20]),
        token_key_id: ring.signer().clone(),
        allow_duplicate: false,
        access: Vec::new(),
        companion_roles: Vec::new(),
        template: PublishedTemplate {
            version: TemplateVersion::parse("1.0.0")?,
            template_id: TemplateId::of("a template"),
            url: "https://bucket.s3.amazonaws.com/onboarding/1.0.0-abc/role.yaml".to_owned(),
        },
        created_at: SystemHost.now(),
        expires_at: SystemHost.now() + SignedDuration::from_hours(48),
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    })
}

/// A Delete needs the least work; only its response matters here.
fn delete(token: &str, url: &str) -> Value {
    json!({
        "RequestType": "Delete",
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
        "RequestId": "r-1",
        "LogicalResourceId": "Registration",
        "PhysicalResourceId": "rolecall/x",
        "ResourceProperties": {"RegistrationToken": token},
    })
}

/// A well-formed token with an invalid signature.
fn forged(token: &str) -> String {
    let (id, secret) = token.split_once('.').unwrap_or_default();
    format!("{id}.{}", "A".repeat(secret.len()))
}

/// The request bodies that the bucket received.
fn bodies(stub: &Stub) -> Vec<String> {
    let requests = stub.requests();
    let bodies = requests
        .iter()
        .filter_map(|request| request.split_once("\r\n\r\n"));
    bodies.map(|(_, body)| body.to_owned()).collect()
}

/// Delivers an authenticated Delete with a deadline in so many seconds, and returns the bodies that
/// the bucket received.
async fn deliver(
    stub: &Stub,
    seconds: i64,
) -> Result<(std::result::Result<(), CallbackError>, Vec<String>)> {
    let desk = Desk::open(&stub.url).await?;
    let url = format!("{}/answer?X-Amz-Signature=a%2Bb", stub.url);
    let result = desk.deliver(&desk.token, &url, seconds).await;
    Ok((result, bodies(stub)))
}

fn ok() -> Behavior {
    Behavior::Answer(200, String::new())
}

fn unwell(status: u16) -> Behavior {
    Behavior::Answer(
        status,
        "<Error><Code>InternalError</Code></Error>".to_owned(),
    )
}

#[tokio::test]
async fn bucket_that_recovers_from_errors_gets_identical_response() -> Result<()> {
    let stub = Stub::start_sequence(vec![unwell(500), unwell(503), Behavior::Cut, ok()]).await;
    let (result, bodies) = deliver(&stub, 120).await?;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(bodies.len(), 4);
    assert!(bodies.iter().all(|body| body == &bodies[0]));
    let answer: Value = serde_json::from_str(&bodies[0])?;
    assert_eq!(answer["Status"], "SUCCESS");
    Ok(())
}

#[tokio::test]
async fn bucket_that_hangs_once_gets_response_on_retry() -> Result<()> {
    let stub = Stub::start_sequence(vec![Behavior::Hang, ok()]).await;
    let (result, bodies) = deliver(&stub, 120).await?;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
    Ok(())
}

#[tokio::test]
async fn hanging_bucket_is_abandoned_before_the_deadline() -> Result<()> {
    let stub = Stub::start(Behavior::Hang).await;
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
        "longer than the deadline: {took:?}"
    );
    Ok(())
}

/// Another PUT would fail in the same way, in this delivery and in the next.
#[tokio::test]
async fn rejected_response_is_sent_once_and_not_redelivered() -> Result<()> {
    for status in [301, 307, 400, 403, 404, 405, 412] {
        let stub = Stub::start(unwell(status)).await;
        let (result, bodies) = deliver(&stub, 120).await?;
        assert!(result.is_ok(), "{status}: {result:?}");
        assert_eq!(bodies.len(), 1, "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn forged_request_causes_one_put_and_no_redelivery() -> Result<()> {
    let behaviors = [
        ok(),
        unwell(403),
        unwell(429),
        unwell(500),
        Behavior::Cut,
        Behavior::Hang,
        Behavior::AnswerWith(307, "location: http://127.0.0.1:1/".to_owned()),
    ];
    for behavior in behaviors {
        let stub = Stub::start(behavior).await;
        let desk = Desk::open(&stub.url).await?;
        let url = format!("{}/answer", stub.url);
        for token in [forged(&desk.token), "reg_1.forged".to_owned()] {
            let before = stub.requests().len();
            let begun = Instant::now();
            let result = desk.deliver(&token, &url, 120).await;
            assert!(result.is_ok(), "{result:?}");
            assert_eq!(stub.requests().len() - before, 1);
            // The PUT has a timeout of three seconds; the rest is margin for a busy machine.
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(15), "{took:?}");
        }
        assert_eq!(desk.function.env.store.kept_requests(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn redirects_are_never_followed() -> Result<()> {
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let elsewhere = Stub::start(ok()).await;
        let header = format!("location: {}/stolen", elsewhere.url);
        let stub = Stub::start(Behavior::AnswerWith(status, header)).await;
        let (result, bodies) = deliver(&stub, 120).await?;
        assert!(result.is_ok(), "{status}: {result:?}");
        assert_eq!(bodies.len(), 1, "{status} was retried");
        assert!(elsewhere.requests().is_empty(), "{status} was followed");
    }
    Ok(())
}

#[tokio::test]
async fn https_url_is_never_called_without_tls() -> Result<()> {
    // A host name may resolve to any address, so a server without a valid certificate gets no data.
    let stub = Stub::start(ok()).await;
    let origin = stub.url.replace("http://127.0.0.1", "https://localhost");
    let desk = Desk::open(&origin).await?;
    let url = format!("{origin}/answer");
    let result = desk.deliver(&desk.token, &url, 2).await;
    assert!(
        matches!(result, Err(CallbackError::Undelivered)),
        "{result:?}"
    );
    assert!(
        !stub
            .requests()
            .iter()
            .any(|request| request.contains("PUT"))
    );
    Ok(())
}
