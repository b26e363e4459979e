//! `GET /v1/export` and `GET /operator/v1/export`: whose accounts a file contains, its name and its bounds.

use crate::access;
use crate::bounds::{given, given_copies, given_group, occasion};
use crate::world::{ACME, GLOBEX, World, text};
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::ids::GroupId;
use rolecall_domain::record::account::Account;
use rolecall_domain::text::Name;
use serde_json::{Value, json};

async fn file(world: &World, tenant: &str, query: &str) -> registration_api::Response {
    let asked = format!("GET /v1/export?{query}");
    let response = world.ask(tenant, &asked, &Value::Null).await;
    assert_eq!(response.status_code, 200, "{asked}: {}", response.body);
    response
}

/// Stores a change of the account.
pub async fn update(world: &World, before: &Account, after: &Account) {
    let records = [before, after].map(|it| Record::Account(it.clone()));
    let [before, after] = records;
    let change = Change::new().update(before, after, Event::AccountChanged, &occasion());
    given(world, change).await;
}

#[tokio::test]
async fn tenant_exports_its_own_accounts_of_all_groups_or_one() {
    let world = World::new();
    let (shop, _) = world.connect(ACME).await;
    let group = world.group(ACME).await;
    let (lab, _) = world.connect_in(ACME, &group, "333333333333").await;
    let (foreign, _) = world.connect(GLOBEX).await;
    let listed = async |tenant: &str, query: &str| {
        let response = file(&world, tenant, &format!("format=json{query}")).await;
        let lines = response
            .body
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let ids = lines.map(|line: Value| text(&line, "account_id"));
        ids.collect::<Vec<_>>()
    };
    let [shop, lab] = [&shop, &lab].map(|account| account.account_id.to_string());
    let mut both = [shop, lab.clone()];
    both.sort();
    assert_eq!(listed(ACME, "").await, both);
    let of_group = listed(ACME, &format!("&group_id={group}")).await;
    assert_eq!(of_group, [lab]);
    assert_eq!(listed(GLOBEX, "").await, [foreign.account_id.to_string()]);
    let asked = format!("GET /v1/export?format=json&group_id={group}");
    world.expect(GLOBEX, &asked, Value::Null, 404).await;
}

#[tokio::test]
async fn operator_exports_the_accounts_of_every_tenant_of_one_or_of_a_group() {
    let world = World::new();
    let (shop, _) = world.connect(ACME).await;
    let group = world.group(ACME).await;
    let (lab, _) = world.connect_in(ACME, &group, "333333333333").await;
    let (foreign, _) = world.connect(GLOBEX).await;
    let file = async |query: &str| {
        let asked = format!("GET /operator/v1/export?format=json&details=true{query}");
        world.expect_signed(&asked, Value::Null, 200).await
    };
    let listed = async |query: &str| {
        let content = text(&file(query).await, "content");
        let lines = content
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let ids = lines.map(|line| text(&line, "account_id"));
        ids.collect::<Vec<_>>()
    };
    let sorted = |accounts: &[&Account]| {
        let mut ids: Vec<_> = accounts
            .iter()
            .map(|it| it.account_id.to_string())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(listed("").await, sorted(&[&shop, &lab, &foreign]));
    assert_eq!(listed("&tenant=acme").await, sorted(&[&shop, &lab]));
    assert_eq!(listed("&tenant=globex").await, sorted(&[&foreign]));
    let of_group = format!("&tenant=acme&group_id={group}");
    assert_eq!(listed(&of_group).await, sorted(&[&lab]));
    assert_eq!(listed("&tenant=nobody").await, sorted(&[]));
    assert_eq!(file("").await["file_name"], "rolecall-all-json.jsonl");
    // A group of another tenant is as unknown as one that never was.
    let other = format!("GET /operator/v1/export?format=json&tenant=globex&group_id={group}");
    world.expect_signed(&other, Value::Null, 404).await;
    let asked = format!("GET /operator/v1/export?format=json&group_id={group}");
    let problem = world.expect_signed(&asked, Value::Null, 422).await;
    assert_eq!(problem["errors"][0]["field"], "tenant", "{problem}");
    let asked = "GET /operator/v1/export?format=json&tenant=..";
    let problem = world.expect_signed(asked, Value::Null, 422).await;
    assert_eq!(problem["errors"][0]["field"], "tenant", "{problem}");
    // A tenant's user can't name another tenant.
    let asked = "GET /v1/export?format=json&tenant=globex";
    world.expect(ACME, asked, Value::Null, 422).await;
}

/// The tenant's own API shows the external ID, too.
#[tokio::test]
async fn file_contains_what_a_program_needs_to_assume_the_role() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let body = file(&world, ACME, "format=cloudquery").await.body;
    for part in [account.role.arn.as_str(), account.external_id.as_str()] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test]
async fn profiles_are_those_that_the_reported_template_grants() {
    let world = access::world();
    let (account, _) = access::connect(&world).await;
    let id = &account.account_id;
    let config = file(&world, ACME, "format=aws-config").await.body;
    let line = format!("credential_process = rolecall credentials {id} --access inventory\n");
    assert!(config.contains(&line), "{config}");
    assert!(!config.contains("--access backup"), "{config}");
    // Requested, but the stack is not updated yet.
    let asked = format!("PUT /v1/accounts/{id}/access");
    world
        .expect(ACME, &asked, json!({"access": ["backup"]}), 200)
        .await;
    assert_eq!(file(&world, ACME, "format=aws-config").await.body, config);
    let asked = "GET /v1/export?format=yace&access=backup";
    let problem = world.expect(ACME, asked, Value::Null, 409).await;
    assert_eq!(problem["code"], "nothing_to_export", "{problem}");
}

#[tokio::test]
async fn account_that_cannot_be_used_is_left_out_with_the_reason_in_the_callers_language() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let unhealthy = account.turned_unhealthy().expect("it was active");
    update(&world, &account, &unhealthy).await;
    let response = file(&world, ACME, "format=csv").await;
    assert_eq!(response.headers["rolecall-omitted-accounts"], "1");
    assert_eq!(response.body.lines().count(), 1);
    let asked = "GET /v1/export?format=csv&details=true";
    let response = world.ask_in("ja", ACME, asked, &Value::Null).await;
    let details: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(details["account_count"], 0);
    assert_eq!(
        details["omitted"][0]["account_id"],
        account.account_id.as_str()
    );
    assert!(
        text(&details["omitted"][0], "reason").contains("チェックに失敗"),
        "{details}"
    );
    assert!(
        text(&details, "content").starts_with('\u{feff}'),
        "{details}"
    );
    assert_eq!(details["file_name"], "rolecall-acme-csv.csv");
    assert_eq!(details["block"], Value::Null);
}

#[tokio::test]
async fn file_has_its_media_type_and_a_name_in_ascii_and_in_the_groups_own_words() {
    let world = World::new();
    let body = json!({"name": "本番 / \"EU\"", "color": "#112233"});
    let group = world.expect(ACME, "POST /v1/groups", body, 201).await;
    let group = text(&group, "group_id");
    for (format, media_type) in [
        ("aws-config", "text/plain; charset=utf-8"),
        ("c7n-org", "application/yaml"),
        ("json", "application/x-ndjson"),
        ("csv", "text/csv; charset=utf-8"),
    ] {
        let response = file(&world, ACME, &format!("format={format}&group_id={group}")).await;
        assert_eq!(response.headers["content-type"], media_type);
        assert_eq!(response.headers["cache-control"], "no-store");
        let disposition = &response.headers["content-disposition"];
        let start = format!("attachment; filename=\"rolecall-honban-eu-{format}.");
        assert!(disposition.starts_with(&start), "{disposition}");
        let encoded = "; filename*=UTF-8''rolecall-%E6%9C%AC%E7%95%AA%20-%20-EU--";
        assert!(disposition.contains(encoded), "{disposition}");
        assert!(disposition.is_ascii(), "{disposition}");
    }
}

/// The text of a `filename*`.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: Vec<u8> = rest.by_ref().take(2).collect();
            let digits = String::from_utf8(digits).expect("ASCII");
            bytes.push(u8::from_str_radix(&digits, 16).expect("hex"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Bug D40 of similar systems: a name in another script in a file's name was an error of the server.
#[tokio::test]
async fn file_of_a_group_of_any_name_has_both_of_its_names() {
    let world = World::new();
    for name in [
        "本番環境".repeat(16),
        "👨\u{200d}👩\u{200d}👧".repeat(64),
        "🇯🇵".repeat(64),
        "か\u{3099}".to_owned(),
        "\"; filename=evil.exe; x=\"".to_owned(),
        "a%0d%0ab".to_owned(),
        "../..\\x".to_owned(),
    ] {
        let body = json!({"name": name, "color": "#112233"});
        let group = world.expect(ACME, "POST /v1/groups", body, 201).await;
        let group = text(&group, "group_id");
        let response = file(&world, ACME, &format!("format=csv&group_id={group}")).await;
        let disposition = &response.headers["content-disposition"];
        let printable = |b: u8| (b' '..=b'~').contains(&b);
        assert!(disposition.bytes().all(printable), "{disposition:?}");
        let (ascii, encoded) = disposition.split_once("; filename*=UTF-8''").expect("both");
        let ascii = ascii
            .strip_prefix("attachment; filename=\"rolecall-")
            .expect("a name");
        let ascii = ascii.strip_suffix("-csv.csv\"").expect("its end");
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        assert!(ascii.bytes().all(safe), "{ascii}");
        let decoded = decoded(encoded);
        assert!(
            decoded.starts_with("rolecall-") && decoded.ends_with("-csv.csv"),
            "{decoded}"
        );
        assert!(
            decoded.len() <= 255 && !decoded.contains(['/', '\\', '"', '%', '\r']),
            "{decoded}"
        );
    }
}

#[tokio::test]
async fn block_differs_by_hub_scope_kind_and_access_profile() {
    let world = World::new();
    let group = world.group(ACME).await;
    let mut blocks = std::collections::BTreeSet::new();
    for (tenant, query) in [
        (ACME, String::new()),
        (GLOBEX, String::new()),
        (ACME, format!("&group_id={group}")),
        (ACME, "&via=switch-role".to_owned()),
        (ACME, "&access=inventory".to_owned()),
    ] {
        let asked = format!("GET /v1/export?format=aws-config&details=true{query}");
        let details = world.expect(tenant, &asked, Value::Null, 200).await;
        let block = text(&details, "block");
        assert!(block.starts_with("111111111111-us-east-1/"), "{block}");
        assert!(block.bytes().all(|b| b.is_ascii_graphic()), "{block}");
        assert!(blocks.insert(block), "{blocks:?}");
    }
}

#[tokio::test]
async fn every_invalid_parameter_is_named() {
    let world = World::new();
    for (query, expected) in [
        ("", &["format required"][..]),
        ("format=xml", &["format invalid"]),
        (
            "format=csv&group_id=x&access=X&details=1",
            &["group_id invalid", "access invalid", "details invalid"],
        ),
        (
            "format=aws-config&region=eu-nowhere-1&profile_template=x&command=a b&via=x",
            &["via invalid", "region invalid", "profile_template invalid"],
        ),
        (
            "format=aws-config&command=C:\\Program Files\\rolecall.exe",
            &["command invalid"],
        ),
        (
            "format=aws-config&via=switch-role&source_profile=商&mfa_device=!&source_is_user=1",
            &[
                "source_profile invalid",
                "source_is_user invalid",
                "mfa_device invalid",
            ],
        ),
        (
            "format=csv&via=switch-role&region=us-east-1&profile_template={name}",
            &[
                "via not_applicable",
                "region not_applicable",
                "profile_template not_applicable",
            ],
        ),
        (
            "format=aws-config&via=switch-role&command=rolecall&access=inventory",
            &["command not_applicable", "access not_applicable"],
        ),
        (
            "format=aws-config&source_profile=me&mfa_device=mia&source_is_user=true",
            &[
                "source_profile not_applicable",
                "source_is_user not_applicable",
                "mfa_device not_applicable",
            ],
        ),
        ("format=steampipe", &["access required"]),
    ] {
        let asked = format!("GET /v1/export?{query}");
        let problem = world.expect(ACME, &asked, Value::Null, 422).await;
        let errors = problem["errors"].as_array().expect("errors");
        let found = errors
            .iter()
            .map(|it| format!("{} {}", text(it, "field"), text(it, "code")));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn two_accounts_of_one_profile_name_are_refused_by_name() {
    let world = access::world();
    let (account, _) = access::connect(&world).await;
    let group = account.group_id.clone();
    given_copies(&world, &account, &group, 1..2).await;
    let asked = "GET /v1/export?format=aws-config&profile_template={name}";
    let problem = world.expect(ACME, asked, Value::Null, 422).await;
    assert_eq!(problem["errors"][0]["code"], "not_unique", "{problem}");
    let asked = "GET /v1/export?format=aws-config&profile_template={name}-{id}";
    world.expect(ACME, asked, Value::Null, 200).await;
}

/// Lambda sends at most 6 MB.
#[tokio::test]
async fn export_larger_than_one_response_is_refused() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let mut long = account.clone();
    // Each of the 64 characters has many code points, which formats in ASCII escape.
    let character = "👨".to_owned() + &"\u{fe0f}".repeat(14);
    long.name = Name::parse(character.repeat(64)).expect("a name");
    let group: GroupId = account.group_id.clone();
    given_copies(&world, &long, &group, 1..700).await;
    for query in ["format=c7n-org", "format=json", "format=csv&details=true"] {
        let response = world
            .ask(ACME, &format!("GET /v1/export?{query}"), &Value::Null)
            .await;
        let sent = serde_json::to_string(&response).expect("JSON").len();
        assert!(sent < 6_000_000, "{query}: {sent}");
    }
    let many = given_group(&world, 9000).await;
    given_copies(&world, &long, &many, 700..2400).await;
    let asked = "GET /v1/export?format=json";
    let problem = world.expect(ACME, asked, Value::Null, 422).await;
    assert_eq!(problem["code"], "too_many_accounts", "{problem}");
    let asked = format!("GET /v1/export?format=json&group_id={group}");
    world.expect(ACME, &asked, Value::Null, 200).await;
}

#[tokio::test]
async fn export_covers_at_most_ten_thousand_accounts() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let group = account.group_id.clone();
    given_copies(&world, &account, &group, 1..10_000).await;
    let asked = "GET /v1/export?format=yace";
    world.expect(ACME, asked, Value::Null, 200).await;
    given_copies(&world, &account, &group, 10_000..10_001).await;
    let problem = world.expect(ACME, asked, Value::Null, 422).await;
    assert_eq!(problem["code"], "too_many_accounts", "{problem}");
    assert!(text(&problem, "detail").contains("group_id"), "{problem}");
}
