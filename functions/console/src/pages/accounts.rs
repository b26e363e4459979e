//! Accounts.

use crate::api::Api;
use crate::http::Response;
use crate::pages::frame::value;
use crate::pages::groups::PAGE;
use crate::visit::Visit;
use crate::{Console, Refusal};
use maud::html;
use rolecall_client::{Call, Request, calls};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Value, json};

/// The fields of an account that a form changes.
const ACCOUNT_FIELDS: [&str; 2] = ["name", "group_id"];

/// What a list of accounts is filtered by.
const ACCOUNT_FILTERS: &[&str] = &[
    "status",
    "aws_account_id",
    "access",
    "finding",
    "limit",
    "cursor",
];

fn path_of(visit: &Visit<'_>) -> String {
    format!("/accounts/{}", visit.parameter("account_id"))
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// What the API returns, as a page.
    async fn plain_page(
        &self,
        visit: &Visit<'_>,
        title: &str,
        call: Call<Value>,
    ) -> Result<Response, Refusal> {
        let content = value(&self.ask(visit, call).await?);
        Ok(Response::page(200, self.frame(visit, title, &content)))
    }

    pub(crate) async fn accounts(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = visit.read("/v1/accounts", ACCOUNT_FILTERS);
        self.plain_page(visit, "Accounts", call).await
    }

    pub(crate) async fn account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let path = path_of(visit);
        let account: Value = self
            .ask(visit, Request::get(format!("/v1{path}")).into())
            .await?;
        let content = html! {
            @for action in ["check", "deregister"] {
                form method="post" action={ (path) "/" (action) } {
                    (self.form_token(visit))
                    button.button { (action) }
                }
            }
            (value(&account))
        };
        let name = account["name"].as_str().unwrap_or_default();
        Ok(Response::page(200, self.frame(visit, name, &content)))
    }

    pub(crate) async fn change_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let change = visit.changed(&ACCOUNT_FIELDS);
        let call = calls::change_account(visit.parameter("account_id"), change);
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn check_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        self.ask(visit, calls::check_account(visit.parameter("account_id")))
            .await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn deregister_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        self.ask(
            visit,
            calls::deregister_account(visit.parameter("account_id")),
        )
        .await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn choose_access(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let names: Vec<String> = form.all("access").into_iter().map(str::to_owned).collect();
        let call = calls::choose_access(visit.parameter("account_id"), &names);
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn choose_companion_roles(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let roles = visit.json("companion_roles").unwrap_or_else(|| json!([]));
        let call = calls::choose_companion_roles(visit.parameter("account_id"), roles);
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    /// A question, which is answered on the page that follows the form.
    pub(crate) async fn simulate(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let lines = |name: &str| -> Vec<String> {
            let lines = form.text(name).lines().map(str::trim);
            lines
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let mut question = json!({"role": form.text("role"), "actions": lines("actions")});
        let resources = lines("resources");
        if !resources.is_empty() {
            question["resources"] = json!(resources);
        }
        let call = calls::simulate(visit.parameter("account_id"), question);
        self.plain_page(visit, "Simulation", call).await
    }

    pub(crate) async fn decode_message(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let message = form.text("message").trim();
        let call = calls::decode_authorization_message(visit.parameter("account_id"), message);
        self.plain_page(visit, "Message", call).await
    }

    pub(crate) async fn switch_role(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = calls::get_switch_role_link(visit.parameter("account_id"));
        self.plain_page(visit, "Switch role", call).await
    }

    pub(crate) async fn account_history(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = visit.read(&format!("/v1{}/history", path_of(visit)), PAGE);
        self.plain_page(visit, "History", call).await
    }

    pub(crate) async fn account_receipts(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = visit.read(&format!("/v1{}/receipts", path_of(visit)), PAGE);
        self.plain_page(visit, "Receipts", call).await
    }
}
