//! Lists with filters, of a tenant and over all tenants, and the operator's other reads.

use crate::world::{ACME, GLOBEX, World, text};
use rolecall_domain::ports::Records;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Reads a list to its end with pages of this size, and returns the ids of its items.
pub async fn all(world: &World, list: &str, query: &str, limit: usize, id: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for _ in 0..1000 {
        let asked = format!("GET /operator/v1/{list}?{query}&limit={limit}{cursor}");
        let page = world.expect_signed(&asked, Value::Null, 200).await;
        let items = page["items"].as_array().expect("a list");
        assert!(items.len() <= limit, "{page}");
        ids.extend(items.iter().map(|item| {
            let found = item.pointer(id).and_then(Value::as_str);
            found
                .unwrap_or_else(|| panic!("no {id}: {item}"))
                .to_owned()
        }));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
    panic!("the list does not end");
}

const ACCOUNT: &str = "/account/account_id";

fn set(ids: Vec<String>) -> BTreeSet<String> {
    let number = ids.len();
    let set = BTreeSet::from_iter(ids);
    assert_eq!(set.len(), number, "an item is listed twice");
    set
}

#[tokio::test]
async fn accounts_of_all_tenants_are_listed_for_every_page_size() {
    let world = World::new();
    let mut expected = BTreeSet::new();
    for tenant in [ACME, GLOBEX, ACME, ACME, GLOBEX] {
        let (account, _) = world.connect(tenant).await;
        expected.insert(account.account_id.to_string());
    }
    for limit in [1, 2, 3, 100] {
        assert_eq!(
            set(all(&world, "accounts", "", limit, ACCOUNT).await),
            expected,
            "{limit}"
        );
    }
    let acme = set(all(&world, "accounts", "tenant=acme", 2, ACCOUNT).await);
    assert_eq!(acme.len(), 3);
    assert!(acme.is_subset(&expected));
    let nobody = all(&world, "accounts", "tenant=nobody", 2, ACCOUNT).await;
    assert_eq!(nobody, Vec::<String>::new());
}

#[tokio::test]
async fn item_names_its_tenant_and_its_sequence() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let rename = format!("PATCH /v1/accounts/{}", account.account_id);
    world
        .expect(ACME, &rename, json!({"name": "New"}), 200)
        .await;
    let page = world
        .expect_signed("GET /operator/v1/accounts", Value::Null, 200)
        .await;
    let item = &page["items"][0];
    assert_eq!(item["tenant"], ACME);
    assert_eq!(item["kind"], "account");
    assert_eq!(item["sequence"], 2, "registered, renamed: {item}");
    assert_eq!(item["account"]["name"], "New");
    assert_eq!(item["account"]["verdict"], "passed");
    assert!(item["account"]["findings"].is_array());
}

#[tokio::test]
async fn filters_select_by_status_aws_account_and_finding() {
    let world = World::new();
    let (kept, _) = world.connect(ACME).await;
    let (gone, _) = world.connect(GLOBEX).await;
    let delete = format!("DELETE /v1/accounts/{}", gone.account_id);
    world.expect(GLOBEX, &delete, Value::Null, 200).await;
    let (kept_id, gone_id) = (kept.account_id.to_string(), gone.account_id.to_string());
    let (kept_aws, gone_aws) = (&kept.aws_account_id, &gone.aws_account_id);
    for (query, expected) in [
        (String::new(), vec![&kept_id]),
        ("status=active".to_owned(), vec![&kept_id]),
        ("status=unhealthy".to_owned(), vec![]),
        ("status=deregistered".to_owned(), vec![&gone_id]),
        (
            "status=deregistered&tenant=globex".to_owned(),
            vec![&gone_id],
        ),
        ("status=deregistered&tenant=acme".to_owned(), vec![]),
        (format!("aws_account_id={kept_aws}"), vec![&kept_id]),
        (format!("aws_account_id={kept_aws}&tenant=globex"), vec![]),
        (format!("aws_account_id={gone_aws}"), vec![]),
        (
            format!("aws_account_id={gone_aws}&status=deregistered"),
            vec![&gone_id],
        ),
        ("aws_account_id=999999999999".to_owned(), vec![]),
        ("finding=role_unassumable".to_owned(), vec![]),
        ("access=inventory".to_owned(), vec![]),
        (format!("search={}", &kept_id[4..20]), vec![&kept_id]),
        (format!("search={}&tenant=globex", &kept_id[4..20]), vec![]),
        ("search=No such account".to_owned(), vec![]),
    ] {
        for limit in [1, 50] {
            let found = all(&world, "accounts", &query, limit, ACCOUNT).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
        }
    }
    let tenants = "GET /v1/accounts?status=deregistered";
    let own = world.expect(ACME, tenants, Value::Null, 200).await;
    assert_eq!(
        own["items"],
        json!([]),
        "a tenant sees no account of another one"
    );
    let own = world.expect(GLOBEX, tenants, Value::Null, 200).await;
    assert_eq!(own["items"][0]["account_id"], gone_id.as_str());
    assert_eq!(own["items"][0].get("tenant"), None);
}

#[tokio::test]
async fn account_is_found_by_a_finding_of_its_last_check() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    world
        .api
        .env
        .customers
        .change_role(&stack.role_arn, |role| role.enforces_external_id = false);
    let check = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &check, json!({}), 422).await;
    let view = format!("GET /v1/accounts/{}", account.account_id);
    let view = world.expect(ACME, &view, Value::Null, 200).await;
    let findings = view["findings"].as_array().expect("findings");
    assert!(!findings.is_empty(), "{view}");
    let code = findings[0].as_str().expect("a code");
    let query = format!("finding={code}");
    let found = all(&world, "accounts", &query, 50, ACCOUNT).await;
    assert_eq!(found, [account.account_id.to_string()]);
    let own = format!("GET /v1/accounts?finding={code}");
    let own = world.expect(ACME, &own, Value::Null, 200).await;
    assert_eq!(own["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn account_is_found_by_a_part_of_what_people_know_it_by() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let renamed = json!({"name": "決済 Payments (EU)"});
    world
        .expect(ACME, &format!("PATCH {path}"), renamed, 200)
        .await;
    let stack = account.stack_id.name();
    let role = account.role.arn.to_string();
    for (search, expected) in [
        ("payments", 1),
        ("PAYMENTS (eu)", 1),
        ("決済", 1),
        (stack, 1),
        (&*role, 1),
        (" payments ", 1),
        ("payment s", 0),
    ] {
        let asked = format!("GET /v1/accounts?search={search}");
        let own = world.expect(ACME, &asked, Value::Null, 200).await;
        let found = own["items"].as_array().map(Vec::len);
        assert_eq!(found, Some(expected), "{search}");
        let others = world.expect(GLOBEX, &asked, Value::Null, 200).await;
        assert_eq!(others["items"], json!([]), "{search}");
    }
}

#[tokio::test]
async fn registration_is_found_by_its_name_id_or_stack() {
    let world = World::new();
    let group = world.group(ACME).await;
    let create = format!("POST /v1/groups/{group}/registrations");
    let body = json!({"account_name": "Payments"});
    let made = world.expect(ACME, &create, body, 201).await;
    for field in ["account_name", "registration_id", "stack_name"] {
        let asked = format!("GET /v1/registrations?search={}", text(&made, field));
        let list = world.expect(ACME, &asked, Value::Null, 200).await;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{field}");
    }
    let asked = "GET /v1/registrations?search=Orders";
    let list = world.expect(ACME, asked, Value::Null, 200).await;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn invalid_filter_is_named() {
    let world = World::new();
    for (asked, field) in [
        ("accounts?status=gone", "status"),
        ("accounts?status=", "status"),
        ("accounts?tenant=a%20b", "tenant"),
        ("accounts?aws_account_id=12", "aws_account_id"),
        ("accounts?access=A B", "access"),
        ("accounts?search= ", "search"),
        ("accounts?finding=no_such_check", "finding"),
        ("accounts?changed_since=yesterday", "changed_since"),
        ("accounts?changed_since=2027-01-15", "changed_since"),
        ("accounts?limit=0", "limit"),
        ("accounts?attempted=true", "attempted"),
        ("accounts?group_id=x", "group_id"),
        ("registrations?attempted=yes", "attempted"),
        ("registrations?status=active", "status"),
        ("registrations?finding=role_unassumable", "finding"),
        ("orphaned-stacks?status=active", "status"),
        ("orphaned-stacks?attempted=true", "attempted"),
        ("tenants?status=active", "status"),
        ("usage", "month"),
        ("usage?month=2027-13", "month"),
        ("aws-accounts/222222222222?tenant=acme", "tenant"),
    ] {
        let asked = format!("GET /operator/v1/{asked}");
        let problem = world.expect_signed(&asked, Value::Null, 422).await;
        let fields = problem["errors"].as_array().expect("errors").iter();
        let fields: Vec<&Value> = fields.map(|error| &error["field"]).collect();
        assert_eq!(fields, [field], "{asked}: {problem}");
    }
    let several = "GET /operator/v1/accounts?status=x&tenant=!&finding=y";
    let problem = world.expect_signed(several, Value::Null, 422).await;
    assert_eq!(
        problem["errors"].as_array().map(Vec::len),
        Some(3),
        "{problem}"
    );
    for asked in [
        "GET /v1/accounts?changed_since=2027-01-15T08:00:00Z",
        "GET /v1/accounts?tenant=acme",
    ] {
        world.expect(ACME, asked, Value::Null, 422).await;
    }
}

/// A cursor belongs to its list and its filters.
#[tokio::test]
async fn cursor_with_other_filters_is_invalid() {
    let world = World::new();
    for _ in 0..3 {
        world.connect(ACME).await;
    }
    let first = "GET /operator/v1/accounts?status=active&limit=1";
    let page = world.expect_signed(first, Value::Null, 200).await;
    let cursor = text(&page, "next_cursor");
    let same = format!("GET /operator/v1/accounts?status=active&limit=2&cursor={cursor}");
    world.expect_signed(&same, Value::Null, 200).await;
    for other in [
        "accounts?",
        "accounts?status=unhealthy&",
        "accounts?status=active&tenant=acme&",
        "registrations?",
    ] {
        let asked = format!("GET /operator/v1/{other}cursor={cursor}");
        let problem = world.expect_signed(&asked, Value::Null, 400).await;
        assert_eq!(problem["code"], "cursor_invalid", "{other}");
    }
    let tenants = format!("GET /v1/accounts?status=active&cursor={cursor}");
    world.expect(ACME, &tenants, Value::Null, 400).await;
}

#[tokio::test]
async fn attempted_registrations_are_those_whose_last_attempt_failed() {
    let world = World::new();
    let group = world.group(ACME).await;
    let waiting = world.registration(ACME, &group, json!({})).await;
    let failed = world
        .registration(ACME, &group, json!({"aws_account_id": "222222222221"}))
        .await;
    // The stack does not exist, so the attempt fails.
    let stack = world.stack(&failed, "222222222222");
    let id = text(&failed, "registration_id");
    let asked = format!("POST /v1/registrations/{id}/complete");
    let body = json!({"stack_info": stack.line});
    let response = world.ask(ACME, &asked, &body).await;
    assert!(response.status_code >= 400);
    let registration = "/registration/registration_id";
    let attempted = all(&world, "registrations", "attempted=true", 1, registration).await;
    assert_eq!(attempted, [id.as_str()]);
    let others = all(&world, "registrations", "attempted=false", 1, registration).await;
    assert_eq!(others, [text(&waiting, "registration_id")]);
    let own = world
        .expect(
            ACME,
            "GET /v1/registrations?attempted=true",
            Value::Null,
            200,
        )
        .await;
    assert_eq!(own["items"][0]["registration_id"], id.as_str());
    assert!(own["items"][0]["last_attempt"]["code"].is_string());

    // Support finds it under the AWS account that it is pinned to and the one that tried it.
    for aws_account_id in ["222222222221", "222222222222"] {
        let asked = format!("GET /operator/v1/aws-accounts/{aws_account_id}");
        let page = world.expect_signed(&asked, Value::Null, 200).await;
        let found = &page["items"][0]["registration"]["registration_id"];
        assert_eq!(found, id.as_str(), "{page}");
    }
    // A pending registration that has passed its time is expired.
    world.wait(1000 * 3600 * 24 * 3);
    let expired = all(&world, "registrations", "status=expired", 50, registration).await;
    assert_eq!(expired.len(), 2);
    let pending = all(&world, "registrations", "status=pending", 50, registration).await;
    assert_eq!(pending, Vec::<String>::new());
}

#[tokio::test]
async fn everything_about_an_aws_account_is_found_after_it_has_gone() {
    let world = World::new();
    let group = world.group(ACME).await;
    let (account, _) = world.connect_in(ACME, &group, "222222222299").await;
    let delete = format!("DELETE /v1/accounts/{}", account.account_id);
    world.expect(ACME, &delete, Value::Null, 200).await;
    let other = world.group(GLOBEX).await;
    let (second, _) = world.connect_in(GLOBEX, &other, "222222222299").await;
    for limit in [1, 100] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let asked = format!("GET /operator/v1/aws-accounts/222222222299?limit={limit}{cursor}");
            let page = world.expect_signed(&asked, Value::Null, 200).await;
            for item in page["items"].as_array().expect("items") {
                found.push((text(item, "tenant"), text(item, "kind")));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.sort();
        let expected = [
            (ACME, "account"),
            (ACME, "orphaned_stack"),
            (GLOBEX, "account"),
        ];
        let expected = expected.map(|(tenant, kind)| (tenant.to_owned(), kind.to_owned()));
        assert_eq!(found, expected, "{limit}");
    }
    let store = &world.api.env.store;
    let read = store
        .account(&crate::world::tenant(GLOBEX), &second.account_id)
        .await;
    assert!(read.expect("read").is_some());
    for bad in [
        "22222222222",
        "2222222222222",
        "22222222222a",
        "２２２２２２２２２２２２",
    ] {
        let asked = format!("GET /operator/v1/aws-accounts/{bad}");
        world.expect_signed(&asked, Value::Null, 404).await;
    }
}

#[tokio::test]
async fn assume_role_gives_what_the_call_needs_until_deregistration() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let asked = format!(
        "GET /operator/v1/accounts/{}/assume-role",
        account.account_id
    );
    let view = world.expect_signed(&asked, Value::Null, 200).await;
    assert_eq!(view["role_arn"], json!(stack.role_arn));
    assert_eq!(view["external_id"], json!(stack.external_id));
    assert_eq!(
        (&view["region"], &view["partition"]),
        (&json!("us-east-1"), &json!("aws"))
    );
    assert_eq!(view["tenant"], ACME);
    let delete = format!("DELETE /v1/accounts/{}", account.account_id);
    world.expect(ACME, &delete, Value::Null, 200).await;
    let problem = world.expect_signed(&asked, Value::Null, 409).await;
    assert_eq!(problem["code"], "account_deregistered");
    let unknown = "GET /operator/v1/accounts/acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b/assume-role";
    let unknown = world.expect_signed(unknown, Value::Null, 404).await;
    assert_eq!(unknown["code"], "not_found");
}

#[tokio::test]
async fn tenants_are_counted_by_status() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    world.connect(ACME).await;
    let group = world.group(GLOBEX).await;
    world.registration(GLOBEX, &group, json!({})).await;
    let delete = format!("DELETE /v1/accounts/{}", account.account_id);
    world.expect(ACME, &delete, Value::Null, 200).await;
    let page = world
        .expect_signed("GET /operator/v1/tenants", Value::Null, 200)
        .await;
    let expected = json!({
        "tenant": ACME,
        "accounts": {"active": 1, "unhealthy": 0, "disconnected": 0, "deregistered": 1},
        "registrations": {"pending": 0, "completed": 2, "expired": 0, "revoked": 0},
        "orphaned_stacks": {"orphaned": 1, "deleting": 0, "gone": 0, "dismissed": 0},
    });
    assert_eq!(page["items"][0], expected);
    assert_eq!(page["items"][1]["registrations"]["pending"], 1);
    let first = world
        .expect_signed("GET /operator/v1/tenants?limit=1", Value::Null, 200)
        .await;
    let next = format!(
        "GET /operator/v1/tenants?limit=1&cursor={}",
        text(&first, "next_cursor")
    );
    let second = world.expect_signed(&next, Value::Null, 200).await;
    assert_eq!(second["items"][0]["tenant"], GLOBEX);
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn usage_counts_accounts_and_checks_of_the_month() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    world.wait(60_000);
    let check = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &check, json!({}), 200).await;
    // The world starts on 2027-01-15.
    let january = "GET /operator/v1/usage?month=2027-01";
    let page = world.expect_signed(january, Value::Null, 200).await;
    let expected = json!({
        "tenant": ACME,
        "month": "2027-01",
        "accounts_connected": 1,
        "checks": 1,
        "credentials_issued": 0,
    });
    assert_eq!(page["items"], json!([expected]));
    let before = world
        .expect_signed("GET /operator/v1/usage?month=2026-12", Value::Null, 200)
        .await;
    assert_eq!(before["items"][0]["accounts_connected"], 0);
    world.wait(1000 * 3600 * 24 * 40);
    let february = "GET /operator/v1/usage?month=2027-02";
    let delete = format!("DELETE /v1/accounts/{}", account.account_id);
    world.expect(ACME, &delete, Value::Null, 200).await;
    let page = world.expect_signed(february, Value::Null, 200).await;
    assert_eq!(
        page["items"][0]["accounts_connected"], 1,
        "connected until it was deregistered"
    );
    let march = world
        .expect_signed("GET /operator/v1/usage?month=2027-03", Value::Null, 200)
        .await;
    assert_eq!(march["items"][0]["accounts_connected"], 0);
}
