//! A page token opens one record, and nothing else does.

use super::{
    COMPLETE, CONNECT, CUSTOMER, RECEIPTS, ask, connected, expect, page_event, pending, token,
    world,
};
use crate::world::{ACME, GLOBEX, World, text};
use registration_api::route::{CONNECT as KEYS, PROXY};
use registration_api::routes::{CONNECT_ROUTES, ROUTES};
use rolecall_domain::ports::{BucketError, StoreError};
use rolecall_testing::{FakeCustomers, Gate, InTurn, MemoryStore, Moment, Trouble};
use serde_json::{Value, json};
use std::rc::Rc;

const ALL: [&str; 4] = [CONNECT, COMPLETE, CUSTOMER, RECEIPTS];

/// A body that gets past the validation.
fn body(asked: &str) -> Value {
    match asked {
        COMPLETE => json!({"stack_info": "x"}),
        _ => Value::Null,
    }
}

/// The response without its request's own id.
async fn refusal(world: &World, token: &str, asked: &str) -> (u16, Value) {
    let response = ask(world, token, asked, &body(asked)).await;
    let body = serde_json::from_str(&response.body).expect("JSON");
    (response.status_code, body)
}

#[tokio::test]
async fn wrong_ended_and_replaced_tokens_get_the_same_response() {
    let world = world();
    let (registration, good) = pending(&world, json!({})).await;
    let account = connected(&world).await;
    let customer = token(&account, "customer_url");
    let renew = format!(
        "POST /v1/accounts/{}/customer-link",
        text(&account, "account_id")
    );
    world.expect(ACME, &renew, Value::Null, 200).await;
    let registration_token = {
        let url = text(&registration, "quick_create_url");
        let (_, rest) = url.split_once("param_RegistrationToken=").expect("there");
        rest.split('&').next().expect("there").to_owned()
    };
    let unknown = "reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5c";
    let (_, secret) = good.rsplit_once('.').expect("two parts");
    let mut tampered = good.clone();
    let last = if tampered.ends_with('A') { "E" } else { "A" };
    tampered.replace_range(tampered.len() - 1.., last);
    let wrong = [
        String::new(),
        "x".to_owned(),
        "x".repeat(10_000),
        registration_token,
        format!("{unknown}.{secret}"),
        tampered,
        good.to_uppercase(),
        format!("{good} "),
        format!("{good}.0"),
        format!("{}.{secret}", text(&registration, "external_id")),
        format!("{}.0.{secret}", text(&account, "account_id")),
        customer,
    ];
    let expected = refusal(&world, "wrong", CONNECT).await;
    assert_eq!(
        (expected.0, &expected.1["code"]),
        (404, &json!("page_link_invalid"))
    );
    for asked in ALL {
        for token in &wrong {
            assert_eq!(
                refusal(&world, token, asked).await,
                expected,
                "{asked} {token}"
            );
        }
        let mut event = page_event("", asked, &body(asked));
        event["headers"] = json!({});
        assert_eq!(world.api.handle(&event).await.status_code, 404, "{asked}");
    }
    expect(&world, &good, CONNECT, Value::Null, 200).await;
}

#[tokio::test]
async fn token_of_one_kind_of_page_does_not_open_the_other() {
    let world = world();
    let (_, connect) = pending(&world, json!({})).await;
    let account = connected(&world).await;
    let customer = token(&account, "customer_url");
    for (token, asked) in [
        (&connect, CUSTOMER),
        (&connect, RECEIPTS),
        (&customer, CONNECT),
        (&customer, COMPLETE),
    ] {
        assert_eq!(refusal(&world, token, asked).await.0, 404, "{asked}");
    }
}

#[tokio::test]
async fn token_opens_only_its_own_record() {
    let world = world();
    let group = world.group(GLOBEX).await;
    let foreign = json!({"account_name": "Of another tenant"});
    let foreign = world.registration(GLOBEX, &group, foreign).await;
    let (registration, token) = pending(&world, json!({"account_name": "Mine"})).await;
    let page = expect(&world, &token, CONNECT, Value::Null, 200).await;
    assert_eq!(page["account_name"], "Mine");
    // The output of another registration's stack.
    let stack = world.stack(&foreign, "222222222222");
    world.build(&stack);
    let pasted = json!({"stack_info": stack.line});
    let problem = expect(&world, &token, COMPLETE, pasted, 422).await;
    assert_eq!(problem["code"], "stack_info_other_registration");
    // Nothing in a request chooses the record but the header.
    for other in [
        "registration_id",
        "account_id",
        "tenant",
        "rolecall-page-token",
    ] {
        let asked = format!("{CONNECT}?{other}={}", text(&foreign, "registration_id"));
        let problem = expect(&world, &token, &asked, Value::Null, 422).await;
        assert_eq!(problem["code"], "invalid_request");
    }
    let mut event = page_event(&token, CONNECT, &Value::Null);
    event["requestContext"]["authorizer"] =
        json!({"jwt": {"claims": {"custom:tenant": GLOBEX, "sub": "user"}}});
    let page = world.api.handle(&event).await;
    assert!(page.body.contains("Mine"), "{}", page.body);
    assert!(!text(&registration, "connect_url").is_empty());
}

/// The page shows no id with which another record or tenant could be named.
#[tokio::test]
async fn pages_show_no_ids_of_the_hub() {
    let world = world();
    let (registration, connect) = pending(&world, json!({})).await;
    let page = expect(&world, &connect, CONNECT, Value::Null, 200).await;
    let mut shown = page.clone();
    // The link contains the registration token.
    shown["quick_create_url"] = Value::Null;
    let account = connected(&world).await;
    let customer = token(&account, "customer_url");
    let customer = expect(&world, &customer, CUSTOMER, Value::Null, 200).await;
    for page in [shown, customer] {
        let page = page.to_string();
        for hidden in ["acc_", "grp_", "reg_", "stk_", "\"acme\"", "\"tenant\""] {
            assert!(!page.contains(hidden), "{hidden}: {page}");
        }
        let external_ids = [&registration, &account].map(|it| text(it, "external_id"));
        assert!(external_ids.iter().all(|id| !page.contains(id)), "{page}");
    }
}

#[tokio::test]
async fn page_token_opens_no_other_route_and_a_login_opens_no_page() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let id = text(&registration, "registration_id");
    for asked in [
        "GET /v1/groups".to_owned(),
        format!("GET /v1/registrations/{id}"),
        format!("DELETE /v1/registrations/{id}"),
        "GET /operator/v1/tenants".to_owned(),
    ] {
        let response = ask(&world, &token, &asked, &Value::Null).await;
        assert_eq!(response.status_code, 403, "{asked}: {}", response.body);
        let mut event = page_event(&token, &asked, &Value::Null);
        for key in KEYS {
            event["routeKey"] = json!(key);
            let response = world.api.handle(&event).await;
            assert_eq!(response.status_code, 404, "{asked} as {key}");
        }
    }
    for asked in ALL {
        let response = world.ask(ACME, asked, &body(asked)).await;
        assert_eq!(response.status_code, 404, "{asked}");
        let mut event = page_event(&token, asked, &body(asked));
        event["routeKey"] = json!(PROXY);
        assert_eq!(world.api.handle(&event).await.status_code, 403, "{asked}");
    }
}

/// Only these exact routes exist without a login.
#[tokio::test]
async fn other_paths_and_methods_below_the_pages_do_not_exist() {
    let world = world();
    let (_, token) = pending(&world, json!({})).await;
    let served: Vec<&str> = CONNECT_ROUTES.iter().map(|route| route.key).collect();
    assert_eq!(served, KEYS);
    for path in [
        "/connect/v1/",
        "/connect/v1/registration/",
        "/connect/v1/registration/../account",
        "/connect/v1//registration",
        "/connect/v1/registrations",
        "/connect/v1/registration%2Fcomplete",
        "/connect/v1/account/history",
        "/connect/v2/registration",
        "/connect/v1/registration/complete/x",
    ] {
        for key in KEYS {
            let (method, _) = key.split_once(' ').expect("a method");
            let mut event = page_event(&token, key, &Value::Null);
            event["rawPath"] = json!(path);
            let response = world.api.handle(&event).await;
            assert_eq!(response.status_code, 404, "{method} {path} as {key}");
        }
    }
    for method in ["PUT", "PATCH", "DELETE", "POST", "HEAD", "OPTIONS"] {
        let mut event = page_event(&token, CONNECT, &Value::Null);
        event["requestContext"]["http"]["method"] = json!(method);
        assert_eq!(world.api.handle(&event).await.status_code, 404, "{method}");
    }
    assert!(ROUTES.iter().all(|route| !route.key.contains("/connect/")));
}

#[tokio::test]
async fn each_page_has_a_budget_of_its_own() {
    let world = world();
    let (_, busy) = pending(&world, json!({})).await;
    let (_, other) = pending(&world, json!({})).await;
    for _ in 0..60 {
        expect(&world, &busy, CONNECT, Value::Null, 200).await;
    }
    let refused = ask(&world, &busy, CONNECT, &Value::Null).await;
    assert_eq!(refused.status_code, 429);
    assert_eq!(refused.headers["retry-after"], "1");
    expect(&world, &other, CONNECT, Value::Null, 200).await;
    // The tenant's own requests don't count.
    world.expect(ACME, "GET /v1/groups", Value::Null, 200).await;
    // Two visitors who each read every three seconds never reach the limit.
    world.wait(60_000);
    for _ in 0..200 {
        for _ in 0..2 {
            expect(&world, &busy, CONNECT, Value::Null, 200).await;
        }
        world.wait(3_000);
    }
}

#[tokio::test]
async fn pastes_of_a_link_do_not_use_up_the_limit_of_the_tenant() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let stack = world.stack(&registration, "222222222222");
    let pasted = json!({"stack_info": stack.line});
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let response = ask(&world, &token, COMPLETE, &pasted).await;
        statuses.push(response.status_code);
    }
    let admitted = statuses.iter().filter(|status| **status != 429).count();
    assert_eq!(admitted, 5, "{statuses:?}");
    assert_eq!(world.api.env.customers.calls_to_sts(), 5);
    // The tenant pastes for another registration.
    let (registration, _) = pending(&world, json!({})).await;
    let stack = world.stack(&registration, "333333333333");
    world.build(&stack);
    world.complete(ACME, &registration, &stack).await;
}

/// A table that fails every call.
struct NoTable;

impl Gate for NoTable {
    async fn table(&self, _: &'static str, _: Moment) -> Result<(), StoreError> {
        Err(StoreError::Unavailable("on purpose".into()))
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }

    async fn bucket(&self, _: &'static str, _: Moment) -> Result<(), BucketError> {
        Ok(())
    }
}

#[tokio::test]
async fn forged_token_costs_no_call_to_the_table() {
    let store = InTurn {
        port: Rc::new(MemoryStore::new()),
        gate: NoTable,
    };
    let world = World::over(store, FakeCustomers::new());
    let id = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5c";
    let secret = "A".repeat(43);
    for (token, asked) in [
        (format!("reg_{id}.{secret}"), CONNECT),
        (format!("acc_{id}.0.{secret}"), CUSTOMER),
    ] {
        let event = page_event(&token, asked, &Value::Null);
        let response = world.api.handle(&event).await;
        assert_eq!(response.status_code, 404, "{}", response.body);
    }
}
