//! The pages that need no sign-in, through the deployed API: a customer connects an account, follows the
//! progress, and sees the result.

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use http::Method;
use rolecall_client::http::HttpAnswer;
use rolecall_client::{HubClient, NewRegistration, QuickCreateLink, Registration};
use rolecall_domain::link::template::TemplateId;
use rolecall_local::wait::until;
use rolecall_tests::world::{SOON, World};
use serde_json::{Value, json};

use crate::openapi::contract::Contract;

const CONNECT: &str = "GET /connect/v1/registration";
const COMPLETE: &str = "POST /connect/v1/registration/complete";
const CUSTOMER: &str = "GET /connect/v1/account";
const RECEIPTS: &str = "GET /connect/v1/account/receipts";

/// Someone with a page's link and nothing else.
struct Visitor {
    hub: HubClient,
    token: String,
    contract: Contract,
}

impl Visitor {
    fn with(world: &World, url: Option<&str>) -> Result<Self> {
        let url = url.context("no page")?;
        let (_, token) = url.rsplit_once('/').context("no token")?;
        Ok(Self {
            hub: world.hub.caller(None),
            token: token.to_owned(),
            contract: Contract::load(),
        })
    }

    /// Every response must match the contract.
    async fn ask(&self, asked: &str, body: &Value) -> Result<HttpAnswer> {
        let (method, path) = asked.split_once(' ').context("no method")?;
        let method = Method::from_bytes(method.as_bytes())?;
        let headers = [("rolecall-page-token", self.token.as_str())];
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let answer = self.hub.raw(method, path, &headers, body).await?;
        let route = asked.split('?').next().unwrap_or_default();
        let operation = &self.contract.public_operations()[route];
        let objection = self.contract.objection(operation, &answer);
        ensure!(
            objection.is_none(),
            "{asked}: {objection:?} {}",
            answer.text()
        );
        Ok(answer)
    }

    async fn expect(&self, asked: &str, body: Value, status: u16) -> Result<Value> {
        let answer = self.ask(asked, &body).await?;
        ensure!(
            answer.status == status,
            "{asked}: {} {}",
            answer.status,
            answer.text()
        );
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The page, unless it was read too often just now.
    async fn look(&self, asked: &str) -> Result<Option<Value>> {
        let answer = self.ask(asked, &Value::Null).await?;
        ensure!([200, 429].contains(&answer.status), "{}", answer.text());
        let page = serde_json::from_slice(&answer.body)?;
        Ok((answer.status == 200).then_some(page))
    }

    async fn page(&self) -> Result<Value> {
        self.expect(CONNECT, Value::Null, 200).await
    }

    async fn customer(&self) -> Result<Value> {
        self.expect(CUSTOMER, Value::Null, 200).await
    }
}

async fn registered(world: &World) -> Result<(Registration, Visitor)> {
    let group = world.group().await?;
    let input = NewRegistration::named("Payments");
    let registration = world.acme.register(&group.group_id, &input).await?;
    let visitor = Visitor::with(world, registration.connect_url.as_deref())?;
    Ok((registration, visitor))
}

fn link(page: &Value) -> Result<QuickCreateLink> {
    Ok(QuickCreateLink::parse(
        page["quick_create_url"].as_str().context("no link")?,
    )?)
}

#[tokio::test]
async fn customer_connects_from_the_page_while_another_device_watches() -> Result<()> {
    let world = World::find().await?;
    let (registration, visitor) = registered(&world).await?;
    let page = visitor.page().await?;
    assert_eq!(page["state"], "waiting");
    assert_eq!(page["account_name"], "Payments");
    assert_eq!(page["stack_name"], registration.stack_name);
    let link = link(&page)?;
    assert_eq!(link, registration.link()?);
    // The file is the one whose hash the page shows.
    let customer = world.customer();
    let template = customer.fetch_template(&link.template_url).await?;
    assert_eq!(page["template_sha256"], sha256(&template));

    let other = Visitor::with(&world, registration.connect_url.as_deref())?;
    let stack_id = customer.create(&link).await?;
    let order = ["waiting", "stack_started", "verifying", "connected"];
    let mut last = 0;
    let connected = until("the page says so", SOON, async || {
        let Some(page) = other.look(CONNECT).await? else {
            return Ok(None);
        };
        let at = order.iter().position(|state| page["state"] == *state);
        let at = at.with_context(|| format!("unexpected state: {page}"))?;
        ensure!(at >= last, "the page went back: {page}");
        last = at;
        Ok((at == order.len() - 1).then_some(page))
    });
    let connected = connected.await?;
    let stack = customer.settled(&stack_id).await?;
    ensure!(stack.is_complete(), "{}", stack.status);
    assert_eq!(
        connected["account"]["aws_account_id"],
        customer.account_id()
    );
    // A reload, and the first device.
    assert_eq!(other.page().await?, connected);
    assert_eq!(visitor.page().await?, connected);

    let url = connected["account"]["customer_url"].as_str();
    let page = Visitor::with(&world, url)?.customer().await?;
    assert_eq!(page["state"], "connected");
    assert_eq!(page["name"], "Payments");
    assert_eq!(page["stack_id"], json!(stack_id));
    Ok(())
}

/// A template's ID is the SHA-256 of a text.
fn sha256(text: &str) -> String {
    TemplateId::of(text).to_string()
}

#[tokio::test]
async fn refused_stack_is_explained_and_the_next_link_connects() -> Result<()> {
    let world = World::find().await?;
    let (_, visitor) = registered(&world).await?;
    let customer = world.customer();
    let mut edited = link(&visitor.page().await?)?;
    edited.parameters.insert(
        "ExternalId".to_owned(),
        "edited-by-hand-0123456789".to_owned(),
    );
    let failed = customer.create(&edited).await?;
    ensure!(!customer.settled(&failed).await?.is_complete());
    let page = visitor.page().await?;
    assert_eq!(page["state"], "refused", "{page}");
    let attempt = &page["last_attempt"];
    assert_eq!(
        attempt["title"],
        "External ID does not match the registration"
    );
    assert_eq!(attempt["stack"]["stack_id"], json!(failed));
    let command = attempt["stack"]["delete_command"].as_str();
    ensure!(
        command.is_some_and(|it| it.contains("delete-stack")),
        "{attempt}"
    );
    let next = link(&page)?;
    assert_ne!(next.stack_name, edited.stack_name);
    let stack = customer.create(&next).await?;
    ensure!(customer.settled(&stack).await?.is_complete());
    assert_eq!(visitor.page().await?["state"], "connected");
    Ok(())
}

#[tokio::test]
async fn output_pasted_by_two_people_at_once_connects_one_account() -> Result<()> {
    let world = World::find().await?;
    let (registration, visitor) = registered(&world).await?;
    let customer = world.customer();
    let torn = json!({"stack_info": "bm90IG91cnM="});
    let problem = visitor.expect(COMPLETE, torn, 422).await?;
    assert_eq!(problem["code"], "stack_info_invalid");
    let (_, line) = world
        .stack_without_callback(&customer, &registration)
        .await?;
    let body = json!({"stack_info": line});
    let both = (0..2).map(|_| visitor.expect(COMPLETE, body.clone(), 200));
    let pages = try_join_all(both).await?;
    assert_eq!(pages[0]["state"], "connected");
    assert_eq!(pages[0]["account"], pages[1]["account"]);
    let id = &registration.registration_id;
    let account = world.acme.registration(id).await?.account_id;
    let account = account.context("no account")?;
    let path = format!("/v1/accounts/{account}/history");
    let history = world.acme.raw(Method::GET, &path, &[], Vec::new()).await?;
    let history: Value = serde_json::from_slice(&history.body)?;
    assert_eq!(history["items"][0]["actor"], "customer", "{history}");
    Ok(())
}

#[tokio::test]
async fn revoked_link_says_so_and_its_page_still_opens() -> Result<()> {
    let world = World::find().await?;
    let (registration, visitor) = registered(&world).await?;
    world.acme.revoke(&registration.registration_id).await?;
    let page = visitor.page().await?;
    assert_eq!(page["state"], "revoked");
    for field in ["account_name", "quick_create_url", "required_permissions"] {
        assert_eq!(page[field], Value::Null, "{field}");
    }
    Ok(())
}

#[tokio::test]
async fn token_of_another_record_or_tenant_opens_nothing_else() -> Result<()> {
    let world = World::find().await?;
    let (mine, visitor) = registered(&world).await?;
    let group = world.globex.create_group("Theirs", "#112233").await?;
    let input = NewRegistration::default();
    let theirs = world.globex.register(&group.group_id, &input).await?;
    let (_, secret) = visitor.token.rsplit_once('.').context("two parts")?;
    let registration_token = &mine.link()?.parameters["RegistrationToken"];
    for token in [
        format!("{}.{secret}", theirs.registration_id),
        format!("acc_{}.0.{secret}", "0".repeat(32)),
        registration_token.clone(),
        "x".to_owned(),
    ] {
        let forged = Visitor {
            hub: world.hub.caller(None),
            token,
            contract: Contract::load(),
        };
        for asked in [CONNECT, CUSTOMER, RECEIPTS] {
            let problem = forged.expect(asked, Value::Null, 404).await?;
            assert_eq!(problem["code"], "page_link_invalid");
        }
        let body = json!({"stack_info": "x"});
        forged.expect(COMPLETE, body, 404).await?;
    }
    // A page's token is no login, and a login opens no page.
    let headers = [("authorization", visitor.token.as_str())];
    let asked = world.hub.caller(None);
    let asked = asked.raw(Method::GET, "/v1/groups", &headers, Vec::new());
    assert_eq!(asked.await?.status, 401);
    let path = "/connect/v1/registration";
    let answer = world.acme.raw(Method::GET, path, &[], Vec::new()).await?;
    assert_eq!(answer.status, 404);
    Ok(())
}

#[tokio::test]
async fn customer_page_follows_a_deregistration_until_the_stack_is_gone() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let id = &connected.account.account_id;
    let visitor = Visitor::with(&world, connected.account.customer_url.as_deref())?;
    assert_eq!(visitor.customer().await?["state"], "connected");
    let receipts = visitor.expect(RECEIPTS, Value::Null, 200).await?;
    assert_eq!(receipts, json!({"items": [], "next_cursor": null}));
    world.acme.deregister(id).await?;
    let page = visitor.customer().await?;
    assert_eq!(page["state"], "deregistered");
    let command = page["orphaned_stack"]["delete_command"].as_str();
    ensure!(
        command.is_some_and(|it| it.contains("delete-stack")),
        "{page}"
    );
    connected.customer.delete(&connected.stack.stack_id).await?;
    until("the deletion is proven", SOON, async || {
        world.hub.tick().await?;
        let page = visitor.look(CUSTOMER).await?;
        Ok(page.filter(|page| page["state"] == "gone").map(drop))
    })
    .await
}

#[tokio::test]
async fn renewed_customer_link_ends_the_former_one() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let former = Visitor::with(&world, connected.account.customer_url.as_deref())?;
    let path = format!(
        "/v1/accounts/{}/customer-link",
        connected.account.account_id
    );
    let renewed = world.acme.raw(Method::POST, &path, &[], b"{}".to_vec());
    let renewed: Value = serde_json::from_slice(&renewed.await?.body)?;
    let current = Visitor::with(&world, renewed["customer_url"].as_str())?;
    for asked in [CUSTOMER, RECEIPTS] {
        former.expect(asked, Value::Null, 404).await?;
        current.expect(asked, Value::Null, 200).await?;
    }
    Ok(())
}

#[tokio::test]
async fn page_has_a_budget_and_says_when_to_retry() -> Result<()> {
    let world = World::find().await?;
    let (_, visitor) = registered(&world).await?;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let asked = (0..40).map(|_| visitor.ask(CONNECT, &Value::Null));
        let answers = try_join_all(asked).await?;
        statuses.extend(answers.iter().map(|answer| answer.status));
        if statuses.contains(&429) {
            break;
        }
    }
    ensure!(statuses.contains(&429), "never limited: {statuses:?}");
    Ok(())
}

/// The hub's operator has allowed no origins.
#[tokio::test]
async fn return_url_of_any_origin_is_rejected_without_permission() -> Result<()> {
    let world = World::find().await?;
    let group = world.group().await?;
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    for url in [
        "https://app.acme.example/done",
        "https://example.com",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let body = json!({"return_url": url}).to_string().into_bytes();
        let answer = world.acme.raw(Method::POST, &path, &[], body).await?;
        assert_eq!(answer.status, 422, "{url}: {}", answer.text());
        let problem: Value = serde_json::from_slice(&answer.body)?;
        assert_eq!(problem["errors"][0]["field"], "return_url");
    }
    Ok(())
}
