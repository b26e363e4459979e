//! Repeats every write of `infra/openapi.yaml`, immediately and after other changes: the response is
//! the same, and nothing more is stored.

use std::cell::RefCell;
use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rolecall_local::wait::until;
use rolecall_tests::contract;
use rolecall_tests::in_process::{Asked, Stack};
use rolecall_tests::world::SOON;
use serde_json::{Value, json};

use crate::races::rounds::{Round, ask, once};

/// Fields that depend on the time of the response.
const TIMES: [&str; 3] = ["age_seconds", "last_checked_at", "next_check_at"];

fn without_times(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            fields.retain(|name, _| !TIMES.contains(&name.as_str()));
            for value in fields.values_mut() {
                *value = without_times(value.take());
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = without_times(value.take());
            }
        }
        _ => {}
    }
    answer
}

struct Writes<'a> {
    round: &'a Round,
    tried: RefCell<BTreeSet<String>>,
}

impl<'a> Writes<'a> {
    async fn entries(&self) -> Result<usize> {
        Ok(self.round.books().await?.records("AUDIT#").len())
    }

    /// Sends a request twice, and returns the first response.
    async fn twice(&self, route: &str, asked: Asked<'a>) -> Result<Value> {
        let (status, first) = ask(self.round, asked.clone()).await?;
        ensure!(status < 300, "{route}: {status} {first}");
        let written = self.entries().await?;
        let (again, second) = ask(self.round, asked).await?;
        assert_eq!(again, status, "{route}: {second}");
        assert_eq!(
            without_times(second),
            without_times(first.clone()),
            "{route}"
        );
        assert_eq!(self.entries().await?, written, "{route}");
        self.tried.borrow_mut().insert(route.to_owned());
        Ok(first)
    }

    /// For requests that are rate limited per account.
    async fn rate_limited(&self, route: &str, asked: Asked<'a>) -> Result<()> {
        // On a slow machine the limit may have expired before the second request; then both are
        // repeated.
        until(&format!("{route} is rate limited"), SOON, async || {
            let (status, first) = ask(self.round, asked.clone()).await?;
            if status == 429 {
                return Ok(None);
            }
            ensure!(status == 200, "{route}: {status} {first}");
            let written = self.entries().await?;
            let (again, second) = ask(self.round, asked.clone()).await?;
            if again == 200 {
                return Ok(None);
            }
            assert_eq!(
                (again, second["code"].as_str()),
                (429, Some("rate_limited"))
            );
            assert_eq!(self.entries().await?, written, "{route}");
            Ok(Some(()))
        })
        .await?;
        self.tried.borrow_mut().insert(route.to_owned());
        Ok(())
    }
}

fn id<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
    let id = answer[field].as_str();
    id.with_context(|| format!("no {field} in {answer}"))
}

fn every_write() -> Result<BTreeSet<String>> {
    let contract = contract::load();
    let paths = contract["paths"].as_object().context("no paths")?;
    // Issuing credentials twice gives two sessions.
    let tenants = paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
    let writes = tenants.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        let writes = methods
            .filter(|(method, _)| ["post", "put", "patch", "delete"].contains(&method.as_str()));
        writes.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
    });
    Ok(writes.collect())
}

#[tokio::test]
async fn every_write_is_idempotent() -> Result<()> {
    once(async |round: Round| {
        let writes = Writes {
            round: &round,
            tried: RefCell::default(),
        };
        let (tenant, post) = (&round.tenant, |path: String| round.post(path));
        let patch = |path: String| Asked::new(tenant, "PATCH", path);

        let group = post("/v1/groups".into())
            .key("g")
            .body(json!({"name": "A", "color": "#112233"}));
        let made = writes.twice("POST /v1/groups", group.clone()).await?;
        let group_path = format!("/v1/groups/{}", id(&made, "group_id")?);
        let renamed = patch(group_path.clone()).body(json!({"name": "B"}));
        writes.twice("PATCH /v1/groups/{group_id}", renamed).await?;
        let empty = format!("/v1/groups/{}", round.group().await?);
        writes
            .twice("DELETE /v1/groups/{group_id}", round.delete(empty))
            .await?;

        let register = post(format!("{group_path}/registrations"))
            .key("r")
            .body(json!({}));
        let route = "POST /v1/groups/{group_id}/registrations";
        let registration = writes.twice(route, register.clone()).await?;
        let other = round.register(id(&made, "group_id")?).await?;
        let other = format!("/v1/registrations/{}", id(&other, "registration_id")?);
        let revoke = round.delete(other);
        writes
            .twice("DELETE /v1/registrations/{registration_id}", revoke.clone())
            .await?;

        let stack = Stack::of(&registration)?;
        round.build(&stack);
        let route = "POST /v1/registrations/{registration_id}/complete";
        let account = writes.twice(route, round.paste(&stack)).await?;
        let account_path = format!("/v1/accounts/{}", id(&account, "account_id")?);
        let renamed = patch(account_path.clone()).body(json!({"name": "C"}));
        writes
            .twice("PATCH /v1/accounts/{account_id}", renamed)
            .await?;
        let renew = post(format!("{account_path}/customer-link"));
        writes
            .rate_limited("POST /v1/accounts/{account_id}/customer-link", renew)
            .await?;
        let check = post(format!("{account_path}/checks"));
        writes
            .rate_limited("POST /v1/accounts/{account_id}/checks", check)
            .await?;
        let options = json!({"trusted_account_id": "333333333333"});
        let roles = json!([{"kind": "switch-role", "options": options}]);
        let choose = Asked::new(tenant, "PUT", format!("{account_path}/companion-roles"))
            .body(json!({"companion_roles": roles}));
        let route = "PUT /v1/accounts/{account_id}/companion-roles";
        writes.twice(route, choose).await?;
        let access = Asked::new(tenant, "PUT", format!("{account_path}/access"));
        let route = "PUT /v1/accounts/{account_id}/access";
        writes
            .twice(route, access.body(json!({"access": []})))
            .await?;
        let question = json!({"kind": "automation", "actions": ["s3:GetObject"]});
        let simulate = post(format!("{account_path}/simulations")).body(question);
        let route = "POST /v1/accounts/{account_id}/simulations";
        writes.rate_limited(route, simulate).await?;
        let message = json!({"account_id": id(&account, "account_id")?, "message": "encoded:{}"});
        let decode = post("/v1/decode-authorization-message".into()).body(message);
        let route = "POST /v1/decode-authorization-message";
        writes.rate_limited(route, decode).await?;
        let leave = round.delete(account_path);
        let left = writes
            .twice("DELETE /v1/accounts/{account_id}", leave.clone())
            .await?;

        let entry = id(&left["orphaned_stack"], "orphaned_stack_id")?;
        let entry_path = format!("/v1/orphaned-stacks/{entry}");
        let route = "POST /v1/orphaned-stacks/{orphaned_stack_id}/checks";
        writes
            .rate_limited(route, post(format!("{entry_path}/checks")))
            .await?;
        let dismiss = post(format!("{entry_path}/dismiss")).body(json!({"reason": "enough"}));
        let route = "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss";
        writes.twice(route, dismiss).await?;
        assert_eq!(*writes.tried.borrow(), every_write()?);

        // Much later, every repeated request still returns the original result.
        let written = writes.entries().await?;
        for (asked, field, first) in [
            (group, "/group_id", &made),
            (register, "/registration_id", &registration),
            (round.paste(&stack), "/account_id", &account),
            (leave, "/orphaned_stack/orphaned_stack_id", &left),
        ] {
            let (status, answer) = ask(&round, asked).await?;
            ensure!(status < 300, "{status} {answer}");
            assert_eq!(answer.pointer(field), first.pointer(field));
        }
        assert_eq!(ask(&round, revoke).await?.1["status"], "revoked");
        assert_eq!(writes.entries().await?, written);
        Ok(())
    })
    .await
}
