//! Requests of workloads: which tokens are accepted, and the error that an SDK shows.

use crate::world::{World, now};
use credential_broker::Response;
use rolecall_domain::SignedDuration;
use rolecall_domain::workload::Workloads;
use rolecall_testing::TestIssuer;
use serde_json::{Value, json};
use std::rc::Rc;

const AUDIENCE: &str = "https://hub.example.com";
const RUNNER: &str = "system:serviceaccount:backup:runner";

/// A hub that accepts one issuer, whose subject `RUNNER` gets `inventory`, and `ELSEWHERE` only in the
/// accounts of another tenant.
struct Setting {
    world: World,
    issuer: Rc<TestIssuer>,
}

const ELSEWHERE: &str = "repo:acme/app";

impl Setting {
    async fn new() -> Self {
        let world = World::new().await;
        let issuer = Rc::clone(&world.issuer);
        let file = json!({
            "issuers": {"cluster": {"issuer": issuer.url(), "audience": AUDIENCE}},
            "rules": [
                {"issuer": "cluster", "subject": RUNNER, "profiles": ["inventory"]},
                {"issuer": "cluster", "subject": ELSEWHERE, "profiles": ["inventory"], "tenants": ["globex"]},
            ],
        });
        let profiles = world.profiles();
        let workloads = Workloads::read(&file, &profiles).expect("a valid file");
        world.store().publish_workloads(workloads);
        Self { world, issuer }
    }

    /// Claims that are valid at the hub's time.
    fn claims(&self, subject: &str) -> Value {
        let now = now().as_second();
        let mut claims = self.issuer.claims(subject, AUDIENCE);
        for (claim, time) in [("iat", now), ("nbf", now), ("exp", now + 300)] {
            claims[claim] = json!(time);
        }
        claims
    }

    fn token(&self, subject: &str) -> String {
        self.issuer.sign(&self.claims(subject))
    }

    fn event(&self, profile: &str, token: Option<&str>) -> Value {
        let id = self.world.account.account_id.as_str();
        json!({
            "version": "2.0",
            "routeKey": "GET /workload/v1/credentials/{profile}/{account_id}",
            "rawPath": format!("/workload/v1/credentials/{profile}/{id}"),
            "rawQueryString": "",
            "headers": {"authorization": token},
            "pathParameters": {"profile": profile, "account_id": id},
            "requestContext": {"requestId": "in-memory", "http": {"method": "GET"}},
            "isBase64Encoded": false,
        })
    }

    async fn send(&self, event: &Value) -> Response {
        self.world.gateway.handle(event).await
    }

    async fn expect(&self, profile: &str, token: Option<&str>, status: u16) -> Value {
        let response = self.send(&self.event(profile, token)).await;
        assert_eq!(response.status_code, status, "{profile}: {}", response.body);
        serde_json::from_str(&response.body).expect("JSON")
    }

    fn assert_nothing_issued(&self) {
        assert!(self.world.store().all_receipts().is_empty());
        assert_eq!(self.world.customers().calls_to_sts(), 0);
    }
}

#[tokio::test]
async fn workload_with_a_rule_gets_the_document_that_services_get() {
    let setting = Setting::new().await;
    let token = setting.token(RUNNER);
    let document = setting.expect("inventory", Some(&token), 200).await;
    let of_service = setting.world.expect("inventory", json!({}), 200).await;
    let names = |document: &Value| -> Vec<String> {
        document
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(names(&document), names(&of_service));
    setting
        .expect("inventory", Some(&format!("Bearer {token}")), 200)
        .await;
    let receipts = setting.world.store().all_receipts();
    let name = format!("workload:cluster/{RUNNER}");
    assert_eq!(receipts[0].service.as_str(), name);
    assert_eq!(
        receipts[0].session_name,
        "workload-cluster.system-serviceaccount-backup-runner"
    );
    let events = setting.world.store().issue_events();
    assert!(
        events.iter().any(|event| event.actor.to_string() == name),
        "{events:?}"
    );
    let issued = setting.world.customers().issued();
    let audit = ["arn:aws:iam::aws:policy/SecurityAudit"];
    assert_eq!(
        (issued[0].seconds, issued[0].policy.managed()),
        (3600, &audit.map(String::from)[..])
    );
}

/// Bug D14 of similar systems: the operator needs the token's subject. D15: the text that an SDK prints is our
/// refusal; the SDK for JavaScript prints `Code` and `Message` only, and the one for Rust the status only.
#[tokio::test]
async fn refusal_names_the_subject_in_what_sdks_print() {
    let setting = Setting::new().await;
    for (profile, subject) in [
        ("backup", RUNNER),
        ("inventory", "system:serviceaccount:backup:other"),
    ] {
        let token = setting.token(subject);
        let problem = setting.expect(profile, Some(&token), 403).await;
        let detail = format!(
            "No published rule gives the subject \"{subject}\" of the issuer cluster the access profile {profile}."
        );
        assert_eq!(problem["code"], "workload_not_allowed");
        assert_eq!(problem["detail"], detail);
        assert_eq!(
            (&problem["Code"], &problem["Message"]),
            (&problem["code"], &problem["detail"])
        );
    }
    setting.assert_nothing_issued();
    // Not for services, whose requests are not an SDK's.
    let problem = setting.world.expect("everything", json!({}), 403).await;
    assert!(problem.get("Code").is_none(), "{problem}");
}

/// A rule for other tenants does not show which accounts exist.
#[tokio::test]
async fn account_of_a_tenant_without_a_rule_looks_like_an_unknown_one() {
    let setting = Setting::new().await;
    let token = setting.token(ELSEWHERE);
    let of_another_tenant = setting.expect("inventory", Some(&token), 404).await;
    let unknown = format!("acc_{}", "0".repeat(32));
    let mut event = setting.event("inventory", Some(&token));
    event["pathParameters"]["account_id"] = json!(unknown);
    event["rawPath"] = json!(format!("/workload/v1/credentials/inventory/{unknown}"));
    let response = setting.send(&event).await;
    let body: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!((response.status_code, body), (404, of_another_tenant));
    setting.assert_nothing_issued();
}

#[tokio::test]
async fn token_that_does_not_count_is_401_and_names_the_claim() {
    let setting = Setting::new().await;
    let with = |claim: &str, value: Value| {
        let mut claims = setting.claims(RUNNER);
        claims[claim] = value;
        setting.issuer.sign(&claims)
    };
    let (stranger, url) = (TestIssuer::start(), setting.issuer.url());
    let mut impostor = setting.claims(RUNNER);
    impostor["iss"] = json!(url);
    stranger.rotate();
    let header = json!({"alg": "RS256", "kid": setting.issuer.key_id()});
    let forged = stranger.sign_with(&header, &impostor);
    for (token, expected) in [
        (None, "The request has no token."),
        (Some("secret".to_owned()), "three parts"),
        (Some(with("iss", json!(stranger.url()))), "iss is"),
        (
            Some(with("aud", json!("other"))),
            "aud is \"other\", and must have https://hub.example.com.",
        ),
        (
            Some(with("exp", json!(now().as_second() - 60))),
            "exp is 2027-01-15T07:59:00Z, and the hub's time is 2027-01-15T08:00:00Z.",
        ),
        (
            Some(with("nbf", json!(now().as_second() + 61))),
            "nbf is 2027-01-15T08:01:01Z",
        ),
        (
            Some(with("sub", json!("a".repeat(256)))),
            "sub is of another type than expected, or too long",
        ),
        (Some(forged), "signature is not that of the issuer"),
    ] {
        let problem = setting.expect("inventory", token.as_deref(), 401).await;
        assert_eq!(problem["code"], "invalid_workload_token");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains(expected), "{detail}");
        if let Some(token) = &token {
            assert!(!problem.to_string().contains(token.as_str()), "{problem}");
        }
    }
    setting.assert_nothing_issued();
}

#[tokio::test]
async fn hub_without_published_workloads_accepts_none() {
    let setting = Setting::new().await;
    setting
        .world
        .store()
        .publish_workloads(Workloads::default());
    let token = setting.token(RUNNER);
    let problem = setting.expect("inventory", Some(&token), 401).await;
    assert_eq!(problem["code"], "invalid_workload_token");
    setting.assert_nothing_issued();
}

#[tokio::test]
async fn issuer_that_is_down_is_503_with_retry_after() {
    let setting = Setting::new().await;
    setting.issuer.fail(Some(500));
    let token = setting.token(RUNNER);
    let response = setting
        .send(&setting.event("inventory", Some(&token)))
        .await;
    assert_eq!(response.status_code, 503, "{}", response.body);
    assert_eq!(response.headers["retry-after"], "15");
    assert!(
        response.body.contains("issuer_unavailable"),
        "{}",
        response.body
    );
    setting.issuer.fail(None);
    setting.world.wait(SignedDuration::from_secs(15));
    setting.expect("inventory", Some(&token), 200).await;
}

#[tokio::test]
async fn request_whose_readings_differ_or_with_a_query_is_refused() {
    let setting = Setting::new().await;
    let token = setting.token(RUNNER);
    let id = setting.world.account.account_id.to_string();
    let good = setting.event("inventory", Some(&token));
    for path in [
        format!("/operator/v1/credentials/inventory/{id}"),
        format!("/workload/v1/credentials/backup/{id}"),
        format!("/workload/v1/credentials/inventory/{id}/"),
        format!("/workload/v1/credentials/inventory/../inventory/{id}"),
    ] {
        let mut event = good.clone();
        event["rawPath"] = json!(path);
        assert_eq!(setting.send(&event).await.status_code, 404, "{path}");
    }
    // A token never counts on the services' route, whose callers IAM has verified.
    let mut event = good.clone();
    event["routeKey"] = json!("POST /operator/v1/credentials/{profile}/{account_id}");
    event["rawPath"] = json!(format!("/operator/v1/credentials/inventory/{id}"));
    assert_eq!(setting.send(&event).await.status_code, 404);
    let mut event = good;
    event["queryStringParameters"] = json!({"duration_seconds": "900"});
    assert_eq!(setting.send(&event).await.status_code, 422);
    setting.assert_nothing_issued();
}
