//! Groups and their registrations.

use crate::api::Api;
use crate::http::{Form, Response};
use crate::model::roles::RoleFields;
use crate::model::{Choices, Page as List, records};
use crate::pages::choices::{access_field, is_access, role_field};
use crate::typed::digits;
use crate::view;
use crate::view::add::AddForm;
use crate::view::choices::ACCESS;
use crate::view::groups::{Contents, GroupForm};
use crate::view::parts::Wrong;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Call, Group, NewRegistration, Registration, Request, calls};
use rolecall_domain::messages::{AddAccount, GroupPages};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Map, Value, json};

/// The fields of a group that a form changes.
const GROUP_FIELDS: [&str; 2] = ["name", "color"];

/// The most groups that one page of the API has.
pub(super) const MOST_GROUPS: &str = "100";

/// The color of a group if the form specifies none.
const DEFAULT_COLOR: &str = "#4b5563";

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    pub(crate) async fn groups(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let groups: List<records::Group> = self
            .ask(visit, visit.read("/v1/groups", SORTED_PAGE))
            .await?;
        Ok(self.page(visit, 200, |look| view::groups::groups(look, &groups)))
    }

    /// The groups by name, or as many of them as one page of the API has.
    pub(super) async fn all_groups(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Vec<records::Group>, Refusal> {
        let request = Request::get("/v1/groups").query("limit", Some(MOST_GROUPS));
        let groups: List<records::Group> = self.ask(visit, request.into()).await?;
        Ok(groups.items)
    }

    pub(crate) fn new_group(&self, visit: &Visit<'_>) -> Response {
        let form = GroupForm {
            color: DEFAULT_COLOR,
            ..GroupForm::default()
        };
        self.group_form(visit, 200, None, &form)
    }

    fn group_form(
        &self,
        visit: &Visit<'_>,
        status: u16,
        group_id: Option<&str>,
        form: &GroupForm<'_>,
    ) -> Response {
        self.page(visit, status, |look| {
            view::groups::group_form(look, group_id, form)
        })
    }

    /// The input stays in the form if the API rejects a field.
    pub(crate) async fn create_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let sent = visit.request.form().unwrap_or_default();
        let color = Some(sent.text("color")).filter(|color| !color.is_empty());
        let (name, color) = (sent.text("name"), color.unwrap_or(DEFAULT_COLOR));
        let call = calls::create_group(name, color).with_key(visit.idempotency_key());
        match self.ask::<Group>(visit, call).await {
            Ok(group) => Ok(Response::see_other(format!("/groups/{}", group.group_id))),
            Err(refusal) => {
                let wrong = wrong_in_group(visit, refusal)?;
                let form = GroupForm { name, color, wrong };
                Ok(self.group_form(visit, 422, None, &form))
            }
        }
    }

    pub(super) async fn group_record(
        &self,
        visit: &Visit<'_>,
        id: &str,
    ) -> Result<records::Group, Refusal> {
        self.ask(visit, Request::get(format!("/v1/groups/{id}")).into())
            .await
    }

    pub(crate) async fn waiting(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let chosen = visit.request.parameter("status");
        let status = chosen.filter(|it| !it.is_empty()).unwrap_or("pending");
        let request: Request = visit
            .read::<Value>("/v1/registrations", &["order", "limit"])
            .into();
        let request = request
            .query("group_id", Some(id))
            .query("status", Some(status));
        let (group, list) = futures_util::join!(
            self.group_record(visit, id),
            self.first_found::<records::Registration>(visit, &request),
        );
        let (group, list) = (group?, list?);
        let contents = Contents::Waiting(status, &list);
        Ok(self.page(visit, 200, |look| {
            view::groups::group(look, &group, &contents)
        }))
    }

    pub(crate) async fn edit_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let group = self
            .group_record(visit, visit.parameter("group_id"))
            .await?;
        let form = GroupForm {
            name: &group.name,
            color: &group.color,
            ..GroupForm::default()
        };
        Ok(self.group_form(visit, 200, Some(&group.group_id), &form))
    }

    pub(crate) async fn change_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let call = calls::change_group(id, visit.changed(&GROUP_FIELDS));
        let Err(refusal) = self.ask(visit, call).await else {
            return Ok(Response::see_other(format!("/groups/{id}")));
        };
        let wrong = wrong_in_group(visit, refusal)?;
        let sent = visit.request.form().unwrap_or_default();
        let form = GroupForm {
            name: sent.text("name"),
            color: sent.text("color"),
            wrong,
        };
        Ok(self.group_form(visit, 422, Some(id), &form))
    }

    pub(crate) async fn ask_to_delete_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let group = self.group_record(visit, id).await?;
        Ok(self.page(visit, 200, |look| view::groups::delete_group(look, &group)))
    }

    pub(crate) async fn delete_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = calls::delete_group(visit.parameter("group_id"));
        self.ask(visit, call).await?;
        Ok(Response::see_other("/"))
    }

    /// The first step of adding an account.
    pub(crate) async fn add_account(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let (group, choices) =
            futures_util::join!(self.group_record(visit, id), self.choices(visit));
        let (group, choices) = (group?, choices?);
        let default = choices.access.iter().filter(|one| one.is_default);
        let form = AddForm {
            access: default.map(|one| &*one.access.name).collect(),
            roles: RoleFields::unchosen(),
            ..AddForm::default()
        };
        Ok(self.page(visit, 200, |look| {
            view::add::add(look, &group, &choices, &form)
        }))
    }

    pub(super) async fn choices(&self, visit: &Visit<'_>) -> Result<Choices, Refusal> {
        self.ask(visit, Request::get("/v1/choices").into()).await
    }

    /// The choices, for their titles. A page is useful without them.
    pub(super) async fn titles(&self, visit: &Visit<'_>) -> Choices {
        self.choices(visit).await.unwrap_or_default()
    }

    pub(crate) async fn create_registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let roles = RoleFields::sent(&form);
        let new = requested(visit, &form, &roles);
        let group_id = visit.parameter("group_id");
        let call = calls::create_registration(group_id, &new);
        let call = call.with_key(visit.idempotency_key());
        let refusal = match self.ask::<Registration>(visit, call).await {
            Ok(made) => {
                let id = made.registration_id;
                return Ok(Response::see_other(format!("/registrations/{id}")));
            }
            Err(refusal) => refusal,
        };
        let wrong = refusal.wrong_fields(|field| wrong_in_registration(visit, &roles, field))?;
        let (group, choices) =
            futures_util::join!(self.group_record(visit, group_id), self.choices(visit));
        let (group, choices) = (group?, choices?);
        let form = AddForm {
            name: form.text("account_name"),
            region: form.text("region"),
            aws_account_id: form.text("aws_account_id"),
            access: form.all(ACCESS),
            roles,
            wrong,
        };
        Ok(self.page(visit, 422, |look| {
            view::add::add(look, &group, &choices, &form)
        }))
    }
}

/// What the form asks for.
fn requested(visit: &Visit<'_>, form: &Form, roles: &RoleFields) -> NewRegistration {
    let given = |name: &str| {
        let text = form.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let access = form.all(ACCESS).into_iter().map(str::to_owned);
    NewRegistration {
        account_name: given("account_name"),
        region: given("region"),
        locale: Some(visit.language.tag().to_owned()),
        aws_account_id: given("aws_account_id").map(|id| digits(&id)),
        access: Some(access.collect()),
        companion_roles: Some(roles.request()),
        ..NewRegistration::default()
    }
}

fn wrong_in_registration(
    visit: &Visit<'_>,
    roles: &RoleFields,
    field: &str,
) -> Option<(String, String)> {
    let label = match field {
        "account_name" => AddAccount::NameLabel,
        "region" => AddAccount::RegionLabel,
        "aws_account_id" => AddAccount::AccountLabel,
        field if is_access(field) => return Some(access_field(visit)),
        field => return role_field(visit, roles, field),
    };
    Some((field.to_owned(), visit.say(&label)))
}

fn wrong_in_group(visit: &Visit<'_>, refusal: Refusal) -> Result<Vec<Wrong>, Refusal> {
    refusal.wrong_fields(|field| match field {
        "name" => Some((field.to_owned(), visit.say(&GroupPages::Name))),
        "color" => Some((field.to_owned(), visit.say(&GroupPages::Color))),
        _ => None,
    })
}

/// The query parameters of a list.
pub(super) const PAGE: &[&str] = &["limit", "cursor"];

/// The query parameters of a list that can be sorted.
pub(super) const SORTED_PAGE: &[&str] = &["order", "limit", "cursor"];

impl Visit<'_> {
    /// Requests a path of the API with these parameters of the page's query.
    pub(super) fn read<T>(&self, path: &str, parameters: &[&'static str]) -> Call<T> {
        let mut request = Request::get(path);
        for name in parameters {
            let value = self
                .request
                .parameter(name)
                .filter(|value| !value.is_empty());
            request = request.query(name, value);
        }
        request.into()
    }

    /// These fields of the form, as the change that the API expects.
    pub(super) fn changed(&self, fields: &[&str]) -> Value {
        let form = self.request.form().unwrap_or_default();
        let sent = form
            .0
            .into_iter()
            .filter(|(name, _)| fields.contains(&name.as_str()));
        let sent = sent.map(|(name, value)| (name, json!(value)));
        Value::Object(sent.collect::<Map<_, _>>())
    }
}
