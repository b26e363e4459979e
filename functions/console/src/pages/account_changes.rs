//! Changes of an account.

use super::accounts::{Beside, path_of};
use crate::api::Api;
use crate::http::Response;
use crate::model::Page as List;
use crate::model::records::{Account, Chosen, Group};
use crate::view;
use crate::view::parts::Wrong;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Request, calls};
use rolecall_domain::messages::{AccountPage, GroupPages};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Value, json};

/// The fields of an account that a form changes.
const ACCOUNT_FIELDS: [&str; 2] = ["name", "group_id"];

/// The maximum number of groups in the list to move an account to. For more groups, use the command line.
const MOST_GROUPS: &str = "100";

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    pub(crate) async fn edit_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        self.edit_form(visit, 200, &account, &account.name, &[])
            .await
    }

    async fn edit_form(
        &self,
        visit: &Visit<'_>,
        status: u16,
        account: &Account,
        name: &str,
        wrong: &[Wrong],
    ) -> Result<Response, Refusal> {
        let groups = Request::get("/v1/groups").query("limit", Some(MOST_GROUPS));
        let groups: List<Group> = self.ask(visit, groups.into()).await?;
        Ok(self.page(visit, status, |look| {
            view::account::edit(look, account, &groups.items, name, wrong)
        }))
    }

    pub(crate) async fn change_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let change = visit.changed(&ACCOUNT_FIELDS);
        let call = calls::change_account(visit.parameter("account_id"), change);
        let Err(refusal) = self.ask(visit, call).await else {
            return Ok(Response::see_other(path_of(visit)));
        };
        let wrong = refusal.wrong_fields(|field| match field {
            "name" => Some(("name", visit.say(&GroupPages::Name))),
            "group_id" => Some(("group_id", visit.say(&AccountPage::MoveTo))),
            _ => None,
        })?;
        let account = self.account_record(visit).await?;
        let form = visit.request.form().unwrap_or_default();
        self.edit_form(visit, 422, &account, form.text("name"), &wrong)
            .await
    }

    pub(crate) async fn ask_to_deregister_account(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        Ok(self.page(visit, 200, |look| {
            view::account::deregister(look, &account, "", &[])
        }))
    }

    /// Requires the account's name as confirmation, because this can't be undone.
    pub(crate) async fn deregister_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        let form = visit.request.form().unwrap_or_default();
        let typed = form.text("name").trim();
        if typed != account.name {
            let wrong = Wrong {
                field: "name",
                label: visit.say(&GroupPages::Name),
                message: visit.say(&AccountPage::DeregisterMismatch),
            };
            return Ok(self.page(visit, 422, |look| {
                view::account::deregister(look, &account, typed, &[wrong])
            }));
        }
        let call = calls::deregister_account(&account.account_id);
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn renew_customer_link(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = calls::renew_customer_link(visit.parameter("account_id"));
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn choose_access(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let names: Vec<String> = form.all("access").into_iter().map(str::to_owned).collect();
        let call = calls::choose_access(visit.parameter("account_id"), &names);
        let chosen = self.ask(visit, call).await?;
        self.chosen(visit, chosen).await
    }

    pub(crate) async fn choose_companion_roles(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let roles = form.all("companion_roles").into_iter();
        let roles: Vec<Value> = roles.map(|kind| json!({"kind": kind})).collect();
        let call = calls::choose_companion_roles(visit.parameter("account_id"), json!(roles));
        let chosen = self.ask(visit, call).await?;
        self.chosen(visit, chosen).await
    }

    /// Shows the account with the link to the stack's update page. Sending the form again changes nothing.
    async fn chosen(&self, visit: &Visit<'_>, chosen: Value) -> Result<Response, Refusal> {
        let chosen: Option<Chosen> = serde_json::from_value(chosen).ok();
        let update = chosen.and_then(|chosen| chosen.update);
        let beside = Beside {
            update_url: update.as_ref().map(|update| &*update.console_url),
            ..Beside::default()
        };
        self.account_page(visit, 200, &beside).await
    }
}
