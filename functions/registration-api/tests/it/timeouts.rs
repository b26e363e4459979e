//! Requests that time out.

use crate::world::{ACME, World, text};
use rolecall_domain::ports::StoreError;
use rolecall_testing::{FakeCustomers, Gate, InTurn, MemoryStore, Moment, Trouble};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

/// A table that stops responding.
#[derive(Clone, Default)]
struct Hanging(Rc<Cell<bool>>);

impl Gate for Hanging {
    async fn table(&self, _: &'static str, _: Moment) -> Result<(), StoreError> {
        if self.0.get() {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }
}

#[tokio::test]
async fn timeout_without_verification_has_no_report() {
    let gate = Hanging::default();
    let store = InTurn {
        port: Rc::new(MemoryStore::new()),
        gate: gate.clone(),
    };
    let world = World::over(store, FakeCustomers::new());
    let group = world.group(ACME).await;
    gate.0.set(true);
    let unknown = "0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    for asked in [
        "GET /v1/groups".to_owned(),
        "POST /v1/groups".to_owned(),
        format!("GET /v1/groups/{group}/accounts"),
        format!("DELETE /v1/groups/{group}"),
        format!("POST /v1/groups/{group}/registrations"),
        format!("GET /v1/accounts/acc_{unknown}"),
        format!("PUT /v1/accounts/acc_{unknown}/companion-roles"),
        format!("PUT /v1/accounts/acc_{unknown}/access"),
        format!("POST /v1/accounts/acc_{unknown}/simulations"),
        "POST /v1/decode-authorization-message".to_owned(),
        format!("POST /v1/orphaned-stacks/stk_{unknown}/checks"),
        "GET /v1/source-policy".to_owned(),
    ] {
        let response = world.ask(ACME, &asked, &Value::Null).await;
        let problem: Value = serde_json::from_str(&response.body).expect("JSON");
        let found = (response.status_code, text(&problem, "code"));
        assert_eq!(found, (503, "deadline_exceeded".to_owned()), "{asked}");
        assert_eq!(problem.get("report"), None, "{asked}: {problem}");
        assert_eq!(response.headers["retry-after"], "15");
        let detail = text(&problem, "detail");
        assert_eq!(detail, "The operation timed out. Retry in 15 seconds.");
    }
    for asked in [
        format!("POST /v1/registrations/reg_{unknown}/complete"),
        format!("POST /v1/accounts/acc_{unknown}/checks"),
    ] {
        let body = json!({"stack_info": "eyJ2IjoxfQ=="});
        let problem = world.expect(ACME, &asked, body, 503).await;
        assert_eq!(problem["code"], "verification_inconclusive", "{asked}");
        assert_eq!(problem["report"]["verdict"], "inconclusive", "{asked}");
        assert!(text(&problem, "detail").ends_with("Retry in 15 seconds."));
    }
}

#[tokio::test]
async fn verification_timeout_is_inconclusive() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let customers = &world.api.env.customers;
    customers.change_role(&stack.role_arn, |role| role.never_answers = true);
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    let problem = world.expect(ACME, &asked, json!({}), 503).await;
    assert_eq!(problem["code"], "verification_inconclusive", "{problem}");
    assert_eq!(problem["report"]["verdict"], "inconclusive", "{problem}");
}
