//! Everything that a tenant asks for, over HTTP.
//!
//! [`Api::handle`] finds the caller, routes, and turns whatever comes back into a response. Each
//! resource has a module of its own: decode the request, decide, commit, show.

mod accounts;
mod companion_roles;
mod fields;
mod groups;
mod idempotency;
mod orphaned_stacks;
mod pace;
mod paging;
mod people;
mod problem;
mod refusal;
mod registrations;
mod request;
mod required_permissions;
mod response;
mod views;

use crate::problem::Problem;
use crate::request::{Caller, Request};
use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rolecall_aws::telemetry::{Ending, Outcome};
use rolecall_domain::SignedDuration;
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::service::Service;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::{Clock, TokenKeys};
use rolecall_domain::schedule::pace::{Errand, Limited};
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::Value;
use std::pin::pin;

pub use crate::response::Response;

/// Answers come within 20 seconds; the gateway cuts off at 30.
const PATIENCE: SignedDuration = SignedDuration::from_secs(18);

#[derive(Debug)]
pub struct Api<E, K> {
    pub env: E,
    pub keys: K,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The hub's Region, a link's unless the request names another; and those with a callback.
    pub service: Service,
    pub topic_name: String,
    pub onboarding_bucket: String,
}

/// Reads for one page at a time: more would only wait for connections.
const AT_ONCE: usize = 16;

/// What the reads come to, in their order.
async fn side_by_side<T>(
    reads: impl IntoIterator<Item = impl Future<Output = Result<T, Problem>>>,
) -> Result<Vec<T>, Problem> {
    stream::iter(reads).buffered(AT_ONCE).try_collect().await
}

/// The query parameters that a route knows.
fn parameters(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match (method, segments) {
        ("GET", ["v1", "groups"] | ["v1", "groups", _, "registrations" | "accounts"])
        | ("GET", ["v1", "accounts", _, "history"]) => &["limit", "cursor"],
        ("GET", ["v1", "orphaned-stacks"]) => &["status", "limit", "cursor"],
        ("GET", ["v1", "groups", _, "aws-config"]) => {
            &["source_profile", "source_is_user", "mfa_device", "region"]
        }
        ("GET", ["v1", "required-permissions"]) => &["report_by"],
        ("GET", ["v1", "source-policy"]) => &["trusted_account_id", "group_id"],
        _ => &[],
    }
}

/// An id in a path that is not one can't be found, like one that is nobody's.
fn id<T: Identifies>(
    text: &str,
    parse: impl FnOnce(String) -> Result<T, FieldError>,
) -> Result<T, Problem> {
    parse(text.to_owned()).map_err(|_| Problem::not_found(&T::UNKNOWN))
}

/// The id of a kind of record.
trait Identifies {
    /// There is none with the id.
    const UNKNOWN: Detail;
}

impl Identifies for GroupId {
    const UNKNOWN: Detail = Detail::UnknownGroup;
}

impl Identifies for RegistrationId {
    const UNKNOWN: Detail = Detail::UnknownRegistration;
}

impl Identifies for AccountId {
    const UNKNOWN: Detail = Detail::UnknownAccount;
}

impl Identifies for OrphanedStackId {
    const UNKNOWN: Detail = Detail::UnknownOrphanedStack;
}

impl<E: Env, K: TokenKeys> Api<E, K> {
    /// Every error becomes a response here, so there is none to return.
    pub async fn handle(&self, event: &Value) -> Response {
        let request = Request::new(event);
        let respond = pin!(self.respond(&request));
        let alarm = pin!(self.env.host().sleep(PATIENCE));
        let response = match select(respond, alarm).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(self.timed_out(&request)),
        };
        let response = match response {
            Ok(response) => {
                let ending = Ending {
                    status_code: Some(response.status_code),
                    ..Ending::default()
                };
                request.log.end(Outcome::Succeeded, &ending);
                response
            }
            Err(problem) => {
                problem.write_to(&request.log);
                problem.into_response(request.id())
            }
        };
        response.in_language(request.language())
    }

    async fn respond(&self, request: &Request<'_>) -> Result<Response, Problem> {
        let caller = request.caller(&self.tenant_claim, self.keys.ring().await?)?;
        let segments = request.segments();
        request.check_query(parameters(request.method(), &segments))?;
        match pace::errand(request.method(), &segments) {
            // Counted where its registration is read meanwhile.
            None | Some(Errand::Paste) => {}
            Some(errand) => self.admit(&caller, Limited::Tenant(errand)).await?,
        }
        self.route(request, &caller, &segments).await
    }

    fn timed_out(&self, request: &Request<'_>) -> Problem {
        match pace::errand(request.method(), &request.segments()) {
            Some(Errand::Paste | Errand::AccountCheck) => {
                Problem::verification_timed_out(self.env.now())
            }
            _ => Problem::timed_out(),
        }
    }

    async fn route(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        segments: &[&str],
    ) -> Result<Response, Problem> {
        match (request.method(), segments) {
            ("POST", ["v1", "groups"]) => self.create_group(request, caller).await,
            ("GET", ["v1", "groups"]) => self.list_groups(request, caller).await,
            ("GET", ["v1", "groups", group]) => {
                self.read_group(caller, &id(group, GroupId::parse)?).await
            }
            ("PATCH", ["v1", "groups", group]) => {
                self.change_group(request, caller, &id(group, GroupId::parse)?)
                    .await
            }
            ("DELETE", ["v1", "groups", group]) => {
                self.delete_group(caller, &id(group, GroupId::parse)?).await
            }
            ("POST", ["v1", "groups", group, "registrations"]) => {
                self.create_registration(request, caller, &id(group, GroupId::parse)?)
                    .await
            }
            ("GET", ["v1", "groups", group, "registrations"]) => {
                self.list_registrations(request, caller, &id(group, GroupId::parse)?)
                    .await
            }
            ("GET", ["v1", "groups", group, "accounts"]) => {
                self.list_accounts(request, caller, &id(group, GroupId::parse)?)
                    .await
            }
            ("GET", ["v1", "groups", group, "aws-config"]) => {
                self.aws_config(request, caller, &id(group, GroupId::parse)?)
                    .await
            }
            (method, ["v1", "registrations", registration, rest @ ..]) => {
                let id = id(registration, RegistrationId::parse)?;
                request.log.registration_id(&id);
                self.route_registration(request, caller, method, &id, rest)
                    .await
            }
            (method, ["v1", "accounts", account, rest @ ..]) => {
                let id = id(account, AccountId::parse)?;
                request.log.account_id(&id);
                self.route_account(request, caller, method, &id, rest).await
            }
            ("GET", ["v1", "orphaned-stacks"]) => self.list_orphaned_stacks(request, caller).await,
            (method, ["v1", "orphaned-stacks", entry, rest @ ..]) => {
                let id = id(entry, OrphanedStackId::parse)?;
                request.log.orphaned_stack_id(&id);
                self.route_orphaned_stack(request, caller, method, &id, rest)
                    .await
            }
            ("GET", ["v1", "required-permissions"]) => self.required_permissions(request).await,
            ("GET", ["v1", "source-policy"]) => self.source_policy(request, caller).await,
            ("POST", ["v1", "decode-authorization-message"]) => {
                self.decode_message(request, caller).await
            }
            _ => Err(Problem::not_found(&Detail::UnknownRoute)),
        }
    }

    async fn route_registration(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        method: &str,
        id: &RegistrationId,
        rest: &[&str],
    ) -> Result<Response, Problem> {
        match (method, rest) {
            ("GET", []) => self.read_registration(caller, id).await,
            ("DELETE", []) => self.revoke_registration(caller, id).await,
            ("POST", ["complete"]) => self.complete_registration(request, caller, id).await,
            _ => Err(Problem::not_found(&Detail::UnknownRoute)),
        }
    }

    async fn route_account(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        method: &str,
        id: &AccountId,
        rest: &[&str],
    ) -> Result<Response, Problem> {
        match (method, rest) {
            ("GET", []) => self.read_account(caller, id).await,
            ("PATCH", []) => self.change_account(request, caller, id).await,
            ("DELETE", []) => self.deregister_account(caller, id).await,
            ("POST", ["checks"]) => self.check_account_now(request, caller, id).await,
            ("GET", ["history"]) => self.account_history(request, caller, id).await,
            ("PUT", ["companion-roles"]) => self.choose_companion_roles(request, caller, id).await,
            ("POST", ["simulations"]) => self.simulate(request, caller, id).await,
            ("GET", ["switch-role-link"]) => self.switch_role_link(caller, id).await,
            _ => Err(Problem::not_found(&Detail::UnknownRoute)),
        }
    }

    async fn route_orphaned_stack(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        method: &str,
        id: &OrphanedStackId,
        rest: &[&str],
    ) -> Result<Response, Problem> {
        match (method, rest) {
            ("GET", []) => self.read_orphaned_stack(caller, id).await,
            ("POST", ["checks"]) => self.check_orphaned_stack(request, caller, id).await,
            ("POST", ["dismiss"]) => self.dismiss_orphaned_stack(request, caller, id).await,
            _ => Err(Problem::not_found(&Detail::UnknownRoute)),
        }
    }
}
