//! Groups that are not empty, and unknown ids.

use anyhow::Result;
use http::Method;
use rolecall_client::NewRegistration;
use rolecall_tests::answers::{problem, refused};
use rolecall_tests::world::World;
use serde_json::json;

#[tokio::test]
async fn only_empty_group_can_be_deleted() -> Result<()> {
    let world = World::find().await?;
    let (acme, group) = (&world.acme, world.group().await?);
    let id = group.group_id.clone();
    let pending = world.register(&group).await?;
    refused(acme.delete_group(&id).await, 409, "group_not_empty");
    let registration = world.register(&group).await?;
    let connected = world
        .connect_by(&world.customer(), group, &registration)
        .await?;
    acme.revoke(&pending.registration_id).await?;
    refused(acme.delete_group(&id).await, 409, "group_not_empty");
    connected.customer.delete(&connected.stack.stack_id).await?;
    refused(acme.delete_group(&id).await, 409, "group_not_empty");
    // A rejected deletion leaves the group usable.
    let again = acme.register(&id, &NewRegistration::default()).await?;
    acme.revoke(&again.registration_id).await?;
    acme.deregister(&connected.account.account_id).await?;
    acme.delete_group(&id).await?;

    refused(acme.group(&id).await, 404, "not_found");
    // A repeated deletion succeeds for the tenant; other tenants can't learn that the group
    // existed.
    acme.delete_group(&id).await?;
    refused(world.globex.delete_group(&id).await, 404, "not_found");
    refused(
        acme.change_group(&id, &json!({"name": "x"})).await,
        404,
        "not_found",
    );
    refused(
        acme.register(&id, &NewRegistration::default()).await,
        404,
        "not_found",
    );
    refused(acme.accounts(&id).await, 404, "not_found");
    refused(acme.registrations(&id).await, 404, "not_found");
    // The group's accounts remain.
    let account = acme.account(&connected.account.account_id).await?;
    assert_eq!(account.status, "deregistered");
    Ok(())
}

#[tokio::test]
async fn registration_and_deletion_of_its_group_never_both_succeed() -> Result<()> {
    let world = World::find().await?;
    for _ in 0..5 {
        let group = world.group().await?;
        let id = &group.group_id;
        let input = NewRegistration::default();
        let (deleted, made) =
            tokio::join!(world.acme.delete_group(id), world.acme.register(id, &input));
        match (deleted, made) {
            (Ok(()), made) => {
                let error = made.expect_err("a registration in a deleted group");
                assert!(
                    matches!(error.code(), Some("not_found" | "conflict")),
                    "{error}"
                );
                refused(world.acme.group(id).await, 404, "not_found");
            }
            (Err(error), made) => {
                assert_eq!(error.code(), Some("group_not_empty"), "{error}");
                let made = made?;
                assert_eq!(
                    world.acme.registration(&made.registration_id).await?.status,
                    "pending"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn malformed_id_is_not_found() -> Result<()> {
    let world = World::find().await?;
    let zeros = "0".repeat(32);
    let wrong = [
        "x".to_owned(),
        "%20".to_owned(),
        "..%2F..%2Fx".to_owned(),
        "%E6%BC%A2".to_owned(),
        format!("acc_{zeros}"),
        format!("grp_{zeros}"),
        format!("GRP_{zeros}"),
        format!("grp_{zeros}0"),
        format!("grp_{}", "x".repeat(32)),
        format!("grp_{zeros}%23ACCOUNT"),
    ];
    for id in wrong {
        for path in ["groups", "registrations", "accounts", "orphaned-stacks"] {
            for (method, rest) in [
                (Method::GET, ""),
                (Method::DELETE, ""),
                (Method::GET, "/history"),
            ] {
                let has_other_methods =
                    path == "orphaned-stacks" && method == Method::DELETE && !id.contains("%2F");
                let path = format!("/v1/{path}/{id}{rest}");
                let answer = world.acme.raw(method, &path, &[], Vec::new()).await?;
                if has_other_methods {
                    problem(&answer, 405, "method_not_allowed");
                } else {
                    problem(&answer, 404, "not_found");
                }
            }
        }
    }
    Ok(())
}
