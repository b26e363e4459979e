//! A few rounds through the whole system: API Gateway, the deployed functions and the emulator's
//! table.

use anyhow::{Context, Result, ensure};
use futures_util::{join, try_join};
use http::Method;
use rolecall_aws::table::Table;
use rolecall_client::{HubClient, NewRegistration};
use rolecall_tests::world::World;
use serde_json::Value;

use rolecall_tests::books::Books;

const ROUNDS: usize = 4;

async fn books(world: &World, tenant: &str) -> Result<Books> {
    let aws = world.aws(world.hub_account_id())?;
    let table = Table::new(aws.dynamodb(), &world.hub.file().table_name);
    Books::read_consistent(&table, tenant).await
}

/// A new tenant with one registration, and the stack info line that its stack shows.
struct Pending {
    caller: HubClient,
    tenant: String,
    id: String,
    line: String,
}

impl Pending {
    async fn begin(world: &World) -> Result<Self> {
        let (caller, tenant) = world.new_tenant().await?;
        let group = caller.create_group("Group", "#112233").await?;
        let registration = caller
            .register(&group.group_id, &NewRegistration::default())
            .await?;
        let (_, line) = world
            .stack_without_callback(&world.customer(), &registration)
            .await?;
        Ok(Self {
            caller,
            tenant,
            id: registration.registration_id,
            line,
        })
    }
}

#[tokio::test]
async fn duplicate_pastes_checks_and_deregistrations_take_effect_once() -> Result<()> {
    let world = World::find().await?;
    for _ in 0..ROUNDS {
        let Pending {
            caller,
            tenant,
            id,
            line,
        } = &Pending::begin(&world).await?;
        let paste = || caller.complete(id, line, None);
        let (one, other) = try_join!(paste(), paste())?;
        ensure!(one.account_id == other.account_id);
        books(&world, tenant).await?;

        let path = format!("/v1/accounts/{}", one.account_id);
        let checks = format!("{path}/checks");
        let check = || caller.raw(Method::POST, &checks, &[], Vec::new());
        let (first, second) = try_join!(check(), check())?;
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        ensure!(statuses == [200, 429], "{statuses:?}");

        let leave = || caller.raw(Method::DELETE, &path, &[], Vec::new());
        let (first, second) = try_join!(leave(), leave())?;
        let entry = |body: &[u8]| -> Result<Value> {
            let body: Value = serde_json::from_slice(body)?;
            let id = &body["orphaned_stack"]["orphaned_stack_id"];
            ensure!(id.is_string(), "{body}");
            Ok(id.clone())
        };
        ensure!(entry(&first.body)? == entry(&second.body)?);
        let books = books(&world, tenant).await?;
        books.only("ACCOUNT#")?;
        books.only("STACK#").context("one orphaned stack")?;
    }
    Ok(())
}

#[tokio::test]
async fn deployed_hub_completes_or_revokes_but_never_both() -> Result<()> {
    let world = World::find().await?;
    for _ in 0..ROUNDS {
        let Pending {
            caller,
            tenant,
            id,
            line,
        } = &Pending::begin(&world).await?;
        let (pasted, revoked) = join!(caller.complete(id, line, None), caller.revoke(id));
        let books = books(&world, tenant).await?;
        let state = &books.only("REGISTRATION#")?["state"]["status"];
        match (&pasted, &revoked) {
            (Ok(account), Err(error)) => {
                ensure!(error.code() == Some("registration_completed"), "{error}");
                ensure!(books.only("ACCOUNT#")?["account_id"] == account.account_id.as_str());
                ensure!(state == "completed", "{state}");
            }
            (Err(error), Ok(_)) => {
                ensure!(error.code() == Some("registration_revoked"), "{error}");
                ensure!(books.records("ACCOUNT#").is_empty());
                ensure!(state == "revoked", "{state}");
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}
