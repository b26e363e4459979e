//! Another tenant's resources take exactly the same table reads as unknown ones. The API's own code
//! runs in this process, and its requests to DynamoDB are recorded.

use anyhow::{Context, Result, ensure};
use rolecall_aws::host::SystemHost;
use rolecall_domain::SignedDuration;
use rolecall_domain::access::ProfileName;
use rolecall_domain::check::StackStatus;
use rolecall_domain::credentials::{Receipt, SessionName};
use rolecall_domain::ids::{AccountId, IdSeed};
use rolecall_domain::ports::{Clock, Entropy, Receipts, Records};
use rolecall_domain::text::service::ServiceName;
use rolecall_testing::{FakeCustomers, FakeRole};
use rolecall_tests::in_process::{Asked, InProcess, Stack, hub};
use rolecall_tests::twin::Hub;
use rolecall_tests::wire::{Calls, watched};
use serde_json::{Value, json};

use crate::isolation::routes::{self, Ids, Route, ids, unknown_ids};

const OWNER: &str = "owner";
const STRANGER: &str = "stranger";

/// A hub with its own table, and one tenant's resources in it.
struct Stage {
    hub: InProcess<FakeCustomers>,
    calls: Calls,
    /// Stack info of a stack of the owner that is not connected.
    line: String,
    /// The owner's resources, in every state.
    things: Vec<Ids>,
}

/// A response's status, headers and body without the request id, and the requests to the table.
type Seen = (u16, Value, Value, Vec<String>);

fn id(view: &Value, field: &str) -> Result<String> {
    let id = view[field].as_str();
    Ok(id
        .with_context(|| format!("no {field} in {view}"))?
        .to_owned())
}

impl Stage {
    async fn empty() -> Result<Self> {
        let emulator = Hub::find();
        let (table, calls) = watched(&emulator.aws, &emulator.twin().await);
        Ok(Self {
            hub: InProcess::over(&table, FakeCustomers::new),
            calls,
            line: String::new(),
            things: Vec::new(),
        })
    }

    /// Creates two resources of each kind, so that every list has a second page.
    async fn set() -> Result<Self> {
        let mut stage = Self::empty().await?;
        let group = stage.group(OWNER).await?;
        stage.group(OWNER).await?;
        let (active, _) = stage.connect(OWNER, &group).await?;
        let (_, used) = stage.connect(OWNER, &group).await?;
        let renamed = Asked::new(OWNER, "PATCH", format!("/v1/accounts/{active}"));
        stage
            .hub
            .must(&renamed.body(json!({"name": "Renamed"})))
            .await?;
        for _ in 0..2 {
            stage.issue(&active).await?;
        }
        let mut entries = Vec::new();
        let mut accounts = Vec::new();
        for _ in 0..2 {
            let (account, _) = stage.connect(OWNER, &group).await?;
            let gone = Asked::new(OWNER, "DELETE", format!("/v1/accounts/{account}"));
            let gone = stage.hub.must(&gone).await?;
            entries.push(id(&gone["orphaned_stack"], "orphaned_stack_id")?);
            accounts.push(account);
        }
        let pending = stage.register(OWNER, &group).await?;
        stage.line = Stack::of(&pending)?.line();
        let pending = id(&pending, "registration_id")?;
        stage.things = vec![
            ids(&group, &pending, &active, &entries[0]),
            ids(&group, &used, &accounts[0], &entries[1]),
        ];
        Ok(stage)
    }

    async fn group(&self, tenant: &str) -> Result<String> {
        let asked = Asked::new(tenant, "POST", "/v1/groups");
        let asked = asked.body(json!({"name": "Group", "color": "#112233"}));
        id(&self.hub.must(&asked).await?, "group_id")
    }

    async fn register(&self, tenant: &str, group: &str) -> Result<Value> {
        let path = format!("/v1/groups/{group}/registrations");
        self.hub.must(&Asked::new(tenant, "POST", path)).await
    }

    /// Connects an account; returns its id and its registration's id.
    async fn connect(&self, tenant: &str, group: &str) -> Result<(String, String)> {
        let stack = Stack::of(&self.register(tenant, group).await?)?;
        let role = FakeRole::healthy(
            stack.role_unique_id.clone(),
            stack.external_id.clone(),
            &hub(),
        );
        for customers in [
            &self.hub.api.env.customers,
            &self.hub.callback.env.customers,
        ] {
            customers.create_stack(&stack.stack_id, &stack.role_arn, role.clone());
        }
        let answer = self.hub.call_back(&stack.request("Create")).await?;
        ensure!(answer["Status"] == "SUCCESS", "{answer}");
        let customers = &self.hub.api.env.customers;
        customers.change_stack(&stack.stack_id, |it| {
            it.status = StackStatus::CreateComplete
        });
        let account = id(&answer["Data"], "AccountId")?;
        Ok((account, stack.registration_id))
    }

    /// Stores a receipt of issued credentials, as the issuing function does.
    async fn issue(&self, account_id: &str) -> Result<()> {
        let store = &self.hub.api.env.store;
        let account = store.account_by_id(&AccountId::parse(account_id)?).await?;
        let account = account.context("the account does not exist")?;
        let (service, profile) = (
            ServiceName::parse("inventory-reader")?,
            ProfileName::parse("inventory")?,
        );
        let mut random = [0; 10];
        SystemHost.fill(&mut random);
        let at = SystemHost.now();
        let receipt = Receipt::new(
            IdSeed { at, random },
            &account,
            (&service, &profile),
            &SessionName::new(&service, None),
            at + SignedDuration::from_hours(1),
        );
        Ok(store.record_issue(&receipt, &account).await?)
    }

    async fn seen(&self, asked: &Asked<'_>) -> Result<Seen> {
        self.calls.take();
        let response = self.hub.ask(asked).await;
        let mut calls = self.calls.take();
        // The rate limit takes one or two writes, depending on how full the caller's bucket is.
        calls.dedup_by(|one, next| one == next && one == "UpdateItem TENANT/PACE");
        let mut body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("request_id");
        }
        Ok((response.status_code, json!(response.headers), body, calls))
    }

    /// The other tenant's response for a route with these ids.
    async fn strangers_view(&self, route: &Route, ids: &Ids, body: &Value) -> Result<Seen> {
        let asked = Asked::new(STRANGER, &route.method, route.at(ids)?);
        self.seen(&asked.body(body.clone())).await
    }

    /// All of the owner's resources, as every GET route returns them.
    async fn owners_view(&self) -> Result<Vec<Value>> {
        let mut views = Vec::new();
        for route in routes::all()?.iter().filter(|route| route.method == "GET") {
            for ids in &self.things {
                let mut asked = Asked::new(OWNER, "GET", route.at(ids)?);
                if route.path == "/v1/export" {
                    asked = asked.query("format", "json");
                }
                let response = self.hub.ask(&asked).await;
                // A deregistered account has no role to switch to.
                let absent =
                    response.status_code == 404 && route.path.ends_with("switch-role-link");
                ensure!(
                    response.status_code == 200 || absent,
                    "{}: {}",
                    route.name(),
                    response.body
                );
                let mut view: Value = match serde_json::from_str(&response.body) {
                    Ok(view) => view,
                    Err(_) => json!({"text": response.body}),
                };
                if let Some(fields) = view.as_object_mut() {
                    fields.remove("request_id");
                }
                for item in view["items"].as_array_mut().into_iter().flatten() {
                    item["age_seconds"].take();
                }
                view["age_seconds"].take();
                views.push(view);
            }
        }
        Ok(views)
    }
}

#[tokio::test]
async fn foreign_and_unknown_ids_cost_the_same_reads() -> Result<()> {
    let stage = Stage::set().await?;
    let before = stage.owners_view().await?;
    for route in routes::all()?.iter().filter(|route| route.has_ids()) {
        for body in route.bodies(&stage.line) {
            let unknown = stage
                .strangers_view(route, &unknown_ids("0"), &body)
                .await?;
            let what = format!("{} {body}", route.name());
            assert!([404, 422].contains(&unknown.0), "{what}: {unknown:?}");
            assert!(unknown.0 == 422 || !unknown.3.is_empty(), "{what}: no read");
            let other = stage
                .strangers_view(route, &unknown_ids("f"), &body)
                .await?;
            assert_eq!(other, unknown, "{what}");
            for ids in &stage.things {
                let foreign = stage.strangers_view(route, ids, &body).await?;
                assert_eq!(foreign, unknown, "{what}");
            }
        }
    }
    assert_eq!(stage.owners_view().await?, before);
    Ok(())
}

#[tokio::test]
async fn foreign_and_unknown_ids_in_bodies_cost_the_same_reads() -> Result<()> {
    let stage = Stage::set().await?;
    let group = stage.group(STRANGER).await?;
    let (account, _) = stage.connect(STRANGER, &group).await?;
    let own = stage.register(STRANGER, &group).await?;
    let own = id(&own, "registration_id")?;
    let mut views = Vec::new();
    for ids in [&unknown_ids("0"), &unknown_ids("f"), &stage.things[0]] {
        let path = format!("/v1/accounts/{account}");
        let moved = Asked::new(STRANGER, "PATCH", path);
        let moved = moved.body(json!({"group_id": ids["group_id"]}));
        views.push(stage.seen(&moved).await?);
    }
    assert_eq!(views[0].0, 422, "{:?}", views[0]);
    assert_eq!((&views[1], &views[2]), (&views[0], &views[0]));

    let mut views = Vec::new();
    for ids in [&unknown_ids("0"), &unknown_ids("f"), &stage.things[0]] {
        let decode = Asked::new(STRANGER, "POST", "/v1/decode-authorization-message");
        let body = json!({"account_id": ids["account_id"], "message": "encoded:{}"});
        views.push(stage.seen(&decode.body(body)).await?);
    }
    assert_eq!(views[0].0, 404, "{:?}", views[0]);
    assert_eq!((&views[1], &views[2]), (&views[0], &views[0]));

    let mut views = Vec::new();
    let group = &stage.things[0]["group_id"];
    let mut unknown_line = Stack::of(&stage.register(OWNER, group).await?)?;
    unknown_line.registration_id = unknown_ids("0")["registration_id"].clone();
    for line in [&unknown_line.line(), &stage.line] {
        let path = format!("/v1/registrations/{own}/complete");
        let pasted = Asked::new(STRANGER, "POST", path);
        views.push(
            stage
                .seen(&pasted.body(json!({"stack_info": line})))
                .await?,
        );
    }
    assert_eq!(views[0].0, 422, "{:?}", views[0]);
    assert_eq!(views[1], views[0]);
    Ok(())
}

/// A cursor from one of the owner's lists.
async fn cursor(stage: &Stage, route: &Route) -> Result<String> {
    let asked = Asked::new(OWNER, "GET", route.at(&stage.things[0])?);
    let page = stage.hub.must(&asked.query("limit", "1")).await?;
    id(&page, "next_cursor").with_context(|| route.name())
}

#[tokio::test]
async fn cursor_is_valid_only_for_its_list_and_tenant() -> Result<()> {
    let stage = Stage::set().await?;
    let lists = routes::taking("Cursor")?;
    ensure!(lists.len() >= 6, "only {} lists", lists.len());
    for given in &lists {
        let cursor = cursor(&stage, given).await?;
        for used in &lists {
            for tenant in [OWNER, STRANGER] {
                let path = used.at(&stage.things[0])?;
                let asked =
                    |cursor: &str| Asked::new(tenant, "GET", path.clone()).query("cursor", cursor);
                let with_this = stage.seen(&asked(&cursor)).await?;
                let what = format!("{} for {}, {tenant}", given.name(), used.name());
                if tenant == OWNER && used.path == given.path {
                    assert_eq!(with_this.0, 200, "{what}: {with_this:?}");
                    continue;
                }
                let made_up = stage.seen(&asked("made-up")).await?;
                assert_eq!(made_up.0, 400, "{what}: {made_up:?}");
                assert_eq!(with_this, made_up, "{what}");
            }
        }
        // The cursor is also invalid for the same list of another group or account, and with
        // another filter.
        let path = given.at(&unknown_ids("0"))?;
        if path != given.at(&stage.things[0])? {
            let asked = Asked::new(OWNER, "GET", path).query("cursor", &cursor);
            assert_eq!(stage.seen(&asked).await?.0, 400, "{}", given.name());
        }
    }
    Ok(())
}

#[tokio::test]
async fn idempotency_key_used_by_another_tenant_is_new() -> Result<()> {
    let stage = Stage::set().await?;
    let own = stage.group(STRANGER).await?;
    let own = ids(&own, "", "", "");
    for route in routes::taking("IdempotencyKey")? {
        let body = if route.has_ids() {
            json!({"account_name": "One"})
        } else {
            json!({"name": "One", "color": "#112233"})
        };
        let ask = |tenant, key| {
            let things = if tenant == OWNER {
                &stage.things[0]
            } else {
                &own
            };
            anyhow::Ok(Asked::new(tenant, &route.method, route.at(things)?).key(key))
        };
        let theirs = stage
            .hub
            .must(&ask(OWNER, "k-1")?.body(body.clone()))
            .await?;
        let fresh = stage
            .seen(&ask(STRANGER, "k-2")?.body(body.clone()))
            .await?;
        let used = stage
            .seen(&ask(STRANGER, "k-1")?.body(body.clone()))
            .await?;
        assert_eq!(used.0, 201, "{used:?}");
        assert_eq!((used.0, &used.1, &used.3), (fresh.0, &fresh.1, &fresh.3));
        assert_eq!(used.2["status"], fresh.2["status"]);
        // From now on each tenant has its own result for the key.
        let again = stage
            .hub
            .must(&ask(OWNER, "k-1")?.body(body.clone()))
            .await?;
        assert_eq!(again, theirs, "{}", route.name());
        let mine = stage.hub.must(&ask(STRANGER, "k-1")?.body(body)).await?;
        assert_eq!(mine, used.2, "{}", route.name());
    }
    Ok(())
}

#[tokio::test]
async fn new_tenant_sees_a_full_table_like_an_empty_one() -> Result<()> {
    let (full, empty) = (Stage::set().await?, Stage::empty().await?);
    for route in routes::all()?.iter().filter(|route| !route.has_ids()) {
        let mut views = Vec::new();
        for stage in [&full, &empty] {
            let asked = Asked::new("newcomer", &route.method, route.path.clone());
            views.push(stage.seen(&asked).await?);
        }
        assert_eq!(views[0], views[1], "{}", route.name());
        assert!(views[0].3.len() < 4, "{:?}", views[0].3);
    }
    Ok(())
}
