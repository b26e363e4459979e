//! A tenant's lists: of one group, in both orders, and what a group counts.

use crate::exports::update;
use crate::world::{ACME, GLOBEX, World, text};
use serde_json::{Value, json};

/// Reads a list to its end with pages of this size, and returns the IDs of its items.
async fn all(world: &World, list: &str, limit: usize, id: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let asked = format!("GET /v1/{list}&limit={limit}{cursor}");
        let page = world.expect(ACME, &asked, Value::Null, 200).await;
        let items = page["items"].as_array().expect("a list");
        ids.extend(items.iter().map(|item| text(item, id)));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

/// Checks the list in both orders, for several page sizes.
async fn assert_listed(world: &World, list: &str, id: &str, expected: &[String]) {
    let reversed: Vec<String> = expected.iter().rev().cloned().collect();
    for limit in [1, 2, 100] {
        for (order, expected) in [
            ("", expected),
            ("&order=oldest_first", expected),
            ("&order=newest_first", &reversed),
        ] {
            let list = format!("{list}{order}");
            assert_eq!(
                all(world, &list, limit, id).await,
                expected,
                "{list}, {limit}"
            );
        }
    }
}

#[tokio::test]
async fn accounts_and_registrations_are_listed_by_group_in_both_orders() {
    let world = World::new();
    let here = world.group(ACME).await;
    // IDs of one millisecond have no order.
    world.wait(1);
    let there = world.group(ACME).await;
    let mut accounts = Vec::new();
    for number in 0..3 {
        let aws_account_id = format!("22222222222{number}");
        let (account, _) = world.connect_in(ACME, &here, &aws_account_id).await;
        accounts.push(account.account_id.to_string());
        world.wait(1);
    }
    let (elsewhere, _) = world.connect_in(ACME, &there, "222222222229").await;
    let elsewhere = elsewhere.account_id.to_string();
    let waiting = world.registration(ACME, &here, json!({})).await;
    let waiting = text(&waiting, "registration_id");

    let of_group = |group: &str| format!("accounts?group_id={group}");
    assert_listed(&world, &of_group(&here), "account_id", &accounts).await;
    assert_listed(
        &world,
        &of_group(&there),
        "account_id",
        std::slice::from_ref(&elsewhere),
    )
    .await;
    let everything: Vec<String> = accounts.iter().cloned().chain([elsewhere]).collect();
    assert_listed(&world, "accounts?status=active", "account_id", &everything).await;
    assert_listed(
        &world,
        "groups?",
        "group_id",
        &[here.clone(), there.clone()],
    )
    .await;
    let one = format!("{}&aws_account_id=222222222229", of_group(&here));
    assert_listed(&world, &one, "account_id", &[]).await;
    let pending = format!("registrations?group_id={here}&status=pending");
    assert_listed(&world, &pending, "registration_id", &[waiting]).await;
    let elsewhere = format!("registrations?group_id={there}&status=pending");
    assert_listed(&world, &elsewhere, "registration_id", &[]).await;

    let delete = format!("DELETE /v1/accounts/{}", accounts[1]);
    world.expect(ACME, &delete, Value::Null, 200).await;
    let gone = format!("{}&status=deregistered", of_group(&here));
    assert_listed(&world, &gone, "account_id", &accounts[1..2]).await;
    let left = [accounts[0].clone(), accounts[2].clone()];
    assert_listed(&world, &of_group(&here), "account_id", &left).await;
}

#[tokio::test]
async fn wrong_group_or_order_is_an_error() {
    let world = World::new();
    let group = world.group(ACME).await;
    for list in ["accounts", "registrations"] {
        let asked = format!("GET /v1/{list}?group_id={group}");
        let refused = world.expect(GLOBEX, &asked, Value::Null, 404).await;
        assert_eq!(refused["code"], "not_found");
        let asked = format!("GET /v1/{list}?group_id=none");
        let refused = world.expect(ACME, &asked, Value::Null, 422).await;
        assert_eq!(refused["errors"][0]["field"], "group_id");
    }
    for order in ["", "newest", "NEWEST_FIRST", "-created_at"] {
        let asked = format!("GET /v1/groups?order={order}");
        let refused = world.expect(ACME, &asked, Value::Null, 422).await;
        assert_eq!(refused["errors"][0]["field"], "order", "{order}");
    }
}

#[tokio::test]
async fn cursor_of_one_order_is_refused_in_the_other() {
    let world = World::new();
    for _ in 0..3 {
        world.group(ACME).await;
        world.wait(1);
    }
    let page = world.expect(ACME, "GET /v1/groups?limit=1", Value::Null, 200);
    let cursor = text(&page.await, "next_cursor");
    let asked = format!("GET /v1/groups?limit=1&order=newest_first&cursor={cursor}");
    let refused = world.expect(ACME, &asked, Value::Null, 400).await;
    assert_eq!(refused["code"], "cursor_invalid");
}

#[tokio::test]
async fn group_counts_its_accounts_and_what_is_open() {
    let world = World::new();
    let group = world.group(ACME).await;
    let counts = async || {
        let asked = format!("GET /v1/groups/{group}");
        let view = world.expect(ACME, &asked, Value::Null, 200).await;
        let names = [
            "account_count",
            "attention_count",
            "pending_registration_count",
        ];
        names.map(|name| view[name].as_u64().expect("a number"))
    };
    assert_eq!(counts().await, [0, 0, 0]);
    let registration = world.registration(ACME, &group, json!({})).await;
    assert_eq!(counts().await, [0, 0, 1]);
    let (account, _) = world.connect_in(ACME, &group, "222222222222").await;
    assert_eq!(counts().await, [1, 0, 1]);

    let unhealthy = account.turned_unhealthy().expect("an active account");
    update(&world, &account, &unhealthy).await;
    assert_eq!(counts().await, [1, 1, 1]);

    let id = text(&registration, "registration_id");
    let revoke = format!("DELETE /v1/registrations/{id}");
    world.expect(ACME, &revoke, Value::Null, 200).await;
    let delete = format!("DELETE /v1/accounts/{}", account.account_id);
    world.expect(ACME, &delete, Value::Null, 200).await;
    assert_eq!(counts().await, [0, 0, 0]);
}
