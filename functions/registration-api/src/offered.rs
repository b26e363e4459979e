//! `GET /v1/choices`: what a new registration can choose.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::response::Response;
use rolecall_domain::access::{AccessFile, Profile};
use rolecall_domain::companion::Kind;
use rolecall_domain::messages::Message;
use rolecall_domain::ports::{TemplateBucket, TokenKeys};
use rolecall_usecases::Env;
use serde_json::{Value, json};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// The same for every tenant: what the operator published, and where stacks can report.
    pub(crate) async fn choices(&self, _: &Caller) -> Result<Response, Problem> {
        let access = self.offering().await?.access;
        let regions = self.service.partition().regions().map(|region| {
            let report_by = self.service.report_by(&region);
            json!({"region": region, "report_by": report_by})
        });
        let profiles = access.profiles.values();
        let profiles = profiles.map(|profile| offered(profile, &access));
        let roles = Kind::companions().map(role);
        let body = json!({
            "home_region": self.service.home,
            "regions": Vec::from_iter(regions),
            "access": Vec::from_iter(profiles),
            "companion_roles": Vec::from_iter(roles),
        });
        Ok(Response::json(200, &body))
    }
}

/// The words of a profile are the operator's.
fn offered(profile: &Profile, access: &AccessFile) -> Value {
    json!({
        "name": profile.name,
        "title": profile.title,
        "explain": profile.explain,
        "not": profile.not,
        "dangerous": profile.dangerous,
        "default": access.default.contains(&profile.name),
    })
}

fn role(kind: Kind) -> Value {
    json!({
        "kind": kind,
        "title": kind.label.localized(),
        "explain": kind.purpose.localized(),
        "one_per_account": kind.one_per_account,
    })
}
