//! AWS being unwell: nothing of it may look like a refusal, or an account would be lost, or a
//! negative probe would pass, for the wrong reason.

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
use rolecall_domain::text::{Actor, Tenant};
use rolecall_tests::stub::{Conduct, Crowd, Stub};
use std::time::{Duration, Instant};

fn role() -> RoleArn {
    RoleArn::parse(format!("arn:aws:iam::{CUSTOMER}:role/rolecall/any")).expect("valid")
}

fn error(status: u16, code: &str) -> Conduct {
    let text = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message>\
         </Error><RequestId>1</RequestId></ErrorResponse>"
    );
    Conduct::Answer(status, text)
}

fn customers_behind(url: &str) -> Customers {
    Customers::new(&clients(url, "us-east-1", "111111111111"))
}

/// What both kinds of AssumeRole come to behind such an endpoint, and how often it was asked.
async fn outcome(conduct: Conduct) -> (AssumeOutcome, usize) {
    let stub = Stub::start(conduct.clone()).await;
    let customers = customers_behind(&stub.url);
    let probed = customers.try_assume(&role(), None).await;
    let asked = stub.heard().len();
    match customers.assume(&role(), &external_id()).await {
        Assumed::Not(outcome) => assert_eq!(outcome, probed, "{conduct:?}"),
        Assumed::Granted { .. } => panic!("granted by {conduct:?}"),
    }
    (probed, asked)
}

#[tokio::test]
async fn a_refusal_is_taken_at_its_word_and_not_asked_for_again() {
    let refused = outcome(error(403, "AccessDenied")).await;
    assert_eq!(refused, (AssumeOutcome::Refused, 1));
    let disabled = outcome(error(403, "RegionDisabledException")).await;
    assert_eq!(disabled, (AssumeOutcome::RegionDisabled, 1));
}

#[tokio::test]
async fn throttling_is_tried_again_shortly_and_never_a_refusal() {
    for conduct in [
        error(400, "Throttling"),
        error(503, "Throttling"),
        error(400, "RequestLimitExceeded"),
    ] {
        let begun = Instant::now();
        assert_eq!(outcome(conduct).await, (AssumeOutcome::Throttled, 3));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    let (bare, _) = outcome(Conduct::Answer(429, String::new())).await;
    assert_eq!(bare, AssumeOutcome::Throttled);
}

#[tokio::test]
async fn what_is_not_aws_saying_no_is_inconclusive() {
    for conduct in [
        Conduct::Cut,
        Conduct::CutInBody,
        Conduct::Answer(403, "<html>Forbidden by a proxy</html>".into()),
        Conduct::Answer(403, String::new()),
        Conduct::Answer(200, "not XML at all".into()),
        Conduct::Answer(200, "<AssumeRoleResponse/>".into()),
        error(500, "AccessDenied"),
        error(503, "ServiceUnavailable"),
        error(400, "MalformedPolicyDocument"),
        error(403, "ExpiredToken"),
        error(403, "InvalidClientTokenId"),
        error(403, "SignatureDoesNotMatch"),
    ] {
        let (outcome, _) = outcome(conduct.clone()).await;
        assert_eq!(outcome, AssumeOutcome::Unreachable, "{conduct:?}");
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_or_is_not_there_is_inconclusive_in_good_time() {
    let stub = Stub::start(Conduct::Hang).await;
    let begun = Instant::now();
    let outcome = customers_behind(&stub.url).try_assume(&role(), None).await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
    // Two attempts of 5 s, and what is left of the whole operation's 12 s.
    assert_eq!(stub.heard().len(), 3);
    let took = begun.elapsed();
    assert!((11..14).contains(&took.as_secs()), "{took:?}");

    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("an address")
    };
    let customers = customers_behind(&format!("http://{nobody}"));
    let outcome = customers.try_assume(&role(), None).await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
}

#[tokio::test]
async fn an_attempt_that_hangs_is_given_up_for_another() {
    let stub = Stub::start_in_turn(vec![Conduct::Hang, error(403, "AccessDenied")]).await;
    let begun = Instant::now();
    let outcome = customers_behind(&stub.url).try_assume(&role(), None).await;
    assert_eq!((outcome, stub.heard().len()), (AssumeOutcome::Refused, 2));
    let took = begun.elapsed();
    assert!((5..8).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_connection_that_does_not_come_is_not_waited_for() {
    let crowd = Crowd::gather().await;
    let begun = Instant::now();
    let outcome = customers_behind(&crowd.url).try_assume(&role(), None).await;
    assert_eq!(outcome, AssumeOutcome::Unreachable);
    // Three attempts of 2 s: the time-out of an attempt, or of all, would take longer.
    let took = begun.elapsed();
    assert!((6..9).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn what_is_asked_of_sts_can_be_recognised_and_does_nothing() {
    let stub = Stub::start(error(403, "AccessDenied")).await;
    let customers = customers_behind(&stub.url);
    customers.assume(&role(), &external_id()).await;
    customers.try_assume(&role(), None).await;
    let heard = stub.heard();
    let [real, probe] = heard.as_slice() else {
        panic!("{} requests", heard.len());
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

/// A session as STS grants it; the stub answers everything else with it too.
async fn session() -> (Session, Stub) {
    let granted = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>\
        <AssumedRoleId>AROAEXAMPLEEXAMPLE123:rolecall-verify</AssumedRoleId>\
        <Arn>arn:aws:sts::222222222222:assumed-role/any/rolecall-verify</Arn></AssumedRoleUser>\
        <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    let stub = Stub::start(Conduct::Answer(200, granted.to_owned())).await;
    match customers_behind(&stub.url)
        .assume(&role(), &external_id())
        .await
    {
        Assumed::Granted { session, .. } => (session, stub),
        Assumed::Not(outcome) => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn a_fleet_slows_down_when_sts_throttles() {
    let mut conducts = vec![error(400, "Throttling"); 3];
    conducts.push(error(403, "AccessDenied"));
    let stub = Stub::start_in_turn(conducts).await;
    let fleet = Customers::fleet(&clients(&stub.url, "us-east-1", "111111111111"));
    let throttled = fleet.try_assume(&role(), None).await;
    assert_eq!(throttled, AssumeOutcome::Throttled);
    // Other customers' calls wait as well.
    let begun = Instant::now();
    for _ in 0..5 {
        let refused = fleet.try_assume(&role(), None).await;
        assert_eq!(refused, AssumeOutcome::Refused);
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn a_throttled_customer_takes_no_retry_from_another() {
    let (session, _) = session().await;
    let stub = Stub::start(error(400, "Throttling")).await;
    let customers = customers_behind(&stub.url);
    // More retries than the SDK would allow a client before it gives up retrying at all.
    let role = role();
    let reads = join_all((0..80).map(|_| customers.role(&session, &role))).await;
    assert!(reads.iter().all(|read| *read == Read::Throttled));
    assert_eq!(stub.heard().len(), 80 * 3);
}

#[tokio::test]
async fn reads_that_get_no_proper_answer_are_inconclusive() {
    let (session, stub) = session().await;
    let odd = customers_behind(&stub.url).role(&session, &role()).await;
    assert_eq!(odd, Read::Unreachable);
    for (conduct, expected) in [
        (error(400, "Throttling"), Read::Throttled),
        (
            error(403, "AccessDenied"),
            Read::Denied("iam:GetRole".into()),
        ),
        (error(404, "NoSuchEntity"), Read::NotFound),
        (error(403, "InvalidClientTokenId"), Read::Unreachable),
        (Conduct::Cut, Read::Unreachable),
    ] {
        let stub = Stub::start(conduct.clone()).await;
        let read = customers_behind(&stub.url).role(&session, &role()).await;
        assert_eq!(read, expected, "{conduct:?}");
    }
}

async fn reply_to(conduct: Conduct) -> (Result<(), ReplyError>, Vec<String>) {
    let stub = Stub::start(conduct).await;
    let aws = clients(&stub.url, "us-east-1", "111111111111");
    let url = format!("{}/key?Signature=a%2Bb", stub.url);
    let result = Replier::new(aws.connector())
        .put(&url, "{\"Status\":\"SUCCESS\"}")
        .await;
    (result, stub.heard())
}

#[tokio::test]
async fn an_answer_is_put_with_an_empty_content_type() {
    let (result, heard) = reply_to(Conduct::Answer(200, String::new())).await;
    assert_eq!(result, Ok(()));
    let [request] = heard.as_slice() else {
        panic!("{} requests", heard.len());
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
async fn an_answer_follows_no_redirect_and_waits_for_nobody() {
    let redirect = Conduct::AnswerWith(307, "location: http://127.0.0.1:1/elsewhere".to_owned());
    let (result, heard) = reply_to(redirect).await;
    assert_eq!((result, heard.len()), (Err(ReplyError::Refused(307)), 1));
    let (result, _) = reply_to(Conduct::Answer(403, String::new())).await;
    assert_eq!(result, Err(ReplyError::Refused(403)));
    let (result, _) = reply_to(Conduct::Cut).await;
    assert_eq!(result, Err(ReplyError::Broken));
    let begun = Instant::now();
    let (result, _) = reply_to(Conduct::Hang).await;
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
        cause: "test".to_owned(),
        record: serde_json::json!({}),
    }
}

#[tokio::test]
async fn an_event_that_spoils_a_call_is_found_and_what_can_be_sent_later_is_kept() {
    for (status, code, expected, calls) in [
        (400, "ValidationException", Publication::Refused, 3),
        (400, "AccessDeniedException", Publication::Refused, 1),
        (400, "ThrottlingException", Publication::NotYet, 3),
    ] {
        let answer = format!("{{\"__type\":\"{code}\",\"message\":\"No.\"}}");
        let stub = Stub::start(Conduct::Answer(status, answer)).await;
        let aws = clients(&stub.url, "us-east-1", "111111111111");
        let bus = EventBridgeBus::new(aws.eventbridge(), "rolecall");
        let publications = bus.publish(&[entry(1), entry(2)]).await;
        assert_eq!(publications, [expected; 2], "{code}");
        assert_eq!(stub.heard().len(), calls, "{code}");
    }
}
