//! Changes of an account.

use super::accounts::path_of;
use super::choices::{access_field, is_access, role_field};
use super::groups::MOST_GROUPS;
use crate::api::Api;
use crate::http::Response;
use crate::model::Page as List;
use crate::model::records::{Account, Group};
use crate::model::roles::RoleFields;
use crate::view;
use crate::view::choices::ACCESS;
use crate::view::parts::Wrong;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Request, calls};
use rolecall_domain::messages::{AccountPage, GroupPages};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};

/// The fields of an account that a form changes.
const ACCOUNT_FIELDS: [&str; 2] = ["name", "group_id"];

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
            "name" => Some((field.to_owned(), visit.say(&GroupPages::Name))),
            "group_id" => Some((field.to_owned(), visit.say(&AccountPage::MoveTo))),
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
                field: "name".to_owned(),
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

    pub(crate) async fn ask_for_access(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        let chosen = account.requested_access.iter().map(String::as_str);
        let chosen: Vec<&str> = chosen.collect();
        self.access_form(visit, 200, &account, &chosen, &[]).await
    }

    async fn access_form(
        &self,
        visit: &Visit<'_>,
        status: u16,
        account: &Account,
        chosen: &[&str],
        wrong: &[Wrong],
    ) -> Result<Response, Refusal> {
        let offered = self.choices(visit).await?.access;
        Ok(self.page(visit, status, |look| {
            view::choices::access(look, account, &offered, chosen, wrong)
        }))
    }

    pub(crate) async fn choose_access(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let chosen = form.all(ACCESS);
        let names = Vec::from_iter(chosen.iter().map(|name| (*name).to_owned()));
        let call = calls::choose_access(visit.parameter("account_id"), &names);
        let Err(refusal) = self.ask(visit, call).await else {
            return Ok(Response::see_other(path_of(visit)));
        };
        let wrong = refusal.wrong_fields(|field| is_access(field).then(|| access_field(visit)))?;
        let account = self.account_record(visit).await?;
        self.access_form(visit, 422, &account, &chosen, &wrong)
            .await
    }

    pub(crate) async fn ask_for_companion_roles(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let account = self.account_record(visit).await?;
        let fields = RoleFields::of_account(&account.companion_roles);
        Ok(self.page(visit, 200, |look| {
            view::choices::companion_roles(look, &account, &fields, &[])
        }))
    }

    pub(crate) async fn choose_companion_roles(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let fields = RoleFields::sent(&form);
        let id = visit.parameter("account_id");
        let call = calls::choose_companion_roles(id, fields.request());
        let Err(refusal) = self.ask(visit, call).await else {
            return Ok(Response::see_other(path_of(visit)));
        };
        let wrong = refusal.wrong_fields(|field| role_field(visit, &fields, field))?;
        let account = self.account_record(visit).await?;
        Ok(self.page(visit, 422, |look| {
            view::choices::companion_roles(look, &account, &fields, &wrong)
        }))
    }
}
