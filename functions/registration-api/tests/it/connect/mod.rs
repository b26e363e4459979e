//! `/connect/v1`: the data and the actions that are available with the link to a page.

mod accounts;
mod attacks;
mod registrations;

use crate::access::{profile, words};
use crate::world::{ACME, World, event, hub, text};
use registration_api::Response;
use rolecall_domain::brand::{Brand, Contact, HttpsLink, Origin, Product};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::ports::Records;
use rolecall_testing::offering;
use serde_json::{Value, json};

pub(super) const CONNECT: &str = "GET /connect/v1/registration";
pub(super) const COMPLETE: &str = "POST /connect/v1/registration/complete";
pub(super) const CUSTOMER: &str = "GET /connect/v1/account";
pub(super) const RECEIPTS: &str = "GET /connect/v1/account/receipts";

/// The last part of a page's address.
pub(super) fn token(view: &Value, field: &str) -> String {
    let url = text(view, field);
    let page = url
        .strip_prefix("https://hub.example/connect/")
        .or_else(|| url.strip_prefix("https://hub.example/customer/"));
    page.expect("a page's address").to_owned()
}

/// A request of someone without a login.
pub(super) fn page_event(token: &str, asked: &str, body: &Value) -> Value {
    let mut event = event("", asked, body);
    event["requestContext"]["authorizer"] = Value::Null;
    event["headers"]["rolecall-page-token"] = json!(token);
    event
}

pub(super) async fn ask(world: &World, token: &str, asked: &str, body: &Value) -> Response {
    world.api.handle(&page_event(token, asked, body)).await
}

pub(super) async fn expect(
    world: &World,
    token: &str,
    asked: &str,
    body: Value,
    status: u16,
) -> Value {
    let response = ask(world, token, asked, &body).await;
    assert_eq!(response.status_code, status, "{asked}: {}", response.body);
    assert_eq!(response.headers["cache-control"], "no-store");
    serde_json::from_str(&response.body).expect("JSON")
}

/// The data of the connect page.
pub(super) async fn connect_page(world: &World, token: &str) -> Value {
    expect(world, token, CONNECT, Value::Null, 200).await
}

pub(super) async fn customer_page(world: &World, token: &str) -> Value {
    expect(world, token, CUSTOMER, Value::Null, 200).await
}

/// A hub whose operator published a brand and two access profiles.
pub(super) fn world() -> World {
    let mut inventory = profile(&["ec2:DescribeInstances"]);
    inventory["not"] = words("Changes nothing.");
    let profiles = json!({"inventory": inventory, "backup": profile(&["ec2:CreateSnapshot"])});
    let file = json!({"profiles": profiles, "default": []});
    let mut offering = offering(&hub(), &file);
    offering.brand = Brand {
        product: Product {
            en: "Acme Cloud".to_owned(),
            ja: "アクメクラウド".to_owned(),
            ..Brand::default().product
        },
        contact: Some(Contact::parse("mailto:help@acme.example").expect("valid")),
        security_page: Some(HttpsLink::parse("https://acme.example/security").expect("valid")),
        return_origins: vec![Origin::parse("https://app.acme.example").expect("valid")],
        ..Brand::default()
    };
    let world = World::new();
    world.api.env.store.publish(offering);
    world
}

/// A pending registration and the token of its page.
pub(super) async fn pending(world: &World, body: Value) -> (Value, String) {
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, body).await;
    let token = token(&registration, "connect_url");
    (registration, token)
}

/// A connected account whose stack gives the access profile `inventory`.
pub(super) async fn with_access(world: &World) -> Value {
    let body = json!({"access": ["inventory"], "companion_roles": []});
    let (registration, _) = pending(world, body).await;
    let stack = world.stack(&registration, "222222222222");
    world.build(&stack);
    let id = TemplateId::parse(text(&registration, "template_id")).expect("an id");
    let template = world.api.env.store.template(&id).await.expect("read");
    let template = template.expect("recorded");
    let customers = &world.api.env.customers;
    customers.change_role(&stack.role_arn, |role| role.get_access(&template));
    let account = world.complete(ACME, &registration, &stack).await;
    let asked = format!("GET /v1/accounts/{}", account.account_id);
    world.expect(ACME, &asked, Value::Null, 200).await
}

/// A connected account, as the tenant sees it.
pub(super) async fn connected(world: &World) -> Value {
    let (account, _) = world.connect(ACME).await;
    let asked = format!("GET /v1/accounts/{}", account.account_id);
    world.expect(ACME, &asked, Value::Null, 200).await
}
