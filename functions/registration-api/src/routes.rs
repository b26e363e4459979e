//! The API's routes, one row each: those of tenants, and those of the operator. `infra/openapi.yaml`
//! describes the same operations, and `infra/template.yaml` sends all of them to this function. Tests
//! compare the three.

use crate::Api;
use crate::caller::{Caller, Operator};
use crate::export;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::route::Route;
use rolecall_domain::operator::changes::Kind;
use rolecall_domain::ports::{TemplateBucket, TokenKeys};
use rolecall_domain::schedule::pace::Errand;
use rolecall_domain::user::Role;
use rolecall_usecases::Env;

/// Generates the table, and `Api::answer`, which calls a route's handler. A handler needs a
/// [`Caller`], so no route works without a tenant.
macro_rules! routes {
    (
        |$api:ident, $request:ident, $caller:ident|
        $($key:literal, $least_role:expr, $errand:expr, $query:expr => $answer:expr;)*
    ) => {
        pub const ROUTES: &[Route] = &[
            $(Route { key: $key, least_role: $least_role, errand: $errand, query: &$query },)*
        ];

        impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
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

/// Generates the table of the operator's own routes, and `Api::answer_operator`. All of them are
/// reads. A handler needs an [`Operator`], so no route works without an IAM identity of the hub's
/// account. Below `/operator/v1/tenants/{tenant}/`, every route of a tenant exists too.
macro_rules! operator_routes {
    (
        |$api:ident, $request:ident, $operator:ident|
        $($key:literal, $query:expr => $answer:expr;)*
    ) => {
        pub const OPERATOR_ROUTES: &[Route] = &[
            $(Route { key: $key, least_role: Role::Owner, errand: READ, query: &$query },)*
        ];

        impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
            pub(crate) async fn answer_operator(
                &self,
                route: &Route,
                $request: &Request<'_>,
                $operator: &Operator,
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

/// Generates the table of the routes for pages that need no sign-in, and `Api::answer_connect`.
/// A handler needs a [`Visitor`](crate::caller::Visitor), so no route works without a page token.
macro_rules! connect_routes {
    (
        |$api:ident, $request:ident, $visitor:ident|
        $($key:literal, $errand:expr, $query:expr => $answer:expr;)*
    ) => {
        pub const CONNECT_ROUTES: &[Route] = &[
            $(Route { key: $key, least_role: Role::Viewer, errand: $errand, query: &$query },)*
        ];

        impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
            pub(crate) async fn answer_connect(
                &self,
                route: &Route,
                $request: &Request<'_>,
            ) -> Result<Response, Problem> {
                let $api = self;
                let $visitor = self.visitor($request).await?;
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
const VIEWER: Role = Role::Viewer;
const MEMBER: Role = Role::Member;
const OWNER: Role = Role::Owner;
const PAGE: [&str; 2] = ["limit", "cursor"];
const SORTED_PAGE: [&str; 3] = ["order", "limit", "cursor"];

routes! { |api, request, caller|
    "POST /v1/groups", MEMBER, CHANGE, []
        => api.create_group(request, caller);
    "GET /v1/groups", VIEWER, READ, SORTED_PAGE
        => api.list_groups(request, caller);
    "GET /v1/groups/{group_id}", VIEWER, READ, []
        => api.read_group(caller, &request.group_id()?);
    "PATCH /v1/groups/{group_id}", MEMBER, CHANGE, []
        => api.change_group(request, caller, &request.group_id()?);
    "DELETE /v1/groups/{group_id}", OWNER, CHANGE, []
        => api.delete_group(caller, &request.group_id()?);
    "GET /v1/groups/{group_id}/accounts", VIEWER, READ, PAGE
        => api.list_accounts(request, caller, &request.group_id()?);
    "POST /v1/groups/{group_id}/registrations", MEMBER, CHANGE, []
        => api.create_registration(request, caller, &request.group_id()?);
    "GET /v1/groups/{group_id}/registrations", VIEWER, READ, PAGE
        => api.list_registrations(request, caller, &request.group_id()?);

    "GET /v1/registrations", VIEWER, READ,
        ["group_id", "status", "aws_account_id", "search", "attempted", "order", "limit", "cursor"]
        => api.tenant_list(request, caller, Kind::Registration);
    "GET /v1/registrations/{registration_id}", VIEWER, READ, []
        => api.read_registration(caller, &request.registration_id()?);
    "GET /v1/registrations/{registration_id}/summary", VIEWER, READ, ["lang"]
        => api.summarize_registration(request, caller, &request.registration_id()?);
    "DELETE /v1/registrations/{registration_id}", MEMBER, CHANGE, []
        => api.revoke_registration(caller, &request.registration_id()?);
    "POST /v1/registrations/{registration_id}/complete", MEMBER, Some(Errand::Paste), []
        => api.complete_registration(request, caller, &request.registration_id()?);

    "GET /v1/accounts", VIEWER, READ,
        ["group_id", "status", "aws_account_id", "search", "access", "finding", "order", "limit", "cursor"]
        => api.tenant_list(request, caller, Kind::Account);
    "GET /v1/accounts/{account_id}", VIEWER, READ, []
        => api.read_account(caller, &request.account_id()?);
    "PATCH /v1/accounts/{account_id}", MEMBER, CHANGE, []
        => api.change_account(request, caller, &request.account_id()?);
    "DELETE /v1/accounts/{account_id}", OWNER, CHANGE, []
        => api.deregister_account(caller, &request.account_id()?);
    "POST /v1/accounts/{account_id}/checks", MEMBER, Some(Errand::AccountCheck), []
        => api.check_account_now(request, caller, &request.account_id()?);
    "POST /v1/accounts/{account_id}/customer-link", OWNER, CHANGE, []
        => api.renew_customer_link(request, caller, &request.account_id()?);
    "GET /v1/accounts/{account_id}/history", VIEWER, READ, PAGE
        => api.account_history(request, caller, &request.account_id()?);
    "GET /v1/accounts/{account_id}/receipts", VIEWER, READ, PAGE
        => api.account_receipts(request, caller, &request.account_id()?);
    "PUT /v1/accounts/{account_id}/access", OWNER, Some(Errand::RoleChoice), []
        => api.choose_access(request, caller, &request.account_id()?);
    "PUT /v1/accounts/{account_id}/companion-roles", OWNER, Some(Errand::RoleChoice), []
        => api.choose_companion_roles(request, caller, &request.account_id()?);
    "POST /v1/accounts/{account_id}/simulations", MEMBER, Some(Errand::Simulation), []
        => api.simulate(request, caller, &request.account_id()?);
    "GET /v1/accounts/{account_id}/switch-role-link", VIEWER, READ, []
        => api.switch_role_link(caller, &request.account_id()?);

    "GET /v1/orphaned-stacks", VIEWER, READ, ["status", "order", "limit", "cursor"]
        => api.list_orphaned_stacks(request, caller);
    "GET /v1/orphaned-stacks/{orphaned_stack_id}", VIEWER, READ, []
        => api.read_orphaned_stack(caller, &request.orphaned_stack_id()?);
    "POST /v1/orphaned-stacks/{orphaned_stack_id}/checks", MEMBER, Some(Errand::StackCheck), []
        => api.check_orphaned_stack(request, caller, &request.orphaned_stack_id()?);
    "POST /v1/orphaned-stacks/{orphaned_stack_id}/dismiss", OWNER, CHANGE, []
        => api.dismiss_orphaned_stack(request, caller, &request.orphaned_stack_id()?);

    "GET /v1/me", VIEWER, READ, []
        => api.me(caller);
    "GET /v1/choices", VIEWER, READ, []
        => api.choices(caller);
    "GET /v1/export", VIEWER, READ, export::PARAMETERS
        => api.export(request, caller);
    "GET /v1/required-permissions", VIEWER, READ, ["report_by", "registration_id"]
        => api.required_permissions(request, caller);
    "GET /v1/source-policy", VIEWER, READ, ["trusted_account_id", "group_id"]
        => api.source_policy(request, caller);
    "POST /v1/decode-authorization-message", MEMBER, Some(Errand::Decoding), []
        => api.decode_message(request, caller);
}

operator_routes! { |api, request, operator|
    "GET /operator/v1/tenants", PAGE
        => api.list_tenants(request, operator);
    "GET /operator/v1/accounts",
        ["tenant", "status", "aws_account_id", "search", "access", "finding", "changed_since", "limit", "cursor"]
        => api.fleet_list(request, operator, Kind::Account);
    "GET /operator/v1/registrations",
        ["tenant", "status", "aws_account_id", "search", "attempted", "changed_since", "limit", "cursor"]
        => api.fleet_list(request, operator, Kind::Registration);
    "GET /operator/v1/orphaned-stacks",
        ["tenant", "status", "aws_account_id", "changed_since", "limit", "cursor"]
        => api.fleet_list(request, operator, Kind::OrphanedStack);
    "GET /operator/v1/aws-accounts/{aws_account_id}", PAGE
        => api.read_aws_account(request, operator, &request.aws_account_id()?);
    "GET /operator/v1/accounts/{account_id}/assume-role", []
        => api.assume_role(operator, &request.account_id()?);
    "GET /operator/v1/export", export::PARAMETERS_OF_OPERATOR
        => api.export_for_operator(request, operator);
    "GET /operator/v1/usage", ["month", "limit", "cursor"]
        => api.usage(request, operator);
}

connect_routes! { |api, request, visitor|
    "GET /connect/v1/registration", READ, []
        => api.connect_page(&visitor);
    "POST /connect/v1/registration/complete", Some(Errand::Paste), []
        => api.complete_from_page(request, &visitor);
    "GET /connect/v1/account", READ, []
        => api.customer_page(&visitor);
    "GET /connect/v1/account/receipts", READ, PAGE
        => api.customer_receipts(request, &visitor);
}

/// The methods of a path, for the header `Allow`.
pub fn allowed(path: &str) -> String {
    let routes = ROUTES
        .iter()
        .chain(OPERATOR_ROUTES)
        .filter(|route| route.path() == path);
    Vec::from_iter(routes.map(Route::method)).join(", ")
}
