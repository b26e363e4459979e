//! `/v1/registrations/{registration_id}/summary`: describes what the link's stack creates and allows.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::access::Profile;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::messages::{Alternatives, Language, Message, Rule, Summary};
use rolecall_domain::ports::{Records, TemplateBucket, TokenKeys};
use rolecall_domain::record::registration::Registration;
use rolecall_domain::template::Template;
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::{Value, json};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn summarize_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &RegistrationId,
    ) -> Result<Response, Problem> {
        if request
            .query("lang")
            .is_some_and(|tag| Language::parse(tag).is_none())
        {
            let values = Alternatives::of(Language::ALL.map(Language::tag));
            let error = FieldError::new("invalid", Rule::MustBeOneOf { values });
            return Err(Problem::invalid("lang", error));
        }
        let registration = self.registration(caller, id).await?;
        let template = self.template_of(&registration).await?;
        Ok(Response::json(200, &summary(&registration, &template)))
    }

    /// The template of the registration's link.
    pub(crate) async fn template_of(
        &self,
        registration: &Registration,
    ) -> Result<Template, Problem> {
        let id = &registration.template.template_id;
        let template = self.env.store().template(id).await?;
        template
            .ok_or_else(|| Problem::unexpected("the template of a registration is not recorded"))
    }
}

fn summary(registration: &Registration, template: &Template) -> Value {
    let product = template.product.to_string();
    let hub = template.hub.account_id.to_string();
    let role = Summary::Role {
        product: product.clone(),
        hub,
    };
    let mut creates = vec![
        json!({"resource": "role", "text": role.localized()}),
        json!({"resource": "self_inspection", "text": Summary::SelfInspection.localized()}),
    ];
    creates.extend(template.companion_roles.iter().map(|role| {
        let text = role.kind.purpose.localized();
        json!({"resource": "companion_role", "kind": role.kind, "options": role.options, "text": text})
    }));
    if registration.report_by == ReportBy::Callback {
        let text = Summary::Callback {
            product: product.clone(),
        };
        creates.push(json!({"resource": "callback", "text": text.localized()}));
    }
    let no_access = template.profiles.is_empty();
    json!({
        "registration_id": registration.registration_id,
        "product": product,
        "contact": template.contact,
        "region": registration.region,
        "stack_name": registration.stack_name(),
        "creates": creates,
        "access": template.profiles.iter().map(access).collect::<Vec<_>>(),
        "no_access": no_access.then(|| Summary::NoAccess.localized()),
        "removal": Summary::Removal.localized(),
    })
}

/// The text of a profile is the operator's.
fn access(profile: &Profile) -> Value {
    json!({
        "name": profile.name,
        "title": profile.title,
        "explain": profile.explain,
        "not": profile.not,
        "managed_policies": profile.managed_policies,
        "policy": profile.policy,
        "dangerous": profile.dangerous,
        "warning": profile.dangerous.then(|| Summary::Dangerous.localized()),
    })
}
