//! Pages that are shown instead of the requested page.

use crate::api::{Api, ApiError};
use crate::http::{Response, Unreadable};
use crate::view;
use crate::visit::Visit;
use crate::{Console, Refusal, cookies, ending, outcome};
use rolecall_aws::telemetry::{Ending, RequestLog, with_causes};
use rolecall_domain::messages::{Failure, GroupPages, Language, Message, Seconds};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer, StoreError};

/// A damaged item needs an operator; anything else is temporary.
pub(crate) fn of_store(error: &StoreError) -> Refusal {
    match error {
        StoreError::Corrupt { .. } => Refusal::Failed(with_causes(error)),
        StoreError::Unavailable(_) => Refusal::Unavailable(with_causes(error)),
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
    /// The page with the reason, which is also logged.
    pub(crate) async fn refuse(
        &self,
        visit: &Visit<'_>,
        refusal: Refusal,
        log: &RequestLog,
    ) -> Response {
        let (outcome, error) = outcome(&refusal);
        let response = self.refusal(visit, refusal).await;
        let ended = Ending {
            error,
            ..ending(&response)
        };
        log.end(outcome, &ended);
        response
    }

    async fn refusal(&self, visit: &Visit<'_>, refusal: Refusal) -> Response {
        let say = |status, title: &Failure, detail: &Failure| {
            self.failure(visit, status, title, &visit.say(detail))
        };
        match refusal {
            Refusal::SignedOut | Refusal::Api(ApiError::NotAccepted) => {
                self.ask_to_sign_in(visit).await
            }
            Refusal::OldForm => self.old_form(visit),
            Refusal::FormFromElsewhere => {
                say(403, &Failure::FormRefused, &Failure::FormRefusedDetail)
            }
            Refusal::NotPermitted(least) => {
                let detail = match least {
                    view::Role::Owner => GroupPages::OwnerOnly,
                    view::Role::Member | view::Role::Viewer => GroupPages::MemberOnly,
                };
                self.failure(visit, 403, &Failure::NotPermitted, &visit.say(&detail))
            }
            Refusal::NoSuchPage if is_of_the_api(&visit.request.path) => no_such_path(),
            Refusal::NoSuchPage => say(404, &Failure::NotFound, &Failure::NotFoundDetail),
            Refusal::Failed(_) => say(500, &Failure::Internal, &Failure::InternalDetail),
            Refusal::Unavailable(_)
            | Refusal::TimedOut
            | Refusal::Api(ApiError::Unavailable(_)) => {
                let detail = match visit.request.method.as_str() {
                    "POST" => Failure::Unknown,
                    _ => Failure::UnavailableDetail,
                };
                say(503, &Failure::Unavailable, &detail).header("retry-after", "5")
            }
            Refusal::Api(ApiError::Throttled { seconds }) => {
                let detail = Failure::SlowDetail {
                    wait: Seconds(seconds),
                };
                say(503, &Failure::Slow, &detail).header("retry-after", seconds.to_string())
            }
            Refusal::Api(ApiError::Problem(problem)) => {
                let title = match problem.status {
                    403 => Failure::NotPermitted,
                    404 => Failure::NotFound,
                    _ => Failure::Internal,
                };
                self.failure(visit, problem.status, &title, &problem.detail)
            }
        }
    }

    /// An error page with a link to retry, or to the first page.
    pub(crate) fn failure(
        &self,
        visit: &Visit<'_>,
        status: u16,
        title: &Failure,
        detail: &str,
    ) -> Response {
        if visit.is_fragment {
            return Response::text(status, "text/plain; charset=utf-8", detail);
        }
        let place = visit.place().filter(|_| visit.request.method != "POST");
        let again = place.as_ref().map_or("/", |place| place.as_str());
        let again = (status >= 500).then_some(again);
        let shown = self.shown(visit);
        let look = self.look(visit, &shown);
        let page = view::sign_in::failure(&look, title, detail, again, &visit.request.id);
        Response::page(status, page)
    }

    pub(crate) fn other_method(&self, visit: &Visit<'_>) -> Response {
        let detail = visit.say(&Failure::NotFoundDetail);
        self.failure(visit, 405, &Failure::NotFound, &detail)
    }

    /// The error page for a request that could not be parsed.
    pub(crate) fn unreadable(&self, unreadable: Unreadable) -> Response {
        let (status, text) = match unreadable {
            Unreadable::TooLarge => (413, Failure::TooLarge),
            Unreadable::Malformed => (400, Failure::FormRefusedDetail),
        };
        let texts = Language::ALL.map(|language| text.text(language));
        Response::text(status, "text/plain; charset=utf-8", texts.join("\n"))
    }

    /// Ends the browser's session if the hub does not know it, or no longer does.
    pub(crate) fn without_session(response: Response) -> Response {
        response.cookie(cookies::removed(cookies::SESSION))
    }
}

/// Programs that call a wrong path of the API expect the API's response.
fn is_of_the_api(path: &str) -> bool {
    let starts = [
        "/v1",
        "/operator",
        "/connect/v1",
        "/workload",
        "/reference",
        "/.well-known",
    ];
    starts.iter().any(|start| path.starts_with(start))
}

fn no_such_path() -> Response {
    Response::text(404, "application/json", r#"{"message":"Not Found"}"#)
}
