//! Failures of AWS must never look like a refusal: an account would be lost, or the probe without
//! an external ID would pass, for the wrong reason.

use crate::customers::{CUSTOMER, clients, external_id};
use futures_util::future::join_all;
use rolecall_aws::bus::EventBridgeBus;
use rolecall_aws::customers::{Customers, Session};
use rolecall_aws::reply::{Replier, ReplyError};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::change::audit::{AuditEntry, Event};
use rolecall_domain::check::{AssumeOutcome, Read};
use rolecall_domain::ports::{AssumeRole, Assumed, EventBus, IamReader, Publication};
use rolecall_domain::text::person::Person;
use rolecall_domain::text::{Actor, Tenant};
use rolecall_tests::stub::{Behavior, FullBacklog, Stub};
use std::time::{Duration, Instant};

fn role() -> RoleArn {
    RoleArn::parse(format!("arn:aws:iam::{CUSTOMER}:role/rolecall/any")).expect("valid")
}

fn error(status: u16, code: &str) -> Behavior {
    let text = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message>\
         </Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Behavior::Answer(status, text)
}

fn customers_behind(url: &str) -> Customers {
    Customers::new(&clients(url, "us-east-1", "111111111111"))
}

/// The outcome of both kinds of AssumeRole with an endpoint, and the number of requests of the
/// first.
async fn outcome(behavior: Behavior) -> (AssumeOutcome, usize) {
    let stub = Stub::start(behavior.clone()).await;
    let customers = customers_behind(&stub.url);
    let probed = customers.try_assume(&role(), None).await;
    let asked = stub.requests().len();
    match customers.assume(&role(), &external_id()).await {
        Assumed::Not(outcome) => assert_eq!(outcome, probed, "{behavior:?}"),
        Assumed::Granted { .. } => panic!("granted by {behavior:?}"),
    }
    (probed, asked)
}

#[tokio::test]
async fn refusal_is_not_retried() {
    let refused = outcome(error(403, "AccessDenied")).await;
    assert_eq!(refused, (AssumeOutcome::Refused, 1));
    let disabled = outcome(error(403, "RegionDisabledException")).await;
    assert_eq!(disabled, (AssumeOutcome::RegionDisabled, 1));
}

/// AWS evaluates the caller's policies, too. Only an RCP is on the role's side.
#[tokio::test]
async fn denial_by_a_policy_of_the_hubs_own_account_is_no_refusal() {
    let denied_by = |kind: &str| {
        let message = format!(
            "User: arn:aws:sts::111111111111:assumed-role/hub/s is not authorized to perform: \
             sts:AssumeRole on resource: {} with an explicit deny in a {kind}",
            role()
        );
        let text = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
             <Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        outcome(Behavior::Answer(403, text))
    };
    for kind in ["service control policy", "identity-based policy"] {
        let (outcome, _) = denied_by(kind).await;
        assert!(
            matches!(outcome, AssumeOutcome::HubDenied(_)),
            "{outcome:?}"
        );
    }
    let (outcome, _) = denied_by("resource control policy").await;
    assert!(
        matches!(outcome, AssumeOutcome::Forbidden(_)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn throttling_is_retried_briefly_and_never_a_refusal() {
    for behavior in [
        error(400, "Throttling"),
        error(503, "Throttling"),
        error(400, "RequestLimitExceeded"),
    ] {
        let begun = Instant::now();
        assert_eq!(outcome(behavior).await, (AssumeOutcome::Throttled, 3));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    let (bare, _) = outcome(Behavior::Answer(429, String::new())).await;
    assert_eq!(bare, AssumeOutcome::Throttled);
}

#[tokio::test]
async fn response_that_is_not_an_aws_refusal_is_inconclusive() {
    for behavior in [
        Behavior::Cut,
        Behavior::CutInBody,
        Behavior::Answer(403, "<html>Forbidden by a proxy</html>".into()),
        Behavior::Answer(403, String::new()),
        Behavior::Answer(200, "not XML at all".into()),
        Behavior::Answer(200, "<AssumeRoleResponse/>".into()),
        error(500, "AccessDenied"),
        error(503, "ServiceUnavailable"),
        error(400, "MalformedPolicyDocument"),
        error(403, "ExpiredToken"),
        error(403, "InvalidClientTokenId"),
        error(403, "SignatureDoesNotMatch"),
    ] {
        let (outcome, _) = outcome(behavior.clone()).await;
        assert_eq!(outcome, AssumeOutcome::Unreachable, "{behavior:?}");
    }
}

#[tokio::test]
async fn hanging_or_missing_endpoint_is_inconclusive_within_limits() {
    let stub = Stub::start(Behavior::Hang).await;
    let begun = Instant::now();
    let outcome = customers_behind(&stub.url).try_assume(&role(), None).await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
    // Two attempts of 5 s, and a third one that the whole operation's limit of 12 s cuts off.
    assert_eq!(stub.requests().len(), 3);
    let took = begun.elapsed();
    assert!((11..14).contains(&took.as_secs()), "{took:?}");

    let unused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("an address")
    };
    let customers = customers_behind(&format!("http://{unused}"));
    let outcome = customers.try_assume(&role(), None).await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
}

#[tokio::test]
async fn hanging_attempt_is_retried() {
    let stub = Stub::start_sequence(vec![Behavior::Hang, error(403, "AccessDenied")]).await;
    let begun = Instant::now();
    let outcome = customers_behind(&stub.url).try_assume(&role(), None).await;
    assert_eq!(
        (outcome, stub.requests().len()),
        (AssumeOutcome::Refused, 2)
    );
    let took = begun.elapsed();
    assert!((5..8).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn connection_attempt_times_out() {
    let backlog = FullBacklog::start().await;
    let begun = Instant::now();
    let outcome = customers_behind(&backlog.url)
        .try_assume(&role(), None)
        .await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
    // Three attempts of 2 s each; the timeout of an attempt or of the operation would take longer.
    let took = begun.elapsed();
    assert!((6..9).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn sts_requests_have_recognizable_session_names_and_no_permissions() {
    let stub = Stub::start(error(403, "AccessDenied")).await;
    let customers = customers_behind(&stub.url);
    customers.assume(&role(), &external_id()).await;
    customers.try_assume(&role(), None).await;
    let requests = stub.requests();
    let [real, probe] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    assert!(real.contains("RoleSessionName=rolecall-verify"));
    assert!(real.contains(&format!("ExternalId={}", external_id())));
    assert!(real.contains("DurationSeconds=900"));
    assert!(real.contains("cloudformation%3ADescribeStacks"));
    assert!(probe.contains("RoleSessionName=rolecall-negative-probe"));
    assert!(probe.contains("%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22%2A%22"));
    assert!(probe.contains("DurationSeconds=900"));
    assert!(!probe.contains("ExternalId"));
}

/// A session from STS, and a stub that gives the same response to every other request.
async fn session() -> (Session, Stub) {
    let granted = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>\
        <AssumedRoleId>AROAEXAMPLEEXAMPLE123:rolecall-verify</AssumedRoleId>\
        <Arn>arn:aws:sts::222222222222:assumed-role/any/rolecall-verify</Arn></AssumedRoleUser>\
        <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    let stub = Stub::start(Behavior::Answer(200, granted.to_owned())).await;
    match customers_behind(&stub.url)
        .assume(&role(), &external_id())
        .await
    {
        Assumed::Granted { session, .. } => (session, stub),
        Assumed::Not(outcome) => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn fleet_slows_down_when_sts_throttles() {
    let mut behaviors = vec![error(400, "Throttling"); 3];
    behaviors.push(error(403, "AccessDenied"));
    let stub = Stub::start_sequence(behaviors).await;
    let fleet = Customers::fleet(&clients(&stub.url, "us-east-1", "111111111111"));
    let throttled = fleet.try_assume(&role(), None).await;
    assert_eq!(throttled, AssumeOutcome::Throttled);
    // Calls for other customers wait, too.
    let begun = Instant::now();
    for _ in 0..5 {
        let refused = fleet.try_assume(&role(), None).await;
        assert_eq!(refused, AssumeOutcome::Refused);
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn throttled_customer_uses_no_retries_of_others() {
    let (session, _) = session().await;
    let stub = Stub::start(error(400, "Throttling")).await;
    let customers = customers_behind(&stub.url);
    // More retries than the SDK's retry quota would allow one client.
    let role = role();
    let reads = join_all((0..80).map(|_| customers.role(&session, &role))).await;
    assert!(reads.iter().all(|read| *read == Read::Throttled));
    assert_eq!(stub.requests().len(), 80 * 3);
}

#[tokio::test]
async fn read_without_valid_response_is_inconclusive() {
    let (session, stub) = session().await;
    let odd = customers_behind(&stub.url).role(&session, &role()).await;
    assert_eq!(odd, Read::Unreachable);
    for (behavior, expected) in [
        (error(400, "Throttling"), Read::Throttled),
        (
            error(403, "AccessDenied"),
            Read::Denied("iam:GetRole".into()),
        ),
        (error(404, "NoSuchEntity"), Read::NotFound),
        (error(403, "InvalidClientTokenId"), Read::Unreachable),
        (Behavior::Cut, Read::Unreachable),
    ] {
        let stub = Stub::start(behavior.clone()).await;
        let read = customers_behind(&stub.url).role(&session, &role()).await;
        assert_eq!(read, expected, "{behavior:?}");
    }
}

async fn reply_to(behavior: Behavior) -> (Result<(), ReplyError>, Vec<String>) {
    let stub = Stub::start(behavior).await;
    let aws = clients(&stub.url, "us-east-1", "111111111111");
    let url = format!("{}/key?Signature=a%2Bb", stub.url);
    let result = Replier::new(aws.connector())
        .put(&url, "{\"Status\":\"SUCCESS\"}")
        .await;
    (result, stub.requests())
}

#[tokio::test]
async fn response_is_sent_with_an_empty_content_type() {
    let (result, requests) = reply_to(Behavior::Answer(200, String::new())).await;
    assert_eq!(result, Ok(()));
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    assert!(request.starts_with("PUT /key?Signature=a%2Bb HTTP/1.1\r\n"));
    let (head, body) = request.split_once("\r\n\r\n").expect("head and body");
    assert_eq!(body, "{\"Status\":\"SUCCESS\"}");
    let types = head
        .lines()
        .filter(|line| line.to_lowercase().starts_with("content-type:"));
    let types: Vec<&str> = types
        .map(|line| line["content-type:".len()..].trim())
        .collect();
    assert_eq!(types, [""]);
    assert!(!head.to_lowercase().contains("transfer-encoding"));
}

#[tokio::test]
async fn response_sender_follows_no_redirect_and_times_out() {
    let redirect = Behavior::AnswerWith(307, "location: http://127.0.0.1:1/elsewhere".to_owned());
    let (result, requests) = reply_to(redirect).await;
    assert_eq!((result, requests.len()), (Err(ReplyError::Refused(307)), 1));
    let (result, _) = reply_to(Behavior::Answer(403, String::new())).await;
    assert_eq!(result, Err(ReplyError::Refused(403)));
    let (result, _) = reply_to(Behavior::Cut).await;
    assert_eq!(result, Err(ReplyError::Broken));
    let begun = Instant::now();
    let (result, _) = reply_to(Behavior::Hang).await;
    assert_eq!(result, Err(ReplyError::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(7));
}

fn entry(sequence: u64) -> AuditEntry {
    AuditEntry {
        tenant: Tenant::parse("acme").expect("valid"),
        record_id: "acc_1".to_owned(),
        sequence,
        event: Event::AccountRegistered,
        at: Timestamp::UNIX_EPOCH,
        actor: Actor::Hub,
        session_name: None,
        person: Person::default(),
        cause: "test".to_owned(),
        record: serde_json::json!({}),
    }
}

#[tokio::test]
async fn invalid_event_is_isolated_and_throttled_events_are_retried_later() {
    for (status, code, expected, calls) in [
        (400, "ValidationException", Publication::Refused, 3),
        (400, "AccessDeniedException", Publication::Refused, 1),
        (400, "ThrottlingException", Publication::NotYet, 3),
    ] {
        let answer = format!("{{\"__type\":\"{code}\",\"message\":\"No.\"}}");
        let stub = Stub::start(Behavior::Answer(status, answer)).await;
        let aws = clients(&stub.url, "us-east-1", "111111111111");
        let bus = EventBridgeBus::new(aws.eventbridge(), "rolecall");
        let publications = bus.publish(&[entry(1), entry(2)]).await;
        assert_eq!(publications, [expected; 2], "{code}");
        assert_eq!(stub.requests().len(), calls, "{code}");
    }
}
