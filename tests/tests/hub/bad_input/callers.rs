//! Unauthenticated callers, callers without a tenant, and limits for one tenant.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rolecall_client::{HubClient, NewRegistration};
use rolecall_tests::answers::problem;
use rolecall_tests::table::Item;
use rolecall_tests::tenants::sign_in;
use rolecall_tests::world::{World, unique};

async fn status(caller: &HubClient) -> Result<u16> {
    Ok(caller
        .raw(Method::GET, "/v1/groups", &[], Vec::new())
        .await?
        .status)
}

#[tokio::test]
async fn gateway_rejects_missing_or_invalid_token() -> Result<()> {
    let world = World::find().await?;
    let good = world.hub.file().tokens["acme"].clone();
    let (head, signature) = good.rsplit_once('.').context("a token has parts")?;
    let other = world.hub.file().tokens["globex"].clone();
    let (_, other) = other.rsplit_once('.').context("a token has parts")?;
    let tokens = [
        None,
        Some("".to_owned()),
        Some("nonsense".to_owned()),
        Some(head.to_owned()),
        Some(format!("{head}.{other}")),
        Some(format!(
            "{head}.{}",
            signature.chars().rev().collect::<String>()
        )),
    ];
    for token in tokens {
        let caller = world.hub.caller(token.as_deref());
        assert_eq!(status(&caller).await?, 401);
    }
    assert_eq!(status(&world.acme).await?, 200);
    Ok(())
}

/// The gateway's route for the whole API has the authorizer, for every path and method.
#[tokio::test]
async fn gateway_rejects_every_path_and_method_without_valid_token() -> Result<()> {
    let world = World::find().await?;
    let paths = [
        "/v1/groups",
        "/v1/accounts/acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b/checks",
        "/v1/nothing",
        "/v1/nothing/at/all",
    ];
    // The emulator's gateway answers OPTIONS itself.
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    for token in [None, Some("nonsense")] {
        let caller = world.hub.caller(token);
        for path in paths {
            for method in methods {
                let answer = caller.raw(method.parse()?, path, &[], Vec::new()).await?;
                let text = answer.text();
                assert_eq!(answer.status, 401, "{method} {path}: {text}");
                assert_eq!(answer.header("allow"), None, "{method} {path}");
                assert!(!text.contains("\"code\""), "the function answered: {text}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn unknown_path_is_404_and_unsupported_method_is_405() -> Result<()> {
    let world = World::find().await?;
    let ask = async |method: Method, path: &str| {
        let answer = world.acme.raw(method, path, &[], Vec::new()).await;
        answer.map(|answer| (answer.header("allow").map(str::to_owned), answer))
    };
    for path in ["/v1/nothing", "/v1/groups/", "/v1/Groups"] {
        let (allow, answer) = ask(Method::GET, path).await?;
        problem(&answer, 404, "not_found");
        assert_eq!(allow, None, "{path}");
    }
    let account = "/v1/accounts/acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/groups".to_owned(), "POST, GET"),
        (Method::POST, account.to_owned(), "GET, PATCH, DELETE"),
        // The gateway has a separate route for the other method only.
        (Method::GET, format!("{account}/checks"), "POST"),
    ] {
        let (allow, answer) = ask(method, &path).await?;
        problem(&answer, 405, "method_not_allowed");
        assert_eq!(allow.as_deref(), Some(allowed), "{path}");
    }
    // The console has the other paths.
    let (_, answer) = ask(Method::GET, "/v2/groups").await?;
    assert_eq!(answer.status, 404);
    let text = answer.text();
    assert!(
        text.starts_with("<!DOCTYPE html>"),
        "the API answered: {text}"
    );
    Ok(())
}

#[tokio::test]
async fn caller_without_tenant_gets_tenant_missing() -> Result<()> {
    let world = World::find().await?;
    let without_tenant = sign_in(&world.hub, None).await?;
    let acmes = sign_in(&world.hub, Some("acme")).await?;
    let too_long = sign_in(&world.hub, Some(&"x".repeat(64))).await?;
    let unfit = sign_in(&world.hub, Some("acme#GROUP")).await?;
    // Access tokens contain no tenant, even for users who have one.
    for token in [
        &without_tenant.id,
        &without_tenant.access,
        &acmes.access,
        &unfit.id,
    ] {
        let caller = world.hub.caller(Some(token));
        for (method, path) in [
            (Method::GET, "/v1/groups"),
            (Method::POST, "/v1/groups"),
            (Method::GET, "/v1/required-permissions"),
        ] {
            let answer = caller.raw(method, path, &[], Vec::new()).await?;
            problem(&answer, 403, "tenant_missing");
        }
    }
    assert_eq!(status(&world.hub.caller(Some(&too_long.id))).await?, 200);
    Ok(())
}

#[tokio::test]
async fn tenant_is_limited_to_a_thousand_pending_registrations() -> Result<()> {
    let world = World::find().await?;
    let (caller, tenant) = world.new_tenant().await?;
    let group = caller.create_group("Many", "#112233").await?;
    let first = caller
        .register(&group.group_id, &NewRegistration::default())
        .await?;
    // The other registrations are only counted here: creating all of them would take minutes.
    let pending = (1..1000).map(|number| {
        let id = format!("reg_{number:032x}");
        let sk = format!("PENDING#{}#{id}", group.group_id);
        let text = |text: String| AttributeValue::S(text);
        Item::from([
            ("pk".to_owned(), text(format!("TENANT#{tenant}"))),
            ("sk".to_owned(), text(sk)),
        ])
    });
    world.put_items(pending.collect()).await?;
    let path = format!("/v1/groups/{}/registrations", group.group_id);
    let answer = caller.raw(Method::POST, &path, &[], Vec::new()).await?;
    problem(&answer, 429, "rate_limited");
    let seconds = answer.header("retry-after").context("no Retry-After")?;
    assert!(seconds.parse::<u32>()? > 0);
    // Other tenants are not limited, and revoking a registration makes room for another.
    world.register(&world.group().await?).await?;
    caller.revoke(&first.registration_id).await?;
    caller
        .register(&group.group_id, &NewRegistration::named(&unique("room")))
        .await?;
    Ok(())
}
