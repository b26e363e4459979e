//! Requests for another tenant's resources get the same response as requests for unknown ones.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use rolecall_client::http::HttpAnswer;
use rolecall_client::{HubClient, NewRegistration};
use rolecall_tests::answers::refused;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::isolation::routes::{self, Ids, Route, ids, unknown_ids};

async fn ask(caller: &HubClient, route: &Route, ids: &Ids, body: &Value) -> Result<HttpAnswer> {
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    Ok(caller
        .raw(route.method.parse()?, &route.at(ids)?, &[], body)
        .await?)
}

/// Everything that a caller can see in a response, except for values that differ every time.
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
async fn foreign_ids_get_the_same_response_as_unknown_ids() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    let active = world.connect().await?;
    let deregistered = world.connect().await?;
    let gone = world
        .acme
        .deregister(&deregistered.account.account_id)
        .await?;
    let pending = world.register(&active.group).await?;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &pending)
        .await?;
    let stack = &gone.orphaned_stack.orphaned_stack_id;
    let foreign = [
        ids(
            &active.group.group_id,
            &pending.registration_id,
            &active.account.account_id,
            stack,
        ),
        ids(
            &deregistered.group.group_id,
            &active.registration.registration_id,
            &deregistered.account.account_id,
            stack,
        ),
    ];
    for route in routes::all()?.into_iter().filter(Route::has_ids) {
        for body in route.bodies(&line) {
            let unknown = seen(&ask(&stranger, &route, &unknown_ids("0"), &body).await?)?;
            let what = format!("{} {body}", route.name());
            assert!([404, 422].contains(&unknown.0), "{what}: {unknown:?}");
            let other = seen(&ask(&stranger, &route, &unknown_ids("f"), &body).await?)?;
            assert_eq!(other, unknown, "{what}");
            for ids in &foreign {
                let foreign = seen(&ask(&stranger, &route, ids, &body).await?)?;
                assert_eq!(foreign, unknown, "{what}");
            }
        }
    }

    // None of the requests changed anything.
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
async fn lists_contain_nothing_of_another_tenant() -> Result<()> {
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
async fn cursor_and_key_of_another_tenant_are_treated_as_unknown() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    world.group().await?;
    world.group().await?;
    let get = async |caller: &HubClient, path: String| -> Result<HttpAnswer> {
        Ok(caller.raw(Method::GET, &path, &[], Vec::new()).await?)
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
        Ok(caller
            .raw(Method::POST, "/v1/groups", &headers, body)
            .await?)
    };
    assert_eq!(make(&world.acme, "Acme's").await?.status, 201);
    assert_eq!(make(&stranger, "Another's").await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn stack_info_of_another_tenant_is_treated_as_unknown() -> Result<()> {
    let world = World::find().await?;
    let (stranger, _) = world.new_tenant().await?;
    let registration = world.register(&world.group().await?).await?;
    let (_, line) = world
        .stack_without_callback(&world.customer(), &registration)
        .await?;
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
    // The registration's own tenant can still connect the account.
    let account = world
        .acme
        .complete(&registration.registration_id, &line, None)
        .await?;
    assert_eq!(account.status, "active");
    Ok(())
}
