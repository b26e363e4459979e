//! Another tenant's things are answered like things that never were.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use rolecall_local::client::{HubClient, NewRegistration};
use rolecall_local::http::HttpAnswer;
use rolecall_local::paths::Tree;
use rolecall_tests::answers::refused;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

/// A route of the template: `PATCH /v1/groups/{group_id}`.
struct Route {
    method: Method,
    path: String,
}

/// Every route that names something.
fn routes_with_ids() -> Result<Vec<Route>> {
    let template = std::fs::read_to_string(Tree::default().hub_template())?;
    let keys = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("RouteKey: "));
    let mut routes = Vec::new();
    for key in keys.filter(|key| key.contains('{')) {
        let (method, path) = key.split_once(' ').context("not a route")?;
        routes.push(Route {
            method: method.parse()?,
            path: path.to_owned(),
        });
    }
    ensure!(
        routes.len() >= 17,
        "only {} routes were found",
        routes.len()
    );
    Ok(routes)
}

/// What a route would do something with, and what it would refuse.
fn bodies(route: &Route, line: &str) -> Vec<Value> {
    let good = match (route.method.as_str(), route.path.rsplit('/').next()) {
        ("PATCH", _) => json!({"name": "Taken over"}),
        ("POST", Some("complete")) => json!({"stack_info": line}),
        ("POST", Some("dismiss")) => json!({"reason": "Taken over"}),
        ("POST", _) => json!({}),
        _ => return vec![Value::Null],
    };
    vec![good, json!({"unknown": 1})]
}

async fn ask(caller: &HubClient, route: &Route, ids: &Ids, body: &Value) -> Result<HttpAnswer> {
    let mut path = route.path.clone();
    for (name, id) in ids {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    ensure!(!path.contains('{'), "no id for {path}");
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    caller.raw(route.method.clone(), &path, &[], body).await
}

type Ids = BTreeMap<&'static str, String>;

fn ids(group: &str, registration: &str, account: &str, stack: &str) -> Ids {
    [
        ("group_id", group),
        ("registration_id", registration),
        ("account_id", account),
        ("orphaned_stack_id", stack),
    ]
    .map(|(name, id)| (name, id.to_owned()))
    .into()
}

/// All that a caller can see of an answer, but for what is new in each: status, headers, body.
type Seen = (u16, Vec<(String, String)>, Value);

fn seen(answer: &HttpAnswer) -> Result<Seen> {
    let mut body: Value = serde_json::from_slice(&answer.body)?;
    if let Some(fields) = body.as_object_mut() {
        ensure!(fields.remove("request_id").is_some(), "no request_id");
    }
    let own = |name: &str| {
        name.contains("request")
            || name.contains("amz")
            || name == "date"
            || name == "content-length"
    };
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !own(name.as_str()));
    let headers = headers.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    Ok((answer.status, headers, body))
}

#[tokio::test]
async fn every_route_answers_anothers_ids_like_unknown_ones() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    let active = world.connect().await?;
    let let_go = world.connect().await?;
    let gone = world.acme.deregister(&let_go.account.account_id).await?;
    let pending = world.register(&active.group).await?;
    let (_, line) = world.silent_stack(&world.stranger(), &pending).await?;
    let stack = &gone.orphaned_stack.orphaned_stack_id;
    let foreign = [
        ids(
            &active.group.group_id,
            &pending.registration_id,
            &active.account.account_id,
            stack,
        ),
        ids(
            &let_go.group.group_id,
            &active.registration.registration_id,
            &let_go.account.account_id,
            stack,
        ),
    ];
    let nobodys = |digit: &str| {
        let id = |prefix: &str| format!("{prefix}_{}", digit.repeat(32));
        ids(&id("grp"), &id("reg"), &id("acc"), &id("stk"))
    };
    for route in routes_with_ids()? {
        for body in bodies(&route, &line) {
            let unknown = seen(&ask(&stranger, &route, &nobodys("0"), &body).await?)?;
            let what = format!("{} {} {body}", route.method, route.path);
            assert!([404, 422].contains(&unknown.0), "{what}: {unknown:?}");
            let other = seen(&ask(&stranger, &route, &nobodys("f"), &body).await?)?;
            assert_eq!(other, unknown, "{what}");
            for ids in &foreign {
                let foreign = seen(&ask(&stranger, &route, ids, &body).await?)?;
                assert_eq!(foreign, unknown, "{what}");
            }
        }
    }

    // None of it did anything.
    let account = world.acme.account(&active.account.account_id).await?;
    assert_eq!(
        (account.status, account.name),
        ("active".to_owned(), active.account.name)
    );
    let entry = world.acme.orphaned_stack(stack).await?;
    assert_eq!(entry.status, "orphaned");
    let registration = world.acme.registration(&pending.registration_id).await?;
    assert_eq!(json!(registration), json!(pending));
    let group = world.acme.group(&active.group.group_id).await?;
    assert_eq!(group.name, active.group.name);
    Ok(())
}

#[tokio::test]
async fn lists_hold_nothing_of_another_tenants() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    let connected = world.connect().await?;
    world.acme.deregister(&connected.account.account_id).await?;
    assert!(stranger.groups().await?.items.is_empty());
    assert!(stranger.orphaned_stacks(None).await?.items.is_empty());
    for status in ["orphaned", "deleting", "gone", "dismissed"] {
        assert!(
            stranger
                .orphaned_stacks(Some(status))
                .await?
                .items
                .is_empty()
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_cursor_or_a_key_of_another_tenants_is_like_an_unknown_one() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    world.group().await?;
    world.group().await?;
    let get = async |caller: &HubClient, path: String| -> Result<HttpAnswer> {
        caller.raw(Method::GET, &path, &[], Vec::new()).await
    };
    let page = get(&world.acme, "/v1/groups?limit=1".to_owned()).await?;
    let page: Value = serde_json::from_slice(&page.body)?;
    let cursor = page["next_cursor"].as_str().context("no cursor")?;
    let foreign = get(&stranger, format!("/v1/groups?cursor={cursor}")).await?;
    let unknown = get(&stranger, "/v1/groups?cursor=unknown".to_owned()).await?;
    assert_eq!(seen(&foreign)?, seen(&unknown)?);

    let key = unique("key");
    let make = async |caller: &HubClient, name: &str| -> Result<HttpAnswer> {
        let headers = [("idempotency-key", key.as_str())];
        let body = json!({"name": name, "color": "#112233"})
            .to_string()
            .into_bytes();
        caller.raw(Method::POST, "/v1/groups", &headers, body).await
    };
    assert_eq!(make(&world.acme, "Acme's").await?.status, 201);
    assert_eq!(make(&stranger, "Another's").await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_line_of_another_tenants_is_like_one_of_nobodys() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    let registration = world.register(&world.group().await?).await?;
    let (_, line) = world.silent_stack(&world.stranger(), &registration).await?;
    let group = stranger.create_group("Own", "#112233").await?;
    let own = stranger
        .register(&group.group_id, &NewRegistration::default())
        .await?;
    let id = &own.registration_id;
    let text = String::from_utf8(STANDARD.decode(&line)?)?;
    let unknown = format!("reg_{}", "0".repeat(32));
    let unknown = STANDARD.encode(text.replace(&registration.registration_id, &unknown));
    let mut details = Vec::new();
    for line in [&line, &unknown] {
        let problem = refused(
            stranger.complete(id, line, None).await,
            422,
            "stack_info_other_registration",
        );
        details.push(problem.detail);
    }
    assert_eq!(details[0], details[1]);
    // The account is still free for its own registration.
    let account = world
        .acme
        .complete(&registration.registration_id, &line, None)
        .await?;
    assert_eq!(account.status, "active");
    Ok(())
}
