//! The connect page of a registration, in each of its states.

use super::{
    COMPLETE, CONNECT, connect_page, customer_page, expect, page_event, pending, token, world,
};
use crate::world::{ACME, World, start, text};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::{Records, Requests};
use rolecall_domain::record::attempt::Progress;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::register;
use serde_json::{Value, json};

fn id(registration: &Value) -> RegistrationId {
    RegistrationId::parse(text(registration, "registration_id")).expect("an id")
}

async fn record(world: &World, registration: &Value) -> Registration {
    let id = id(registration);
    let read = world.api.env.store.registration_by_id(&id).await;
    read.expect("read").expect("there")
}

fn stack(number: u32) -> StackId {
    let arn = format!("arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-{number}/abc");
    StackId::parse(arn).expect("valid")
}

/// The stack passes its preflight now.
async fn start_stack(world: &World, registration: &Value, stack: &StackId) {
    let now = rolecall_domain::ports::Clock::now(&world.api.env.host);
    let occasion = Occasion::new(now, Actor::Stack, "preflight");
    let before = record(world, registration).await;
    let change: Change = register::start_stack(&before, Progress::of(stack, now), &occasion);
    world
        .api
        .env
        .store
        .commit(&change)
        .await
        .expect("committed");
}

async fn verify(world: &World, registration: &Value, stack_id: &StackId) {
    let since = rolecall_domain::ports::Clock::now(&world.api.env.host);
    let stack_id = stack_id.clone();
    let verification = Verification { stack_id, since };
    let (store, id) = (&world.api.env.store, id(registration));
    let noted = store.note_verification(&id, &verification).await;
    noted.expect("noted");
}

#[tokio::test]
async fn waiting_page_shows_what_the_link_asks_for_in_both_languages() {
    let world = world();
    let body = json!({
        "account_name": "Payments",
        "access": ["inventory"],
        "companion_roles": [{"kind": "ssm-hybrid"}],
        "return_url": "https://app.acme.example/done?id=7",
        "locale": "ja",
    });
    let (registration, token) = pending(&world, body).await;
    let page = connect_page(&world, &token).await;
    assert_eq!(page["state"], "waiting");
    assert_eq!(page["account_name"], "Payments");
    assert_eq!(page["hub_account_id"], "111111111111");
    for field in [
        "quick_create_url",
        "stack_name",
        "template_url",
        "expires_at",
        "region",
    ] {
        assert_eq!(page[field], registration[field], "{field}");
    }
    assert_eq!(page["return_url"], "https://app.acme.example/done?id=7");
    let nothing = ["progress", "last_attempt", "account"];
    assert!(nothing.iter().all(|field| page[field].is_null()), "{page}");
    // The registration's language, because the request has none.
    assert_eq!(page["brand"]["product_name"], "アクメクラウド");
    assert_eq!(page["access"][0]["title"], "説明");
    let mut event = page_event(&token, CONNECT, &Value::Null);
    event["headers"]["accept-language"] = json!("en");
    let english = world.api.handle(&event).await;
    let english: Value = serde_json::from_str(&english.body).expect("JSON");
    let brand = json!({
        "product_name": "Acme Cloud",
        "contact": "mailto:help@acme.example",
        "security_url": "https://acme.example/security",
        "logo_url": null,
        "logo_width": null,
        "logo_height": null,
        "accent_color": "#2f5bea",
        "language": "en",
    });
    assert_eq!(english["brand"], brand);
    let access = json!([{
        "name": "inventory",
        "title": "Some access",
        "explain": "Allows some actions.",
        "not": "Changes nothing.",
        "dangerous": false,
    }]);
    assert_eq!(english["access"], access);
    assert_eq!(english["companion_roles"][0]["kind"], "ssm-hybrid");
    let explain = text(&english["companion_roles"][0], "explain");
    assert!(explain.starts_with("Lets AWS Systems Manager"), "{explain}");
}

#[tokio::test]
async fn template_and_permissions_are_those_of_this_link() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let page = connect_page(&world, &token).await;
    let record = record(&world, &registration).await;
    let template = world.api.env.store.template(&record.template.template_id);
    let template = template.await.expect("read").expect("recorded");
    assert_eq!(page["template_sha256"], template.sha256());
    let file = world.api.bucket.template(&template.key()).expect("stored");
    assert_eq!(file, template.text());
    let asked = format!(
        "GET /v1/required-permissions?registration_id={}",
        record.registration_id
    );
    let tenants = world.expect(ACME, &asked, Value::Null, 200).await;
    assert_eq!(page["required_permissions"], tenants);
}

#[tokio::test]
async fn page_follows_a_stack_from_its_start_to_the_connection() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let pasted = world.stack(&registration, "222222222222");
    let running = pasted.stack_id.clone();
    start_stack(&world, &registration, &running).await;
    let page = connect_page(&world, &token).await;
    assert_eq!(page["state"], "stack_started");
    let progress = json!({
        "stack_id": running,
        "aws_account_id": "222222222222",
        "region": "us-east-1",
        "started_at": start(),
        "step": "stack_started",
    });
    assert_eq!(page["progress"], progress);
    world.wait(30_000);
    verify(&world, &registration, &running).await;
    let page = connect_page(&world, &token).await;
    assert_eq!(page["state"], "verifying");
    assert_eq!(page["progress"]["step"], "role_created");
    assert_eq!(page["progress"]["started_at"], json!(start()));

    world.build(&pasted);
    let account = world.complete(ACME, &registration, &pasted).await;
    // A reload, and another device.
    for _ in 0..2 {
        let page = connect_page(&world, &token).await;
        assert_eq!(page["state"], "connected");
        assert_eq!(page["progress"], Value::Null);
        assert_eq!(page["quick_create_url"], Value::Null);
        assert_eq!(page["account"]["aws_account_id"], "222222222222");
        assert_eq!(
            page["account"]["connected_at"],
            json!(account.registered_at)
        );
        let customer = super::token(&page["account"], "customer_url");
        assert_eq!(customer_page(&world, &customer).await["state"], "connected");
    }
}

/// Without a message, a stack that started is not shown forever.
#[tokio::test]
async fn stack_that_never_reports_again_is_shown_for_an_hour() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    start_stack(&world, &registration, &stack(1)).await;
    verify(&world, &registration, &stack(1)).await;
    let state = async || connect_page(&world, &token).await["state"].clone();
    assert_eq!(state().await, "verifying");
    world.wait(120_000);
    assert_eq!(state().await, "stack_started");
    world.wait(3_600_000);
    assert_eq!(state().await, "waiting");
}

#[tokio::test]
async fn refused_stack_is_explained_to_the_customer_and_the_next_link_is_ready() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let stack = world.stack(&registration, "222222222222");
    world.build(&stack);
    world
        .api
        .env
        .customers
        .change_role(&stack.role_arn, |role| {
            role.enforces_external_id = false;
        });
    let problem = expect(
        &world,
        &token,
        COMPLETE,
        json!({"stack_info": stack.line}),
        422,
    )
    .await;
    assert_eq!(problem["code"], "verification_failed");
    assert_eq!(problem.get("report"), None, "{problem}");
    let page = connect_page(&world, &token).await;
    assert_eq!(page["state"], "refused");
    let attempt = &page["last_attempt"];
    assert_eq!(attempt["code"], "verification_failed");
    assert_eq!(attempt["title"], "External ID is not enforced");
    let stack_id = stack.stack_id.as_str();
    assert_eq!(attempt["stack"]["stack_id"], stack_id);
    assert!(text(&attempt["stack"], "delete_command").contains("delete-stack"));
    let remedy = text(attempt, "remedy");
    assert!(!remedy.is_empty() && text(&problem, "detail").ends_with(&remedy));
    assert!(!text(attempt, "detail").is_empty());
    assert_eq!(attempt["checks"][0]["code"], "external_id_not_enforced");
    assert!(page["quick_create_url"].is_string(), "{page}");
    let mut event = page_event(&token, CONNECT, &Value::Null);
    event["headers"]["accept-language"] = json!("ja");
    let japanese = world.api.handle(&event).await;
    assert!(
        japanese.body.contains("外部IDが必須になっていない"),
        "{}",
        japanese.body
    );
}

/// Nothing is recorded, and the same output can be pasted again.
#[tokio::test]
async fn inconclusive_paste_can_be_repeated() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    let stack = world.stack(&registration, "222222222222");
    let body = json!({"stack_info": stack.line});
    let problem = expect(&world, &token, COMPLETE, body.clone(), 503).await;
    assert_eq!(problem["code"], "verification_inconclusive");
    let detail = text(&problem, "detail");
    assert!(!detail.contains("elete this stack"), "{detail}");
    world.build(&stack);
    world.wait(15_000);
    let page = expect(&world, &token, COMPLETE, body, 200).await;
    assert_eq!(page["state"], "connected");
}

#[tokio::test]
async fn pasted_output_connects_once_and_says_who_pasted() {
    let world = world();
    let (registration, token) = pending(&world, json!({"account_name": "Shop"})).await;
    let stack = world.stack(&registration, "222222222222");
    world.build(&stack);
    let body = json!({"stack_info": stack.line});
    let first = expect(&world, &token, COMPLETE, body.clone(), 200).await;
    assert_eq!(first["state"], "connected");
    let again = expect(&world, &token, COMPLETE, body, 200).await;
    assert_eq!(first["account"], again["account"]);
    let id = text(&registration, "registration_id");
    let asked = format!("GET /v1/registrations/{id}");
    let read = world.expect(ACME, &asked, Value::Null, 200).await;
    let account = text(&read, "account_id");
    let asked = format!("GET /v1/accounts/{account}/history");
    let history = world.expect(ACME, &asked, Value::Null, 200).await;
    let items = history["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["actor"], "customer");
}

#[tokio::test]
async fn ended_links_say_so_and_show_nothing_of_the_request() {
    let world = world();
    for end in ["revoked", "expired"] {
        let (registration, token) = pending(&world, json!({"account_name": "Secret name"})).await;
        if end == "revoked" {
            let id = text(&registration, "registration_id");
            let revoke = format!("DELETE /v1/registrations/{id}");
            world.expect(ACME, &revoke, Value::Null, 200).await;
        } else {
            world.wait(49 * 3_600_000);
        }
        let page = connect_page(&world, &token).await;
        assert_eq!(page["state"], end);
        assert_eq!(page["brand"]["contact"], "mailto:help@acme.example");
        for (field, value) in page.as_object().expect("an object") {
            let kept = [
                "state",
                "brand",
                "created_at",
                "expires_at",
                "locale",
                "region",
                "report_by",
                "hub_account_id",
                "stack_name",
            ]
            .contains(&field.as_str());
            let is_empty = value.is_null() || *value == json!([]);
            assert!(kept || is_empty, "{field}: {value}");
        }
        let stack = world.stack(&registration, "222222222222");
        let body = json!({"stack_info": stack.line});
        let problem = expect(&world, &token, COMPLETE, body, 409).await;
        assert_eq!(problem["code"], format!("registration_{end}"));
    }
}

/// The preflight decided about the expiration of a stack that has started.
#[tokio::test]
async fn stack_that_started_in_time_is_followed_past_the_expiration() {
    let world = world();
    let (registration, token) = pending(&world, json!({})).await;
    world.wait(48 * 3_600_000 - 60_000);
    start_stack(&world, &registration, &stack(1)).await;
    world.wait(120_000);
    let page = connect_page(&world, &token).await;
    assert_eq!(page["state"], "stack_started");
    assert_eq!(page["quick_create_url"], Value::Null);
}

#[tokio::test]
async fn page_ends_thirty_days_after_its_link() {
    let world = world();
    let (registration, connect) = pending(&world, json!({})).await;
    let end = record(&world, &registration).await.expires_at + SignedDuration::from_hours(24 * 30);
    let left = end.duration_since(start()).as_millis();
    world.wait(i64::try_from(left).expect("small") - 1);
    assert_eq!(connect_page(&world, &connect).await["state"], "expired");
    world.wait(1);
    let problem = expect(&world, &connect, CONNECT, Value::Null, 404).await;
    assert_eq!(problem["code"], "page_link_invalid");
}

#[tokio::test]
async fn return_url_must_have_an_allowed_origin() {
    let world = world();
    let group = world.group(ACME).await;
    let asked = format!("POST /v1/groups/{group}/registrations");
    for (url, code) in [
        ("https://app.acme.example.evil.example/", "not_allowed"),
        (
            "https://evil.example/?https://app.acme.example",
            "not_allowed",
        ),
        ("https://app.acme.example:8443/", "not_allowed"),
        ("http://app.acme.example/", "invalid"),
        ("https://app.acme.example@evil.example/", "invalid"),
        ("https://app.acme.example\\@evil.example/", "invalid"),
        ("https:/\\evil.example/", "invalid"),
        ("/\\evil.example", "invalid"),
        ("//evil.example/", "invalid"),
        ("https://\tevil.example/", "invalid"),
        (" https://app.acme.example/", "invalid"),
        ("https:\n//app.acme.example/", "invalid"),
        ("javascript:alert(1)//app.acme.example", "invalid"),
        ("javascript://app.acme.example/%0aalert(1)", "invalid"),
        ("data:text/html,x", "invalid"),
        ("", "invalid"),
    ] {
        let body = json!({"return_url": url});
        let problem = world.expect(ACME, &asked, body, 422).await;
        assert_eq!(problem["errors"][0]["field"], "return_url", "{url}");
        assert_eq!(problem["errors"][0]["code"], code, "{url}: {problem}");
    }
    let body = json!({"return_url": "HTTPS://App.Acme.Example:443/done#x"});
    let registration = world.registration(ACME, &group, body).await;
    let written = "https://app.acme.example/done#x";
    assert_eq!(registration["return_url"], written);
    // The operator no longer allows it.
    let page = token(&registration, "connect_url");
    assert_eq!(connect_page(&world, &page).await["return_url"], written);
    world
        .api
        .env
        .store
        .publish(rolecall_domain::template::Offering::default());
    assert_eq!(connect_page(&world, &page).await["return_url"], Value::Null);
}

#[tokio::test]
async fn page_names_the_only_account_that_the_link_connects() {
    let world = world();
    let (_, any) = pending(&world, json!({})).await;
    assert_eq!(
        connect_page(&world, &any).await["aws_account_id"],
        Value::Null
    );
    let pinned = json!({"aws_account_id": "222222222222"});
    let (_, pinned) = pending(&world, pinned).await;
    let page = connect_page(&world, &pinned).await;
    assert_eq!(page["aws_account_id"], "222222222222");
}
