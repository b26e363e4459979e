//! Groups.

use crate::api::Api;
use crate::http::Response;
use crate::model::{Page as List, records};
use crate::pages::frame::value;
use crate::view;
use crate::view::groups::GroupForm;
use crate::visit::Visit;
use crate::{Console, Refusal};
use maud::html;
use rolecall_client::{Call, Group, NewRegistration, Registration, Request, calls};
use rolecall_domain::messages::{GroupPages, Resume};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::{Map, Value, json};

/// The fields of a group that a form changes.
const GROUP_FIELDS: [&str; 2] = ["name", "color"];

/// The color of a group whose form names none.
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
        let groups: List<records::Group> = self.ask(visit, visit.read("/v1/groups", PAGE)).await?;
        let shown = self.shown(visit);
        let page = view::groups::groups(&self.look(visit, &shown), &groups);
        Ok(Response::page(200, page))
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
        let shown = self.shown(visit);
        let page = view::groups::group_form(&self.look(visit, &shown), group_id, form);
        Response::page(status, page)
    }

    /// What was typed stays in the form if the API refuses a field.
    pub(crate) async fn create_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let sent = visit.request.form().unwrap_or_default();
        let color = Some(sent.text("color")).filter(|color| !color.is_empty());
        let (name, color) = (sent.text("name"), color.unwrap_or(DEFAULT_COLOR));
        let call = calls::create_group(name, color).with_key(visit.idempotency_key());
        match self.ask::<Group>(visit, call).await {
            Ok(group) => Ok(Response::see_other(format!("/groups/{}", group.group_id))),
            Err(refusal) => {
                let wrong = refusal.wrong_fields(|field| match field {
                    "name" => Some(("name", visit.say(&GroupPages::Name))),
                    "color" => Some(("color", visit.say(&GroupPages::Color))),
                    _ => None,
                })?;
                let form = GroupForm {
                    name,
                    color,
                    wrong,
                    ..GroupForm::default()
                };
                Ok(self.group_form(visit, 422, None, &form))
            }
        }
    }

    pub(crate) async fn group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let path = format!("/v1/groups/{id}");
        let (accounts, links) = (format!("{path}/accounts"), format!("{path}/registrations"));
        let (group, accounts, links) = futures_util::join!(
            self.ask::<Value>(visit, Request::get(&*path).into()),
            self.ask::<Value>(visit, visit.read(&accounts, PAGE)),
            self.ask::<Value>(visit, Request::get(&*links).into()),
        );
        let (group, accounts, links) = (group?, accounts?, links?);
        let content = html! {
            a href={ "/groups/" (id) "/connect" } { "+" }
            (value(&accounts))
            (value(&links))
        };
        let name = group["name"].as_str().unwrap_or_default();
        Ok(Response::page(200, self.frame(visit, name, &content)))
    }

    pub(crate) async fn change_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let call = calls::change_group(id, visit.changed(&GROUP_FIELDS));
        self.ask(visit, call).await?;
        Ok(Response::see_other(format!("/groups/{id}")))
    }

    pub(crate) async fn delete_group(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = calls::delete_group(visit.parameter("group_id"));
        self.ask(visit, call).await?;
        Ok(Response::see_other("/"))
    }

    /// The first step of adding an account.
    pub(crate) async fn connect(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("group_id");
        let group: Group = self.ask(visit, calls::get_group(id)).await?;
        let content = html! {
            form method="post" action={ "/groups/" (id) "/registrations" } {
                (self.form_token(visit))
                input name="account_name" aria-label="account_name";
                button.button { (visit.say(&Resume::Send)) }
            }
        };
        Ok(Response::page(
            200,
            self.frame(visit, &group.name, &content),
        ))
    }

    pub(crate) async fn create_registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let given = |name: &str| {
            let text = form.text(name).trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let access: Vec<String> = form.all("access").into_iter().map(str::to_owned).collect();
        let chooses_access = form.text("chooses_access") == "1" || !access.is_empty();
        let new = NewRegistration {
            account_name: given("account_name"),
            region: given("region"),
            report_by: given("report_by"),
            locale: given("locale"),
            aws_account_id: given("aws_account_id"),
            allow_duplicate: (form.text("allow_duplicate") == "1").then_some(true),
            access: chooses_access.then_some(access),
            companion_roles: visit.json("companion_roles"),
            ..NewRegistration::default()
        };
        let call = calls::create_registration(visit.parameter("group_id"), &new);
        let call = call.with_key(visit.idempotency_key());
        let registration: Registration = self.ask(visit, call).await?;
        let id = registration.registration_id;
        Ok(Response::see_other(format!("/registrations/{id}")))
    }
}

/// The query parameters of a list.
pub(super) const PAGE: &[&str] = &["limit", "cursor"];

impl Visit<'_> {
    /// Reads a path of the API with these parameters of the page's own query.
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

    /// The fields of the form that was sent, of these, as the change that the API expects.
    pub(super) fn changed(&self, fields: &[&str]) -> Value {
        let form = self.request.form().unwrap_or_default();
        let sent = form
            .0
            .into_iter()
            .filter(|(name, _)| fields.contains(&name.as_str()));
        let sent = sent.map(|(name, value)| (name, json!(value)));
        Value::Object(sent.collect::<Map<_, _>>())
    }

    /// A field that a page wrote as JSON.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        let form = self.request.form()?;
        serde_json::from_str(form.text(name)).ok()
    }
}
