//! Complete requests to the HTTP API, and bodies for each route that reads one.

use super::hub::{self, STAGES, Stage};
use registration_api::route::send_through_gateway;
use registration_api::routes::ROUTES as ROUTE_TABLE;
use registration_api::{Api, Response};
use rolecall_domain::aws::Region;
use rolecall_domain::link::service::Service;
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::problem::Code;
use rolecall_testing::{MemoryBucket, owners};
use serde_json::{Value, json};

/// Routes that read a body.
const ROUTES: [(&str, &str); 8] = [
    ("POST", "/v1/groups"),
    ("PATCH", "/v1/groups/grp_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b"),
    (
        "POST",
        "/v1/groups/grp_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b/registrations",
    ),
    (
        "POST",
        "/v1/registrations/reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5c/complete",
    ),
    ("PATCH", "/v1/accounts/acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5d"),
    (
        "POST",
        "/v1/accounts/acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5d/checks",
    ),
    (
        "POST",
        "/v1/orphaned-stacks/stk_0198a0b1c2d37e4f8a9b0c1d2e3f4a5e/checks",
    ),
    (
        "POST",
        "/v1/orphaned-stacks/stk_0198a0b1c2d37e4f8a9b0c1d2e3f4a5e/dismiss",
    ),
];

/// Codes of refusals that write an audit entry.
const AUDITED: [Code; 9] = [
    Code::VerificationFailed,
    Code::VerificationInconclusive,
    Code::RegistrationUsed,
    Code::RegistrationExpired,
    Code::RegistrationRevoked,
    Code::RoleAlreadyRegistered,
    Code::StackAlreadyRegistered,
    Code::AccountAlreadyConnected,
    Code::AccountDeregistered,
];

/// An event from the gateway, at every stage of a registration.
pub fn api_request(bytes: &[u8]) -> bool {
    let text = super::text(bytes).map(hub::with_page_token);
    let Some(mut event) = text.and_then(|text| super::json(text.as_bytes())) else {
        return false;
    };
    if event.is_object() && event.get("routeKey").is_none() {
        send_through_gateway(ROUTE_TABLE, &mut event);
    }
    let accepts = |stage: &Stage| send(&event, *stage).status_code < 300;
    STAGES.iter().filter(|stage| accepts(stage)).count() > 0
}

/// The first byte selects the route. The rest is the body.
pub fn api_body(bytes: &[u8]) -> bool {
    let Some((first, body)) = bytes.split_first() else {
        return false;
    };
    let (method, path) = ROUTES[usize::from(*first) % ROUTES.len()];
    let Some(body) = super::text(body) else {
        return false;
    };
    let mut event = json!({
        "rawPath": path,
        "requestContext": {
            "requestId": "fuzz",
            "http": {"method": method},
            "authorizer": {"jwt": {"claims": {"custom:tenant": "acme", "sub": "user"}}},
        },
        "body": body,
    });
    send_through_gateway(ROUTE_TABLE, &mut event);
    let stage = match path.split('/').nth(2) {
        Some("accounts") => Stage::Connected,
        Some("orphaned-stacks") => Stage::Deregistered,
        _ => Stage::Pending,
    };
    send(&event, stage).status_code < 300
}

fn send(event: &Value, stage: Stage) -> Response {
    let api = Api {
        env: hub::at(stage),
        keys: hub::keys(),
        bucket: MemoryBucket::new(),
        claims: owners(),
        sign_in: registration_api::sign_in::SignIn::default(),
        service: Service::new(Region::parse("eu-central-1").expect("valid"), []),
        topic_name: "rolecall-registration".to_owned(),
        onboarding_bucket: "example".to_owned(),
        api_url: "https://hub.example".to_owned(),
        console_url: Some("https://hub.example".to_owned()),
    };
    hub::complete_stack(&api.env);
    let before = api.env.store.trail().len();
    let response = super::finish(api.handle(event));
    if response.status_code >= 400 {
        let code = check_problem(&response, event);
        let unchanged = api.env.store.trail().len() == before;
        assert!(
            unchanged || AUDITED.contains(&code),
            "{code:?} changed something"
        );
    } else {
        check_success(&response);
    }
    response
}

fn check_success(response: &Response) {
    match response.status_code {
        204 => assert!(response.body.is_empty()),
        status => {
            assert!(matches!(status, 200 | 201), "{status}");
            let body: Value = serde_json::from_str(&response.body).expect("JSON");
            assert!(body.is_object());
            assert_eq!(response.headers["content-type"], "application/json");
        }
    }
}

/// Checks that a problem is complete and consistent, and not an internal error.
fn check_problem(response: &Response, event: &Value) -> Code {
    let problem: Value = serde_json::from_str(&response.body).expect("JSON");
    let code = Code::ALL
        .iter()
        .find(|code| problem["code"] == code.as_str());
    let code = *code.expect("a known code");
    assert_ne!(code, Code::InternalError, "{}", response.body);
    assert_eq!(code.status(), response.status_code);
    assert_eq!(problem["status"], response.status_code);
    let titles = Language::ALL.map(|language| code.title().text(language));
    assert!(
        titles
            .iter()
            .any(|title| problem["title"] == title.as_str())
    );
    assert_eq!(response.headers["content-type"], "application/problem+json");
    let request_id = event
        .pointer("/requestContext/requestId")
        .and_then(Value::as_str);
    assert_eq!(problem["request_id"], request_id.unwrap_or_default());
    code
}
