//! The life cycle of one account, with every response checked against the contract.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_client::{HubClient, Registration};
use rolecall_domain::export::Format;
use rolecall_domain::user::Role;
use rolecall_local::customer::Customer;
use rolecall_local::wait::until;
use rolecall_tests::tenants::sign_in;
use rolecall_tests::world::{SOON, World, unique};
use serde_json::{Value, json};

use crate::openapi::driver::{Asked, Driver};
use crate::openapi::every_route;

const GROUPS: &str = "/v1/groups";
const GROUP: &str = "/v1/groups/{group_id}";
const REGISTRATIONS: &str = "/v1/groups/{group_id}/registrations";
const REGISTRATION: &str = "/v1/registrations/{registration_id}";
const COMPLETE: &str = "POST /v1/registrations/{registration_id}/complete";
const ACCOUNT: &str = "/v1/accounts/{account_id}";
const RENEW: &str = "POST /v1/accounts/{account_id}/customer-link";
const CHECK: &str = "POST /v1/accounts/{account_id}/checks";
const SUMMARY: &str = "GET /v1/registrations/{registration_id}/summary";
const ACCESS: &str = "PUT /v1/accounts/{account_id}/access";
const CHOOSE: &str = "PUT /v1/accounts/{account_id}/companion-roles";
const SIMULATE: &str = "POST /v1/accounts/{account_id}/simulations";
const DECODE: &str = "POST /v1/decode-authorization-message";
const ORPHAN: &str = "/v1/orphaned-stacks/{orphaned_stack_id}";
const ORPHAN_CHECK: &str = "POST /v1/orphaned-stacks/{orphaned_stack_id}/checks";
const DISMISS: &str = "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss";

/// Responses that can't be provoked from outside: internal errors, unavailable AWS services,
/// simultaneous changes, a thousand groups or registrations, hundreds of changes.
fn is_out_of_reach(driver: &Driver, route: &str, status: u16) -> bool {
    let codes = driver
        .contract
        .codes(&driver.operations()[route], &status.to_string());
    let only = |code: &str| codes.iter().eq([code]);
    let paced = [
        COMPLETE,
        RENEW,
        CHECK,
        ACCESS,
        CHOOSE,
        SIMULATE,
        DECODE,
        ORPHAN_CHECK,
    ];
    only("internal_error")
        || only("conflict")
        || only("deadline_exceeded")
        || (only("verification_inconclusive") && route != COMPLETE)
        || (only("rate_limited") && !paced.contains(&route))
        || (route, status) == ("POST /v1/groups", 409)
}

#[tokio::test]
async fn every_response_matches_the_contract() {
    run().await.expect("the life cycle completes");
}

async fn run() -> Result<()> {
    let world = World::find().await?;
    let mut driver = Driver::new();
    let without_tenant = sign_in(&world.hub, None).await?;
    let tenantless = world.hub.caller(Some(&without_tenant.id));
    every_route::unauthorized_callers(&mut driver, &world.hub.caller(None), &tenantless).await?;
    let mut lower = Vec::new();
    for role in [Role::Viewer, Role::Member] {
        let caller = world.colleague(&world.tenant, Some(role)).await?;
        lower.push((role, caller));
    }
    every_route::lower_roles(&mut driver, &lower).await?;
    every_route::mistakes(&mut driver, &world.acme).await?;
    let mut story = Story {
        acme: world.acme.clone(),
        driver,
    };
    story.ok("GET /v1/me", &[]).await?;
    story.ok("GET /v1/choices", &[]).await?;
    let group = story.groups().await?;
    let (customer, account) = story.registrations(&world, &group).await?;
    story.account(&account, &group).await?;
    let orphan = story.deregister(&customer, &account, &group).await?;
    story.orphan(&customer, &account, &orphan).await?;
    story.disconnected(&world).await?;
    let driver = story.driver;
    let mut unseen = driver.unseen();
    unseen.retain(|(route, status)| !is_out_of_reach(&driver, route, *status));
    assert!(
        unseen.is_empty(),
        "declared but never returned: {unseen:#?}"
    );
    Ok(())
}

struct Story {
    acme: HubClient,
    driver: Driver,
}

impl Story {
    async fn ok(&mut self, route: &str, ids: &[&str]) -> Result<Value> {
        let asked = Asked::of(route, ids);
        self.driver.expect(&self.acme, &asked, 200).await
    }

    async fn send(&mut self, route: &str, ids: &[&str], body: Value, status: u16) -> Result<Value> {
        let asked = Asked::with(route, ids, &body);
        self.driver.expect(&self.acme, &asked, status).await
    }

    /// Exports in every format, with and without details.
    async fn exports(&mut self, group: &str) -> Result<()> {
        let none = format!("grp_{}", "0".repeat(32));
        let mut cases = vec![
            (format!("format=csv&group_id={none}"), 404),
            ("format=yace&access=unknown-profile".to_owned(), 409),
        ];
        for format in Format::ALL {
            // Each connection of Steampipe has one profile.
            let access = match format {
                Format::Steampipe => "&access=inventory",
                _ => "",
            };
            for details in [false, true] {
                let format = format.as_str();
                let query = format!("format={format}{access}&group_id={group}&details={details}");
                cases.push((query, 200));
            }
        }
        let switch =
            "format=aws-config&via=switch-role&source_profile=me&profile_template=%7Bname%7D";
        cases.push((format!("{switch}&group_id={group}"), 200));
        for (query, status) in cases {
            let query = format!("?{query}");
            let asked = Asked {
                query: &query,
                ..Asked::of("GET /v1/export", &[])
            };
            self.driver.expect(&self.acme, &asked, status).await?;
        }
        Ok(())
    }

    /// Repeats a request until it is rate limited. The requests are concurrent, because sequential
    /// ones might be slow enough to stay below the limit.
    async fn exceed_rate_limit(&mut self, route: &str, ids: &[&str], body: Value) -> Result<()> {
        let asked = Asked::with(route, ids, &body);
        for _ in 0..10 {
            let statuses = self.driver.at_once(&self.acme, &asked, 8).await?;
            if statuses.contains(&429) {
                return Ok(());
            }
        }
        anyhow::bail!("{route} was never rate limited")
    }

    async fn refused(
        &mut self,
        route: &str,
        ids: &[&str],
        body: Value,
        refusal: (u16, &str),
    ) -> Result<Value> {
        let asked = Asked::with(route, ids, &body);
        let (status, code) = refusal;
        self.driver.refused(&self.acme, &asked, status, code).await
    }

    /// Creates a group, and another one that is changed and deleted.
    async fn groups(&mut self) -> Result<String> {
        let make = format!("POST {GROUPS}");
        let body = json!({"name": unique("Ünïcode 開発"), "color": "#2F6fed"});
        let key = unique("key");
        let headers = [("idempotency-key", key.as_str())];
        let asked = Asked {
            headers: &headers,
            ..Asked::with(&make, &[], &body)
        };
        let group = self.driver.expect(&self.acme, &asked, 201).await?;
        let again = self.driver.expect(&self.acme, &asked, 201).await?;
        assert_eq!(group, again, "the same key must return the same group");
        let other = Asked {
            body: json!({"name": "x", "color": "#000000"}).to_string().into(),
            ..asked.clone()
        };
        let reused = "idempotency_key_reused";
        self.driver.refused(&self.acme, &other, 422, reused).await?;
        let id = text(&group, "group_id");
        let change = format!("PATCH {GROUP}");
        self.send(&change, &[&id], json!({"color": "#000000"}), 200)
            .await?;
        self.ok(&format!("GET {GROUP}"), &[&id]).await?;
        let delete = format!("DELETE {GROUP}");
        let asked_to_delete = Asked::of(&delete, &[]);
        let ids = [id.as_str()];
        let asked_to_delete = Asked {
            ids: &ids,
            ..asked_to_delete
        };
        self.driver
            .expect(&self.acme, &asked_to_delete, 204)
            .await?;
        self.driver
            .refused(&self.acme, &asked, 404, "not_found")
            .await?;
        let body = json!({"name": unique("Group"), "color": "#2f6fed"});
        let group = self.send(&make, &[], body, 201).await?;
        self.pages(&format!("GET {GROUPS}"), &[], None).await?;
        Ok(text(&group, "group_id"))
    }

    /// Reads a list in pages of one; at least `least` items are expected.
    async fn pages(&mut self, route: &str, ids: &[&str], least: Option<usize>) -> Result<()> {
        let mut query = "?limit=1".to_owned();
        let mut items = 0;
        for _ in 0..3 {
            let asked = Asked {
                query: &query,
                ..Asked::of(route, ids)
            };
            let page = self.driver.expect(&self.acme, &asked, 200).await?;
            items += page["items"].as_array().map_or(0, Vec::len);
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            query = format!("?limit=1&cursor={cursor}");
        }
        assert!(items >= least.unwrap_or(1), "{route}: {items} items");
        Ok(())
    }

    /// Registrations with every outcome; returns the account of the one that succeeds.
    async fn registrations(&mut self, world: &World, group: &str) -> Result<(Customer, Value)> {
        let make = format!("POST {REGISTRATIONS}");
        let read = format!("GET {REGISTRATION}");
        let revoke = format!("DELETE {REGISTRATION}");
        let input = json!({"account_name": "Shop", "region": "eu-west-1", "allow_duplicate": true});
        let revoked = self.send(&make, &[group], input, 201).await?;
        let revoked = text(&revoked, "registration_id");
        let not_empty = (409, "group_not_empty");
        self.refused(&format!("DELETE {GROUP}"), &[group], json!({}), not_empty)
            .await?;
        self.not_ours(&revoked).await?;
        self.ok(&read, &[&revoked]).await?;
        self.ok(SUMMARY, &[&revoked]).await?;
        self.ok(&revoke, &[&revoked]).await?;
        let line = json!({"stack_info": stack_info(&revoked, "222222222222", "222222222222")});
        let ended = (409, "registration_revoked");
        self.refused(COMPLETE, &[&revoked], line, ended).await?;

        let input = json!({"companion_roles": [switch_role(), {"kind": "ssm-hybrid"}]});
        let registration = self.send(&make, &[group], input, 201).await?;
        let registration: Registration = serde_json::from_value(registration)?;
        let id = registration.registration_id.as_str();
        let customer = world.customer();
        let (_, line) = world
            .stack_without_callback(&customer, &registration)
            .await?;
        let other = json!({"stack_info": line});
        let wrong = (422, "stack_info_other_registration");
        self.refused(COMPLETE, &[&revoked], other, wrong).await?;
        let body = json!({"stack_info": line, "account_name": "Shop"});
        let account = self.send(COMPLETE, &[id], body, 200).await?;
        let done = (409, "registration_completed");
        self.refused(&revoke, &[id], json!({}), done).await?;
        let other = json!({"stack_info": stack_info(id, "222222222222", "222222222222")});
        self.refused(COMPLETE, &[id], other, (409, "registration_used"))
            .await?;
        self.ok(&read, &[id]).await?;
        self.pages(&format!("GET {REGISTRATIONS}"), &[group], Some(2))
            .await?;
        let line = json!({"stack_info": stack_info(&revoked, "222222222222", "222222222222")});
        self.exceed_rate_limit(COMPLETE, &[&revoked], line).await?;
        self.ok("GET /v1/required-permissions", &[]).await?;
        let unknown = format!("reg_{}", "0".repeat(32));
        for (of_link, status) in [(id, 200), (&unknown, 404)] {
            let query = format!("?registration_id={of_link}");
            let asked = Asked {
                query: &query,
                ..Asked::of("GET /v1/required-permissions", &[])
            };
            self.driver.expect(&self.acme, &asked, status).await?;
        }
        Ok((customer, account))
    }

    /// Invalid stack info; failed verifications include the report.
    async fn not_ours(&mut self, registration: &str) -> Result<()> {
        let torn = json!({"stack_info": "bm90IG91cnM="});
        self.refused(COMPLETE, &[registration], torn, (422, "stack_info_invalid"))
            .await?;
        let mixed = json!({"stack_info": stack_info(registration, "222222222222", "333333333333")});
        let failed = (422, "verification_failed");
        let problem = self
            .refused(COMPLETE, &[registration], mixed, failed)
            .await?;
        assert_eq!(problem["report"]["verdict"], "failed");
        let young = json!({"stack_info": stack_info(registration, "222222222222", "222222222222")});
        let unknown = (503, "verification_inconclusive");
        let problem = self
            .refused(COMPLETE, &[registration], young, unknown)
            .await?;
        assert_eq!(problem["report"]["verdict"], "inconclusive");
        Ok(())
    }

    async fn account(&mut self, account: &Value, group: &str) -> Result<()> {
        let id = text(account, "account_id");
        let id = id.as_str();
        self.companions(id, group).await?;
        self.ok(&format!("GET {ACCOUNT}"), &[id]).await?;
        let change = format!("PATCH {ACCOUNT}");
        self.send(&change, &[id], json!({"name": "Renamed"}), 200)
            .await?;
        let soon = (429, "rate_limited");
        self.send(RENEW, &[id], json!({}), 200).await?;
        self.refused(RENEW, &[id], json!({}), soon).await?;
        self.send(CHECK, &[id], json!({}), 200).await?;
        self.refused(CHECK, &[id], json!({}), soon).await?;
        self.pages("GET /v1/groups/{group_id}/accounts", &[group], None)
            .await?;
        self.pages("GET /v1/accounts", &[], None).await?;
        self.pages("GET /v1/registrations", &[], None).await?;
        self.pages("GET /v1/accounts/{account_id}/history", &[id], Some(2))
            .await?;
        self.pages("GET /v1/accounts/{account_id}/receipts", &[id], Some(0))
            .await
    }

    /// Companion roles, and what people need to use them.
    async fn companions(&mut self, id: &str, group: &str) -> Result<()> {
        let account = self.ok(&format!("GET {ACCOUNT}"), &[id]).await?;
        let roles = account["companion_roles"].as_array().expect("a list");
        let states: Vec<&Value> = roles.iter().map(|role| &role["state"]).collect();
        assert_eq!(states, ["passed", "passed"], "{account}");
        let same = json!({"companion_roles": [switch_role(), {"kind": "ssm-hybrid"}]});
        let answer = self.send(CHOOSE, &[id], same, 200).await?;
        assert_eq!(answer["update"], Value::Null);
        let other = json!({"companion_roles": [{"kind": "ec2-instance"}]});
        let answer = self.send(CHOOSE, &[id], other.clone(), 200).await?;
        assert!(answer["update"]["command"].is_string(), "{answer}");
        self.exceed_rate_limit(CHOOSE, &[id], other).await?;

        let none = json!({"access": []});
        self.send(ACCESS, &[id], none.clone(), 200).await?;
        self.exceed_rate_limit(ACCESS, &[id], none).await?;

        let question = json!({"kind": "switch-role", "actions": ["ec2:DescribeInstances"]});
        let answer = self.send(SIMULATE, &[id], question.clone(), 200).await?;
        assert_eq!(answer["results"][0]["decision"], "allowed", "{answer}");
        self.exceed_rate_limit(SIMULATE, &[id], question).await?;
        let message = json!({"account_id": id, "message": "abc"});
        self.exceed_rate_limit(DECODE, &[], message.clone()).await?;
        let answer = self.send(DECODE, &[], message, 200).await?;
        assert_eq!(
            answer["verdict"], "inconclusive",
            "the emulator does not support this call"
        );

        self.ok("GET /v1/accounts/{account_id}/switch-role-link", &[id])
            .await?;
        self.exports(group).await?;
        self.ok("GET /v1/source-policy", &[]).await?;
        let of_group = format!("?group_id={group}");
        let none = format!("?group_id=grp_{}", "0".repeat(32));
        for route in ["source-policy", "accounts", "registrations"] {
            let route = format!("GET /v1/{route}");
            for (query, status) in [(&of_group, 200), (&none, 404)] {
                let asked = Asked {
                    query,
                    ..Asked::of(&route, &[])
                };
                self.driver.expect(&self.acme, &asked, status).await?;
            }
        }
        let without_tenant = format!("acc_{}", "0".repeat(32));
        let message = json!({"account_id": without_tenant, "message": "abc"});
        self.refused(DECODE, &[], message, (404, "not_found"))
            .await?;
        Ok(())
    }

    /// Deregisters the account; further calls fail, and its stack is orphaned.
    async fn deregister(
        &mut self,
        customer: &Customer,
        account: &Value,
        group: &str,
    ) -> Result<Value> {
        let id = text(account, "account_id");
        let id = id.as_str();
        let delete = format!("DELETE {ACCOUNT}");
        let first = self.ok(&delete, &[id]).await?;
        let again = self.ok(&delete, &[id]).await?;
        let orphan = first["orphaned_stack"].clone();
        let same = |answer: &Value| answer["orphaned_stack"]["orphaned_stack_id"].clone();
        assert_eq!(same(&first), same(&again));
        assert_eq!(orphan["aws_account_id"], customer.account_id());
        let over = (409, "account_deregistered");
        let body = json!({"group_id": group});
        self.refused(&format!("PATCH {ACCOUNT}"), &[id], body, over)
            .await?;
        self.refused(CHECK, &[id], json!({}), over).await?;
        let none = json!({"companion_roles": []});
        self.refused(CHOOSE, &[id], none, over).await?;
        self.refused(ACCESS, &[id], json!({"access": []}), over)
            .await?;
        let question = json!({"kind": "automation", "actions": ["s3:GetObject"]});
        self.refused(SIMULATE, &[id], question, over).await?;
        let message = json!({"account_id": id, "message": "abc"});
        self.refused(DECODE, &[], message, over).await?;
        self.ok(&format!("GET {ACCOUNT}"), &[id]).await?;
        Ok(orphan)
    }

    /// An orphaned stack whose deletion is not reported: it is checked and dismissed.
    async fn orphan(&mut self, customer: &Customer, account: &Value, orphan: &Value) -> Result<()> {
        let id = text(orphan, "orphaned_stack_id");
        let id = id.as_str();
        let read = format!("GET {ORPHAN}");
        self.ok(&read, &[id]).await?;
        let seen = self.check_orphan(id).await?;
        assert_eq!(seen["proof"], "unavailable", "{seen}");
        self.exceed_rate_limit(ORPHAN_CHECK, &[id], json!({}))
            .await?;
        customer.delete(&text(account, "stack_id")).await?;
        self.check_orphan(id).await?;
        for status in ["orphaned", "deleting", "gone", "dismissed"] {
            let query = format!("?status={status}");
            let asked = Asked {
                query: &query,
                ..Asked::of("GET /v1/orphaned-stacks", &[])
            };
            self.driver.expect(&self.acme, &asked, 200).await?;
        }
        let body = json!({"reason": "deleted by hand"});
        let dismissed = self.send(DISMISS, &[id], body, 200).await?;
        assert_eq!(dismissed["status"], "dismissed");
        Ok(())
    }

    /// Runs one check, as soon as the rate limit allows it.
    async fn check_orphan(&mut self, id: &str) -> Result<Value> {
        self.send(ORPHAN_CHECK, &[id], json!({}), 200).await
    }

    /// A customer deletes the stack of a connected account; the stack's deletion is then confirmed.
    async fn disconnected(&mut self, world: &World) -> Result<()> {
        let connected = world.connect().await?;
        let id = connected.account.account_id.as_str();
        connected.customer.delete(&connected.stack.stack_id).await?;
        let read = format!("GET {ACCOUNT}");
        let account = self.ok(&read, &[id]).await?;
        assert_eq!(account["status"], "disconnected", "{account}");
        let delete = format!("DELETE {ACCOUNT}");
        let orphan = self.ok(&delete, &[id]).await?["orphaned_stack"].clone();
        let stack = text(&orphan, "orphaned_stack_id");
        let (acme, hub) = (self.acme.clone(), world.hub.clone());
        until("the stack is gone", SOON, async || {
            hub.tick().await?;
            let now = acme.orphaned_stack(&stack).await?;
            Ok((now.status == "gone").then_some(()))
        })
        .await?;
        self.ok(&format!("GET {ORPHAN}"), &[&stack]).await?;
        let body = json!({"reason": "too late"});
        self.refused(DISMISS, &[&stack], body, (409, "already_gone"))
            .await?;
        Ok(())
    }
}

fn switch_role() -> Value {
    let options = json!({
        "trusted_account_id": "333333333333",
        "policies": ["ReadOnlyAccess"],
        "require_mfa": false,
    });
    json!({"kind": "switch-role", "options": options})
}

fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("no {field}: {value}"))
        .to_owned()
}

/// Stack info of a stack that does not exist.
fn stack_info(registration: &str, stack_account: &str, role_account: &str) -> String {
    let line = json!({
        "v": 2,
        "registration_id": registration,
        "stack_id": format!("arn:aws:cloudformation:us-east-1:{stack_account}:stack/made-up/{}", unique("x")),
        "role_arn": format!("arn:aws:iam::{role_account}:role/rolecall/made-up"),
    });
    STANDARD.encode(line.to_string())
}
