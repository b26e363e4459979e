//! The customer's page of an account, while the account or its orphaned stack exists.

use super::{
    CUSTOMER, RECEIPTS, connect_page, connected, customer_page, expect, pending, token,
    with_access, world,
};
use crate::receipts::issue;
use crate::world::{ACME, World, start, tenant, text};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::Trigger;
use rolecall_domain::ids::{AccountId, OrphanedStackId};
use rolecall_domain::ports::Records;
use rolecall_domain::record::account::Account;
use rolecall_usecases::check_account;
use serde_json::{Value, json};

async fn record(world: &World, view: &Value) -> Account {
    let id = AccountId::parse(text(view, "account_id")).expect("an id");
    let read = world.api.env.store.account(&tenant(ACME), &id).await;
    read.expect("read").expect("there")
}

#[tokio::test]
async fn connected_account_shows_what_was_granted() {
    let world = world();
    let account = with_access(&world).await;
    let page = customer_page(&world, &token(&account, "customer_url")).await;
    assert_eq!(page["state"], "connected");
    for field in [
        "name",
        "aws_account_id",
        "region",
        "stack_name",
        "stack_id",
        "role_arn",
        "console_url",
        "last_checked_at",
        "sessions_until",
    ] {
        assert_eq!(page[field], account[field], "{field}");
    }
    assert_eq!(page["connected_at"], account["registered_at"]);
    assert_eq!(page["access"][0]["name"], "inventory");
    let hybrid = connected(&world).await;
    let hybrid = customer_page(&world, &token(&hybrid, "customer_url")).await;
    assert_eq!(hybrid["companion_roles"][0]["kind"], "ssm-hybrid");
    assert_eq!(hybrid["access"], json!([]));
    assert_eq!(page["orphaned_stack"], Value::Null);
    assert!(text(&page, "delete_command").contains("delete-stack"));
    assert_eq!(page["brand"]["product_name"], "Acme Cloud");
}

#[tokio::test]
async fn update_that_the_stack_waits_for_is_shown() {
    let world = world();
    let account = with_access(&world).await;
    let page_token = token(&account, "customer_url");
    let page = customer_page(&world, &page_token).await;
    assert_eq!(page["update"], Value::Null);
    let asked = format!("PUT /v1/accounts/{}/access", text(&account, "account_id"));
    let chosen = world.expect(ACME, &asked, json!({"access": []}), 200).await;
    assert!(text(&chosen["update"], "console_url").contains("update"));
    let page = customer_page(&world, &page_token).await;
    assert_eq!(page["update"], chosen["update"]);
}

#[tokio::test]
async fn failed_checks_are_shown_by_title_with_what_the_customer_can_do() {
    let world = world();
    let (account, stack) = world.connect(ACME).await;
    let asked = format!("GET /v1/accounts/{}", account.account_id);
    let view = world.expect(ACME, &asked, Value::Null, 200).await;
    world
        .api
        .env
        .customers
        .change_role(&stack.role_arn, |role| {
            role.enforces_external_id = false;
        });
    for _ in 0..3 {
        world.wait(3_600_000);
        let account = record(&world, &view).await;
        let checked = check_account(&world.api.env, account, Trigger::Scheduled).await;
        checked.expect("checked");
    }
    let page = customer_page(&world, &token(&view, "customer_url")).await;
    assert_eq!(page["state"], "attention");
    let checks = page["checks"].as_array().expect("checks");
    let failed = checks.iter().find(|check| check["status"] == "failed");
    let failed = failed.expect("one failed");
    assert_eq!(failed["code"], "external_id_not_enforced");
    assert_eq!(failed["title"], "External ID is not enforced");
    assert!(!text(failed, "remedy").is_empty());
    // Users of the tenant get a separate remedy.
    let view = world.expect(ACME, &asked, Value::Null, 200).await;
    assert!(!view.to_string().contains("for_customer"), "{view}");
}

#[tokio::test]
async fn deregistered_account_shows_what_is_left_until_it_is_proven_gone() {
    let world = world();
    let (account, stack) = world.connect(ACME).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let view = world
        .expect(ACME, &format!("GET {path}"), Value::Null, 200)
        .await;
    let page_token = token(&view, "customer_url");
    let left = world
        .expect(ACME, &format!("DELETE {path}"), Value::Null, 200)
        .await;
    let page = customer_page(&world, &page_token).await;
    assert_eq!(page["state"], "deregistered");
    let orphan = &page["orphaned_stack"];
    assert_eq!(orphan["status"], "orphaned");
    assert_eq!(
        orphan["delete_command"],
        left["orphaned_stack"]["delete_command"]
    );
    assert!(!text(orphan, "remedy").is_empty());
    assert_eq!(page["delete_command"], Value::Null);
    // Nothing is granted or checked any more.
    for field in ["access", "companion_roles", "checks"] {
        assert_eq!(page[field], json!([]), "{field}");
    }
    let id = text(&left["orphaned_stack"], "orphaned_stack_id");
    let id = OrphanedStackId::parse(id).expect("an id");
    prove_gone(&world, &stack, &id).await;
    let page = customer_page(&world, &page_token).await;
    assert_eq!(page["state"], "gone", "{page}");
    assert_eq!(page["orphaned_stack"]["status"], "gone");
    assert_eq!(page["orphaned_stack"]["delete_command"], Value::Null);
}

/// The stack is deleted, and two checks find no role.
async fn prove_gone(world: &World, stack: &crate::world::Stack, id: &OrphanedStackId) {
    use rolecall_domain::record::evidence::EvidenceKind;
    use rolecall_usecases::add_observation;
    use rolecall_usecases::track_orphan::Observation;
    world.api.env.customers.delete_stack(&stack.stack_id);
    for kind in [
        EvidenceKind::DeleteCallback,
        EvidenceKind::RoleUnassumable,
        EvidenceKind::RoleUnassumable,
    ] {
        world.wait(3_600_000);
        let entry = world.api.env.store.orphaned_stack(&tenant(ACME), id).await;
        let observation = Observation {
            kind: Some(kind),
            at: rolecall_domain::ports::Clock::now(&world.api.env.host),
            actor: rolecall_domain::text::Actor::Hub,
            cause: "checked",
        };
        let entry = entry.expect("read").expect("there");
        let added = add_observation(&world.api.env, entry, &observation, None).await;
        added.expect("added");
    }
}

#[tokio::test]
async fn receipts_say_which_service_had_what_and_until_when() {
    let world = world();
    let view = with_access(&world).await;
    let account = record(&world, &view).await;
    let mut made = Vec::new();
    for seconds in 0..3 {
        let at = start() + SignedDuration::from_secs(seconds);
        made.insert(0, issue(&world, &account, at).await);
    }
    let page_token = token(&view, "customer_url");
    let first = format!("{RECEIPTS}?limit=2");
    let first = expect(&world, &page_token, &first, Value::Null, 200).await;
    let receipt = json!({
        "receipt_id": made[0].receipt_id,
        "service": "inventory-reader",
        "profile": "inventory",
        "profile_title": "Some access",
        "session_name": made[0].session_name,
        "issued_at": made[0].issued_at,
        "expires_at": made[0].expires_at,
    });
    assert_eq!(first["items"][0], receipt);
    let cursor = text(&first, "next_cursor");
    let rest = format!("{RECEIPTS}?limit=2&cursor={cursor}");
    let items = expect(&world, &page_token, &rest, Value::Null, 200).await;
    assert_eq!(items["items"].as_array().map(Vec::len), Some(1));
    // The cursor belongs to this account's page.
    let other = connected(&world).await;
    let other = token(&other, "customer_url");
    let problem = expect(&world, &other, &rest, Value::Null, 400).await;
    assert_eq!(problem["code"], "cursor_invalid");
}

#[tokio::test]
async fn renewed_link_replaces_the_former_one_everywhere() {
    let world = world();
    let (registration, connect) = pending(&world, json!({})).await;
    let stack = world.stack(&registration, "222222222222");
    world.build(&stack);
    let account = world.complete(ACME, &registration, &stack).await;
    let former = token(
        &connect_page(&world, &connect).await["account"],
        "customer_url",
    );
    let renew = format!("POST /v1/accounts/{}/customer-link", account.account_id);
    let renewed = world.expect(ACME, &renew, Value::Null, 200).await;
    let current = token(&renewed, "customer_url");
    assert_ne!(former, current);
    for asked in [CUSTOMER, RECEIPTS] {
        let problem = expect(&world, &former, asked, Value::Null, 404).await;
        assert_eq!(problem["code"], "page_link_invalid");
        expect(&world, &current, asked, Value::Null, 200).await;
    }
    // The connect page does not reveal the new link.
    let page = connect_page(&world, &connect).await;
    assert_eq!(page["state"], "connected");
    assert_eq!(page["account"]["customer_url"], Value::Null);
    // A second click changes nothing, and a later request works.
    let again = world.ask(ACME, &renew, &Value::Null).await;
    assert_eq!(again.status_code, 429, "{}", again.body);
    customer_page(&world, &current).await;
    world.wait(30_000);
    let renewed = world.expect(ACME, &renew, Value::Null, 200).await;
    assert_ne!(token(&renewed, "customer_url"), current);
    let asked = format!("GET /v1/accounts/{}/history", account.account_id);
    let history = world.expect(ACME, &asked, Value::Null, 200).await;
    assert_eq!(history["items"][0]["cause"], "customer_link_renewed");
    assert!(
        !history.to_string().contains("customer_link\""),
        "{history}"
    );
}

#[tokio::test]
async fn hub_without_pages_has_no_links_to_them() {
    let mut world = world();
    world.api.console_url = None;
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    assert_eq!(registration["connect_url"], Value::Null);
    assert!(registration["quick_create_url"].is_string());
    assert_eq!(connected(&world).await["customer_url"], Value::Null);
}
