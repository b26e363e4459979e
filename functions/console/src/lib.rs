//! The console: pages for users of tenants, and the pages that customers see without signing in.
//!
//! It has no access to the hub's records: it calls the API with the token of the signed-in user.
//! [`Console::handle`] finds the route and the user, and turns every result into a page. [`routes`] has the
//! table of pages, and `pages` shows them.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod api;
pub mod assets;
mod brand;
mod compress;
pub mod cookies;
pub mod guard;
pub mod headers;
pub mod http;
pub mod model;
mod pages;
pub mod routes;
pub mod typed;
pub mod view;
mod visit;

use crate::api::{Api, ApiError};
pub use crate::brand::Brands;
use crate::guard::Source;
use crate::http::{Request, Response};
use crate::routes::{Access, Route, Target};
use crate::view::Role;
use crate::view::parts::Wrong;
use crate::visit::{Signed, Visit};
use futures_util::future::{Either, select};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog, with_causes};
use rolecall_domain::SignedDuration;
use rolecall_domain::messages::Connect;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use rolecall_usecases::current_session;
use rolecall_usecases::current_session::CurrentError;
use rolecall_usecases::sign_in::SignIns;
use serde_json::Value;
use std::pin::pin;

/// The gateway times out after 29 seconds, and the function after 28.
const RESPONSE_TIMEOUT: SignedDuration = SignedDuration::from_secs(26);

/// The console.
#[derive(Debug)]
pub struct Console<S, I, L, H, A> {
    pub sign_ins: SignIns<S, I, L, H>,
    pub api: A,
    /// The origin of the console: scheme, host and port.
    pub url: String,
    pub brands: Brands,
    /// Whether a client of the issuer is configured for the console.
    pub signs_in: bool,
}

/// Why the requested page can't be returned.
#[derive(Debug)]
enum Refusal {
    Api(ApiError),
    /// The session has ended.
    SignedOut,
    /// The form was not sent from a page of the console.
    FormFromElsewhere,
    /// The form was sent from a page of an earlier session.
    OldForm,
    NoSuchPage,
    /// The user's role is lower than this one.
    NotPermitted(Role),
    /// A resource that the console depends on is not available.
    Unavailable(String),
    /// A bug, or a damaged item.
    Failed(String),
    TimedOut,
}

impl Refusal {
    /// The API's errors for the fields of a form. `named` returns the field's ID in the form and its label.
    ///
    /// # Errors
    /// The refusal itself, if it does not concern a field.
    fn wrong_fields(
        self,
        named: impl Fn(&str) -> Option<(String, String)>,
    ) -> Result<Vec<Wrong>, Self> {
        let Self::Api(ApiError::Problem(problem)) = self else {
            return Err(self);
        };
        let wrong = problem.errors.iter().filter_map(|error| {
            let (field, label) = named(&error.field)?;
            let message = error.message.clone();
            Some(Wrong {
                field,
                label,
                message,
            })
        });
        let wrong: Vec<Wrong> = wrong.collect();
        match wrong.is_empty() {
            true => Err(Self::Api(ApiError::Problem(problem))),
            false => Ok(wrong),
        }
    }
}

impl Refusal {
    /// What the API says about a pasted output, for its field.
    ///
    /// # Errors
    /// The refusal itself, if it does not concern the pasted text.
    fn wrong_paste(self, visit: &Visit<'_>) -> Result<Vec<Wrong>, Self> {
        const FIELD: &str = "stack_info";
        let label = || visit.say(&Connect::PasteLabel);
        match self.wrong_fields(|field| (field == FIELD).then(|| (field.to_owned(), label()))) {
            // The codes of texts that can't be read, or belong to another registration.
            Err(Self::Api(ApiError::Problem(problem))) if problem.code.starts_with(FIELD) => {
                Ok(vec![Wrong {
                    field: FIELD.to_owned(),
                    label: label(),
                    message: problem.detail,
                }])
            }
            other => other,
        }
    }

    /// The API's error, to be shown on the page itself.
    ///
    /// # Errors
    /// The refusal itself, if the API did not respond.
    fn sentence(self) -> Result<String, Self> {
        match self {
            Self::Api(ApiError::Problem(problem)) => {
                let errors = problem.errors.iter().map(|error| error.message.as_str());
                let errors: Vec<_> = errors.collect();
                Ok(match errors.is_empty() {
                    true => problem.detail,
                    false => errors.join(" "),
                })
            }
            refusal => Err(refusal),
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NotAccepted => Self::SignedOut,
            error => Self::Api(error),
        }
    }
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// Handles a request. Every error becomes a page.
    pub async fn handle(&self, event: &Value) -> Response {
        let request = match Request::read(event) {
            Ok(request) => request,
            Err(unreadable) => return headers::secured(self.unreadable(unreadable)),
        };
        let target = routes::find(&request.method, &request.path);
        let log = RequestLog::start(action(&target));
        log.request_id(&request.id);
        let mut visit = Visit::new(&request, &target, self.now());
        if !brand::is_file(&request.path) {
            let brand = self.brands.get(&self.api, visit.preferred, visit.now);
            visit.show(brand.await);
        }
        let response = {
            let respond = pin!(self.respond(&visit, &target, &log));
            let alarm = pin!(self.sign_ins.host.sleep(RESPONSE_TIMEOUT));
            match select(respond, alarm).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => Err(Refusal::TimedOut),
            }
        };
        let response = match response {
            Ok(response) => {
                log.end(Outcome::Succeeded, &ending(&response));
                response
            }
            Err(refusal) => self.refuse(&visit, refusal, &log).await,
        };
        let response = visit.with_language(response);
        let response = headers::secured(compress::compressed(&request, response));
        match request.method == "HEAD" {
            true => response.without_body(),
            false => response,
        }
    }

    async fn respond(
        &self,
        visit: &Visit<'_>,
        target: &Target<'_>,
        log: &RequestLog,
    ) -> Result<Response, Refusal> {
        match target {
            Target::Route(route, _) => self.answer(route, visit, log).await,
            Target::OtherMethod => Ok(self.other_method(visit)),
            Target::Unknown => {
                let file = assets::find(visit.request);
                let file = file.or_else(|| brand::file(visit.request));
                file.ok_or(Refusal::NoSuchPage)
            }
        }
    }

    async fn answer(
        &self,
        route: &Route,
        visit: &Visit<'_>,
        log: &RequestLog,
    ) -> Result<Response, Refusal> {
        let is_post = route.method == "POST";
        let source = guard::source(visit.request, &self.url);
        if is_post && source == Source::Elsewhere {
            return Err(Refusal::FormFromElsewhere);
        }
        if route.access == Access::Anyone {
            return self.public(route.page, visit).await;
        }
        let signed = visit.is_of(self.signed(visit).await?);
        log.tenant(&signed.current.session.person.tenant);
        let form = visit.request.form().unwrap_or_default();
        if is_post && !visit.accept(form.text(visit::FORM_TOKEN)) {
            return Err(match source {
                Source::Ours => Refusal::OldForm,
                Source::Unknown | Source::Elsewhere => Refusal::FormFromElsewhere,
            });
        }
        self.private(route.page, visit).await
    }

    /// The signed-in user.
    async fn signed(&self, visit: &Visit<'_>) -> Result<Signed, Refusal> {
        let id = cookies::session_id(visit.request).ok_or(Refusal::SignedOut)?;
        match current_session(&self.sign_ins, &id).await {
            Ok(current) => Ok(Signed { id, current }),
            Err(CurrentError::Ended) => Err(Refusal::SignedOut),
            Err(CurrentError::NotRenewed(error)) => Err(Refusal::Unavailable(error.to_string())),
            Err(CurrentError::Store(error)) => Err(pages::of_store(&error)),
        }
    }

    fn now(&self) -> rolecall_domain::Timestamp {
        self.sign_ins.host.now()
    }
}

fn ending(response: &Response) -> Ending<'static> {
    Ending {
        status_code: Some(response.status_code),
        ..Ending::default()
    }
}

/// A name for the log. It contains nothing that the caller sent.
fn action(target: &Target<'_>) -> String {
    match target {
        Target::Route(route, _) => format!("{} {}", route.method, route.path),
        Target::OtherMethod => "unsupported method".to_owned(),
        Target::Unknown => "unknown path".to_owned(),
    }
}

/// The outcome of a refusal, for the log.
fn outcome(refusal: &Refusal) -> (Outcome, Option<String>) {
    match refusal {
        Refusal::SignedOut => (Outcome::Unauthenticated, None),
        Refusal::Failed(cause) => (Outcome::Failed, Some(cause.clone())),
        Refusal::TimedOut => (Outcome::Failed, Some("no response in time".to_owned())),
        Refusal::Unavailable(cause) => (Outcome::Failed, Some(cause.clone())),
        Refusal::Api(error @ ApiError::Unavailable(_)) => {
            (Outcome::Failed, Some(with_causes(error)))
        }
        Refusal::Api(_)
        | Refusal::FormFromElsewhere
        | Refusal::OldForm
        | Refusal::NotPermitted(_)
        | Refusal::NoSuchPage => (Outcome::Refused, None),
    }
}
