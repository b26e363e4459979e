//! The HTTP API for tenants, and for services of the operator.
//!
//! [`Api::handle`] finds the caller and the route, and turns the result into a response. [`routes`]
//! has the table of routes. Each resource has its own module, which decodes the request, decides,
//! commits, and builds the view.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod accounts;
mod brand;
mod caller;
mod choices;
mod connect;
mod export;
mod fields;
mod fleet;
mod groups;
mod idempotency;
mod me;
mod offered;
mod operator;
mod orphaned_stacks;
mod pace;
mod paging;
mod people;
mod problem;
mod questions;
mod receipts;
mod reference;
mod refusal;
mod registrations;
mod request;
mod required_permissions;
pub mod route;
pub mod routes;
pub mod sign_in;
mod summary;
mod templates;
mod views;

use crate::problem::Problem;
use crate::request::{Request, Scope};
use crate::route::{Route, Tables, Target};
use crate::routes::{CONNECT_ROUTES, OPERATOR_ROUTES, ROUTES, allowed};
use crate::sign_in::SignIn;
use crate::views::Links;
use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::service::Service;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::{Clock, TemplateBucket, TokenKeys};
use rolecall_domain::schedule::pace::{Errand, Limited};
use rolecall_domain::text::FieldError;
use rolecall_domain::user::ClaimSettings;
use rolecall_http::{RESPONSE_TIMEOUT, conclude};
use rolecall_usecases::Env;
use serde_json::Value;
use std::pin::pin;

pub use rolecall_http::Response;

/// The shared response, under this crate's name for it.
mod response {
    pub use rolecall_http::Response;
}

#[derive(Debug)]
pub struct Api<E, K, B> {
    pub env: E,
    pub keys: K,
    /// The templates that customers' consoles read.
    pub bucket: B,
    /// The claims of a token that contain the tenant and the role.
    pub claims: ClaimSettings,
    /// How people sign in.
    pub sign_in: SignIn,
    /// The hub's Region, which is the default for links, and the Regions with a callback topic.
    pub service: Service,
    pub topic_name: String,
    pub onboarding_bucket: String,
    /// Without a trailing slash.
    pub api_url: String,
    /// Where the pages are, without a trailing slash. `None` if the hub has no pages.
    pub console_url: Option<String>,
}

/// Concurrent reads for one page. More would only wait for connections.
const AT_ONCE: usize = 16;

/// Runs the reads concurrently. Returns their results in order.
async fn concurrently<T>(
    reads: impl IntoIterator<Item = impl Future<Output = Result<T, Problem>>>,
) -> Result<Vec<T>, Problem> {
    stream::iter(reads).buffered(AT_ONCE).try_collect().await
}

/// The route that the request names.
fn route_of(request: &Request<'_>) -> Result<&'static Route, Problem> {
    match request.target {
        Target::Route(route, _) => Ok(route),
        Target::OtherMethod(path) => Err(Problem::method_not_allowed(allowed(path))),
        Target::UnknownPath | Target::Reference(_) | Target::SignIn | Target::Logo(_) => {
            Err(Problem::unknown_path())
        }
    }
}

/// Parses an id from a path. A malformed id gets the same 404 as an unknown one.
fn id<T: Identifies>(
    text: &str,
    parse: impl FnOnce(String) -> Result<T, FieldError>,
) -> Result<T, Problem> {
    parse(text.to_owned()).map_err(|_| Problem::not_found(&T::UNKNOWN))
}

/// The id type of a kind of record.
trait Identifies {
    /// The detail for an unknown id.
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

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Handles a request. Every error becomes a response.
    pub async fn handle(&self, event: &Value) -> Response {
        let tables = Tables {
            tenants: ROUTES,
            operator: OPERATOR_ROUTES,
            connect: CONNECT_ROUTES,
        };
        let request = Request::new(event, &tables);
        let respond = pin!(self.respond(&request));
        let alarm = pin!(self.env.host().sleep(RESPONSE_TIMEOUT));
        let response = match select(respond, alarm).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(self.timed_out(&request)),
        };
        let response = conclude(response, &request.log, request.id(), &self.api_url);
        let response = response.in_language(request.language());
        match (&request.target, request.method()) {
            (Target::Logo(_), "HEAD") => response.without_body(),
            _ => response,
        }
    }

    async fn respond(&self, request: &Request<'_>) -> Result<Response, Problem> {
        if let Target::Reference(code) = request.target {
            return reference::page(request, code);
        }
        if let Target::SignIn = request.target {
            request.check_query(&[])?;
            let brand = self.offering().await?.brand;
            // For who prefers no language.
            request.locale.get_or_init(|| brand.default_language);
            let brand = self.show_brand(&brand);
            return Ok(self.sign_in.response(&self.claims, &brand));
        }
        if let Target::Logo(sha256) = request.target {
            return self.logo(request, sha256).await;
        }
        if request.scope == Scope::Public {
            return Err(Problem::unknown_path());
        }
        if request.scope == Scope::Connect {
            let route = route_of(request)?;
            request.check_query(route.query)?;
            return self.answer_connect(route, request).await;
        }
        let hub = &self.env.hub().account;
        if request.scope == Scope::Operator {
            let operator = request.operator(hub, self.keys.ring().await?)?;
            let route = route_of(request)?;
            request.check_query(route.query)?;
            return self.answer_operator(route, request, &operator).await;
        }
        let caller = request.caller(&self.claims, hub, self.keys.ring().await?)?;
        let route = route_of(request)?;
        caller.require(route.least_role)?;
        request.check_query(route.query)?;
        match route.errand {
            // Counted by the handler, concurrently with reading the registration.
            None | Some(Errand::Paste) => {}
            Some(errand) => self.admit(&caller, Limited::Tenant(errand)).await?,
        }
        self.answer(route, request, &caller).await
    }

    fn links<'a>(&'a self, keys: Option<&'a KeyRing>) -> Links<'a> {
        Links {
            keys,
            console_url: self.console_url.as_deref(),
        }
    }

    fn timed_out(&self, request: &Request<'_>) -> Problem {
        let errand = match request.target {
            Target::Route(route, _) => route.errand,
            Target::Reference(_)
            | Target::SignIn
            | Target::Logo(_)
            | Target::OtherMethod(_)
            | Target::UnknownPath => None,
        };
        match errand {
            Some(Errand::Paste | Errand::AccountCheck) => {
                Problem::verification_timed_out(self.env.now())
            }
            _ => Problem::timed_out(),
        }
    }
}
