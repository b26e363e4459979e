//! `GET /v1/choices`: what a new registration can choose.

use crate::Api;
use crate::caller::Caller;
use crate::connect::shown;
use crate::problem::Problem;
use crate::response::Response;
use rolecall_domain::access::{AccessFile, Profile};
use rolecall_domain::companion::Kind;
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
        let mut profiles = Vec::from_iter(access.profiles.values());
        // A stable sort: by name, with those that can take over an account at the end.
        profiles.sort_by_key(|profile| profile.dangerous);
        let profiles = profiles
            .into_iter()
            .map(|profile| offered(profile, &access));
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

fn offered(profile: &Profile, access: &AccessFile) -> Value {
    let mut view = shown::profile(profile);
    view["default"] = json!(access.default.contains(&profile.name));
    view
}

fn role(kind: Kind) -> Value {
    let mut view = shown::companion_role(kind);
    view["one_per_account"] = json!(kind.one_per_account);
    view
}
