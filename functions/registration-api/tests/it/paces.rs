//! Rate limits of a tenant, and of each of its registrations and accounts.

use crate::world::{ACME, GLOBEX, World, text};
use registration_api::Response;
use serde_json::{Value, json};

const UNKNOWN: &str = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";

/// The seconds in the header and in the detail of a `rate_limited` response.
fn seconds(response: &Response) -> i64 {
    let header = response.headers.get("retry-after").expect("Retry-After");
    let seconds: i64 = header.parse().expect("whole seconds");
    let problem: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(problem["code"], "rate_limited", "{problem}");
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let sentence = format!("Retry in {seconds} {unit}.");
    assert!(text(&problem, "detail").ends_with(&sentence), "{problem}");
    seconds
}

/// Repeats a request at this interval. Returns the number of admitted requests, and the last refusal.
async fn repeat(
    world: &World,
    tenant: &str,
    times: usize,
    millis: i64,
    asked: &str,
    body: &Value,
) -> (usize, Option<Response>) {
    let (mut admitted, mut refused) = (0, None);
    for _ in 0..times {
        let response = world.ask(tenant, asked, body).await;
        if response.status_code == 429 {
            refused = Some(response);
        } else {
            admitted += 1;
        }
        world.wait(millis);
    }
    (admitted, refused)
}

#[tokio::test]
async fn forty_pastes_of_a_registration_call_sts_five_times() {
    let world = World::new();
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    // The stack does not exist, so each attempt calls STS and fails.
    let stack = world.stack(&registration, "222222222222");
    let id = text(&registration, "registration_id");
    let asked = format!("POST /v1/registrations/{id}/complete");
    let body = json!({"stack_info": stack.line});
    let (admitted, refused) = repeat(&world, ACME, 40, 50, &asked, &body).await;
    assert_eq!(admitted, 5);
    assert_eq!(world.api.env.customers.calls_to_sts(), 5);
    // The tenant's limit requires a short wait, and then the registration's limit a longer one.
    let mut refused = refused.expect("most were refused");
    world.build(&stack);
    for _ in 0..2 {
        world.wait(seconds(&refused) * 1000);
        refused = world.ask(ACME, &asked, &body).await;
        if refused.status_code != 429 {
            break;
        }
    }
    assert_eq!(refused.status_code, 200, "{}", refused.body);
}

#[tokio::test]
async fn pastes_are_limited_per_tenant() {
    let world = World::new();
    let mut refused = 0;
    let group = world.group(ACME).await;
    for _ in 0..40 {
        let registration = world.registration(ACME, &group, json!({})).await;
        let stack = world.stack(&registration, "222222222222");
        let id = text(&registration, "registration_id");
        let asked = format!("POST /v1/registrations/{id}/complete");
        let body = json!({"stack_info": stack.line});
        let response = world.ask(ACME, &asked, &body).await;
        refused += usize::from(response.status_code == 429);
        world.wait(50);
    }
    assert_eq!(refused, 40 - 20 - 3);
    assert_eq!(world.api.env.customers.calls_to_sts(), 20 + 3);
    // Another tenant is not affected.
    for _ in 0..10 {
        world.connect(GLOBEX).await;
    }
}

#[tokio::test]
async fn account_check_is_limited_to_one_in_thirty_seconds() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    let (admitted, refused) = repeat(&world, ACME, 5, 100, &asked, &json!({})).await;
    assert_eq!(admitted, 1);
    let refused = refused.expect("refused");
    assert!(refused.body.contains("less than 30 seconds ago"));
    let wait = seconds(&refused);
    assert_eq!(wait, 30);
    world.wait(30_000 - 500);
    world.expect(ACME, &asked, json!({}), 200).await;
}

/// Requests that change something or call AWS are counted before any record is read. A paste is
/// counted after its body was parsed.
#[tokio::test]
async fn every_route_except_reads_has_a_limit() {
    let world = World::new();
    let routes = [
        ("POST /v1/registrations/reg_{}/complete", 20),
        ("POST /v1/accounts/acc_{}/checks", 20),
        ("POST /v1/orphaned-stacks/stk_{}/checks", 20),
        ("POST /v1/accounts/acc_{}/simulations", 20),
        ("POST /v1/decode-authorization-message", 20),
        ("PUT /v1/accounts/acc_{}/companion-roles", 20),
        ("DELETE /v1/accounts/acc_{}", 300),
    ];
    for (route, burst) in routes {
        let asked = route.replace("{}", UNKNOWN);
        let body = json!({"stack_info": "eyJ2IjoxfQ=="});
        let (admitted, refused) = repeat(&world, ACME, burst + 10, 0, &asked, &body).await;
        assert_eq!(admitted, burst, "{route}");
        assert_eq!(seconds(&refused.expect("refused")), 1, "{route}");
        let others = world.ask(GLOBEX, &asked, &body).await;
        assert_ne!(others.status_code, 429, "{route}");
    }
    // Both choices of an account share a limit.
    let asked = format!("PUT /v1/accounts/acc_{UNKNOWN}/access");
    seconds(&world.ask(ACME, &asked, &json!({"access": []})).await);
    // All other changes share a limit.
    for asked in [
        "POST /v1/groups".to_owned(),
        format!("PATCH /v1/groups/grp_{UNKNOWN}"),
        format!("DELETE /v1/groups/grp_{UNKNOWN}"),
        format!("POST /v1/groups/grp_{UNKNOWN}/registrations"),
        format!("DELETE /v1/registrations/reg_{UNKNOWN}"),
        format!("PATCH /v1/accounts/acc_{UNKNOWN}"),
        format!("POST /v1/orphaned-stacks/stk_{UNKNOWN}/dismiss"),
    ] {
        seconds(&world.ask(ACME, &asked, &json!({})).await);
    }
    let (read, _) = repeat(&world, ACME, 400, 0, "GET /v1/groups", &Value::Null).await;
    assert_eq!(read, 400);
}
