//! The API's routes, one row each. `infra/openapi.yaml` describes the same operations, and
//! `infra/template.yaml` sends all of them to this function. Tests compare the three.

use crate::Api;
use crate::problem::Problem;
use crate::request::{Caller, Request};
use crate::response::Response;
use rolecall_domain::ports::TokenKeys;
use rolecall_domain::schedule::pace::Errand;
use rolecall_usecases::Env;

/// The gateway's route for every request that has no route of its own.
pub const PROXY: &str = "ANY /v1/{proxy+}";

#[derive(Debug)]
pub struct Route {
    /// Method and path template, such as `GET /v1/groups/{group_id}`.
    pub key: &'static str,
    /// How a request counts against its tenant's limits. `None` for reads of the hub's own records.
    pub errand: Option<Errand>,
    /// The query parameters that the route accepts.
    pub query: &'static [&'static str],
}

/// Generates the table, and `Api::answer`, which calls a route's handler. A handler needs a
/// [`Caller`], so no route works without a tenant.
macro_rules! routes {
    (
        |$api:ident, $request:ident, $caller:ident|
        $($key:literal, $errand:expr, $query:expr => $answer:expr;)*
    ) => {
        pub const ROUTES: &[Route] = &[
            $(Route { key: $key, errand: $errand, query: &$query },)*
        ];

        impl<E: Env, K: TokenKeys> Api<E, K> {
            pub(crate) async fn answer(
                &self,
                route: &Route,
                $request: &Request<'_>,
                $caller: &Caller,
            ) -> Result<Response, Problem> {
                let $api = self;
                match route.key {
                    $($key => $answer.await,)*
                    _ => Err(Problem::unknown_path()),
                }
            }
        }
    };
}

const READ: Option<Errand> = None;
const CHANGE: Option<Errand> = Some(Errand::Change);
const PAGE: [&str; 2] = ["limit", "cursor"];

routes! { |api, request, caller|
    "POST /v1/groups", CHANGE, []
        => api.create_group(request, caller);
    "GET /v1/groups", READ, PAGE
        => api.list_groups(request, caller);
    "GET /v1/groups/{group_id}", READ, []
        => api.read_group(caller, &request.group_id()?);
    "PATCH /v1/groups/{group_id}", CHANGE, []
        => api.change_group(request, caller, &request.group_id()?);
    "DELETE /v1/groups/{group_id}", CHANGE, []
        => api.delete_group(caller, &request.group_id()?);
    "GET /v1/groups/{group_id}/accounts", READ, PAGE
        => api.list_accounts(request, caller, &request.group_id()?);
    "GET /v1/groups/{group_id}/aws-config", READ,
        ["source_profile", "source_is_user", "mfa_device", "region"]
        => api.aws_config(request, caller, &request.group_id()?);
    "POST /v1/groups/{group_id}/registrations", CHANGE, []
        => api.create_registration(request, caller, &request.group_id()?);
    "GET /v1/groups/{group_id}/registrations", READ, PAGE
        => api.list_registrations(request, caller, &request.group_id()?);

    "GET /v1/registrations/{registration_id}", READ, []
        => api.read_registration(caller, &request.registration_id()?);
    "DELETE /v1/registrations/{registration_id}", CHANGE, []
        => api.revoke_registration(caller, &request.registration_id()?);
    "POST /v1/registrations/{registration_id}/complete", Some(Errand::Paste), []
        => api.complete_registration(request, caller, &request.registration_id()?);

    "GET /v1/accounts/{account_id}", READ, []
        => api.read_account(caller, &request.account_id()?);
    "PATCH /v1/accounts/{account_id}", CHANGE, []
        => api.change_account(request, caller, &request.account_id()?);
    "DELETE /v1/accounts/{account_id}", CHANGE, []
        => api.deregister_account(caller, &request.account_id()?);
    "POST /v1/accounts/{account_id}/checks", Some(Errand::AccountCheck), []
        => api.check_account_now(request, caller, &request.account_id()?);
    "GET /v1/accounts/{account_id}/history", READ, PAGE
        => api.account_history(request, caller, &request.account_id()?);
    "PUT /v1/accounts/{account_id}/companion-roles", Some(Errand::RoleChoice), []
        => api.choose_companion_roles(request, caller, &request.account_id()?);
    "POST /v1/accounts/{account_id}/simulations", Some(Errand::Simulation), []
        => api.simulate(request, caller, &request.account_id()?);
    "GET /v1/accounts/{account_id}/switch-role-link", READ, []
        => api.switch_role_link(caller, &request.account_id()?);

    "GET /v1/orphaned-stacks", READ, ["status", "limit", "cursor"]
        => api.list_orphaned_stacks(request, caller);
    "GET /v1/orphaned-stacks/{orphaned_stack_id}", READ, []
        => api.read_orphaned_stack(caller, &request.orphaned_stack_id()?);
    "POST /v1/orphaned-stacks/{orphaned_stack_id}/checks", Some(Errand::StackCheck), []
        => api.check_orphaned_stack(request, caller, &request.orphaned_stack_id()?);
    "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss", CHANGE, []
        => api.dismiss_orphaned_stack(request, caller, &request.orphaned_stack_id()?);

    "GET /v1/required-permissions", READ, ["report_by"]
        => api.required_permissions(request);
    "GET /v1/source-policy", READ, ["trusted_account_id", "group_id"]
        => api.source_policy(request, caller);
    "POST /v1/decode-authorization-message", Some(Errand::Decoding), []
        => api.decode_message(request, caller);
}

impl Route {
    pub fn method(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(method, _)| method)
    }

    pub fn path(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(_, path)| path)
    }

    /// The template's route for this one. Routes that make calls to AWS have their own, with a
    /// lower limit.
    pub fn gateway_key(&self) -> &'static str {
        match self.errand {
            None | Some(Errand::Change) => PROXY,
            Some(_) => self.key,
        }
    }
}

/// What a method and a path refer to.
#[derive(Debug)]
pub enum Target<'a> {
    Route(&'static Route, PathParameters<'a>),
    /// A known path, without this method. The value is the path's template.
    OtherMethod(&'static str),
    UnknownPath,
}

pub type PathParameters<'a> = Vec<(&'static str, &'a str)>;

impl<'a> Target<'a> {
    /// Paths are compared exactly, without decoding or normalization, so that a resource has only
    /// one path.
    pub fn find(method: &str, path: &'a str) -> Self {
        let mut target = Self::UnknownPath;
        for route in ROUTES {
            let Some(parameters) = parameters(route.path(), path) else {
                continue;
            };
            if route.method() == method {
                return Self::Route(route, parameters);
            }
            target = Self::OtherMethod(route.path());
        }
        target
    }

    /// A name for the log. It contains nothing that the caller sent.
    pub fn name(&self) -> String {
        match self {
            Self::Route(route, _) => route.key.to_owned(),
            Self::OtherMethod(path) => format!("unsupported method of {path}"),
            Self::UnknownPath => "unknown path".to_owned(),
        }
    }
}

fn parameters<'a>(template: &'static str, path: &'a str) -> Option<PathParameters<'a>> {
    let (mut parameters, mut segments) = (Vec::new(), path.split('/'));
    for part in template.split('/') {
        let segment = segments.next()?;
        match parameter_name(part) {
            Some(name) if !segment.is_empty() => parameters.push((name, segment)),
            None if segment == part => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

fn parameter_name(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// The methods of a path, for the header `Allow`.
pub fn allowed(path: &str) -> String {
    let routes = ROUTES.iter().filter(|route| route.path() == path);
    Vec::from_iter(routes.map(Route::method)).join(", ")
}
