//! `GET /v1/me`: the caller, and its role.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::response::Response;
use rolecall_domain::ports::{TemplateBucket, TokenKeys};
use rolecall_domain::text::Actor;
use rolecall_domain::text::person::Person;
use rolecall_usecases::Env;
use serde_json::json;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn me(&self, caller: &Caller) -> Result<Response, Problem> {
        let nobody = Person::default();
        let (subject, person) = match &caller.actor {
            Actor::User { subject, person } => (subject.clone(), person),
            actor @ (Actor::Service { .. }
            | Actor::Workload(_)
            | Actor::Stack
            | Actor::Customer
            | Actor::Hub) => (actor.to_string(), &nobody),
        };
        let body = json!({
            "tenant": caller.tenant,
            "subject": subject,
            "name": person.name,
            "email": person.email,
            "role": caller.role,
        });
        Ok(Response::json(200, &body))
    }
}
