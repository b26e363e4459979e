//! Signing in and out.

use crate::api::Api;
use crate::http::{Form, Response};
use crate::view;
use crate::visit::{FORM_TOKEN, Visit};
use crate::{Console, Refusal, cookies};
use rolecall_domain::messages::{Failure, Message, SignIn};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer, SignatureError};
use rolecall_domain::session::{ClaimError, Flow, KeptForm, ReturnPath, UserKey};
use rolecall_usecases::begin_sign_in::begin_sign_in;
use rolecall_usecases::end_session::{end_session, issuer_sign_out_url};
use rolecall_usecases::finish_sign_in::{FinishError, Returned, finish_sign_in};

/// The query parameter of the page to return to.
const AFTER: &str = "after";

/// The path of the page that shows a kept form.
const RESUME: &str = "/resume";

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// The page for users who are not signed in. The URL stays the same.
    pub(crate) async fn ask_to_sign_in(&self, visit: &Visit<'_>) -> Response {
        let had_session = visit.request.cookie(cookies::SESSION).is_some();
        let response = match visit.request.method.as_str() {
            _ if visit.is_fragment => Response::text(401, "text/plain; charset=utf-8", ""),
            "POST" if visit.request.path == "/sign-out" => Response::see_other("/signed-out"),
            "POST" => self.keep_form(visit).await,
            _ => {
                let why = had_session.then_some(SignIn::Expired);
                let after = visit.place().unwrap_or_default();
                self.sign_in_page(visit, 401, after.as_str(), why.as_ref())
            }
        };
        match had_session {
            true => Self::without_session(response),
            false => response,
        }
    }

    /// A page with a link to `/sign-in`: a form could not end in a redirect to the issuer.
    fn sign_in_page(
        &self,
        visit: &Visit<'_>,
        status: u16,
        after: &str,
        why: Option<&SignIn>,
    ) -> Response {
        let shown = self.shown_to_nobody(visit);
        let page = view::sign_in::sign_in(&self.look(visit, &shown), after, why);
        Response::page(status, page)
    }

    /// Redirects to the issuer, and stores the attempt in a cookie.
    pub(crate) async fn sign_in(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let after = visit.request.parameter(AFTER).and_then(ReturnPath::parse);
        let after = after.unwrap_or_default();
        match self.signed(visit).await {
            Ok(_) => return Ok(Response::see_other(after.as_str())),
            Err(Refusal::SignedOut) => {}
            Err(refusal) => return Err(refusal),
        }
        if self.loses_cookies(visit) {
            let why = SignIn::InsecureCookies;
            return Ok(self.sign_in_page(visit, 400, after.as_str(), Some(&why)));
        }
        if !self.signs_in {
            let why = SignIn::Unreachable;
            return Ok(self.sign_in_page(visit, 503, after.as_str(), Some(&why)));
        }
        let begun = match begin_sign_in(&self.sign_ins, after.clone()).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(%error, "nobody can sign in at the moment");
                let why = SignIn::Unreachable;
                return Ok(self.sign_in_page(visit, 503, after.as_str(), Some(&why)));
            }
        };
        let mut response = Response::see_other(begun.url);
        for surplus in cookies::surplus_attempts(visit.request) {
            response = response.cookie(surplus);
        }
        Ok(response.cookie(cookies::for_attempt(&begun.cookie)))
    }

    /// Safari silently drops secure cookies of plain http URLs.
    fn loses_cookies(&self, visit: &Visit<'_>) -> bool {
        let browser = visit.request.header("user-agent").unwrap_or_default();
        let is_safari = browser.contains("Safari/") && browser.contains("Version/");
        is_safari && self.url.starts_with("http://")
    }

    /// The session had ended before the form was sent. Only the user who sent the form gets the input back.
    async fn keep_form(&self, visit: &Visit<'_>) -> Response {
        let user = cookies::session_id(visit.request).map(|id| id.user().clone());
        let sealed = match (kept(visit), user) {
            (Some(form), Some(user)) => self.sealed_form(&form, &user).await,
            _ => None,
        };
        let Some(sealed) = sealed else {
            return self.sign_in_page(visit, 401, "/", Some(&SignIn::FormNotKept));
        };
        let response = self.sign_in_page(visit, 401, RESUME, Some(&SignIn::FormKept));
        response.cookie(cookies::form(&sealed))
    }

    async fn sealed_form(&self, form: &KeptForm, user: &UserKey) -> Option<String> {
        let text = serde_json::to_string(form).ok()?;
        self.sign_ins
            .sealer
            .seal(&form_context(user), &text)
            .await
            .ok()
    }

    /// Handles the redirect from the issuer.
    pub(crate) async fn sign_in_callback(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let request = visit.request;
        let state = request.parameter("state").unwrap_or_default();
        let name = Flow::cookie_name(state);
        let former = cookies::session_id(request).map(|id| id.key());
        let returned = Returned {
            query: &request.query,
            attempt: request.cookie(&name),
            session: former.as_ref(),
            browser: &browser(request.header("user-agent").unwrap_or_default()),
        };
        let response = match finish_sign_in(&self.sign_ins, &returned).await {
            Ok(signed_in) => {
                let response = Response::see_other(signed_in.return_to.as_str());
                response.cookie(cookies::session(&signed_in.id))
            }
            Err(error) => self.not_signed_in(visit, error)?,
        };
        Ok(response.cookie(cookies::removed(&name)))
    }

    fn not_signed_in(&self, visit: &Visit<'_>, error: FinishError) -> Result<Response, Refusal> {
        let (status, why) = match error {
            FinishError::Foreign | FinishError::Claims(ClaimError::OtherAttempt) => {
                (400, SignIn::FlowExpired)
            }
            FinishError::Refused(_) => (400, SignIn::Refused),
            FinishError::Claims(ClaimError::NoTenant) => (403, SignIn::NoTenant),
            FinishError::Token(fault) => {
                let fault = fault.text(visit.language);
                (400, SignIn::BadToken { fault })
            }
            FinishError::Signature(error) => {
                tracing::warn!(%error, "an ID token was not verified");
                match error {
                    SignatureError::Unavailable(_) => (503, SignIn::Unreachable),
                    _ => (400, SignIn::Refused),
                }
            }
            FinishError::Issuer(error) => {
                tracing::warn!(%error, "the issuer gave no tokens");
                (503, SignIn::Unreachable)
            }
            FinishError::Store(error) => return Err(super::of_store(&error)),
        };
        Ok(self.sign_in_page(visit, status, "/", Some(&why)))
    }

    pub(crate) async fn sign_out(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        if let Some(signed) = visit.signed() {
            let ended = end_session(&self.sign_ins, &signed.current.session).await;
            ended.map_err(|error| super::of_store(&error))?;
        }
        Ok(Self::to_signed_out())
    }

    pub(super) fn to_signed_out() -> Response {
        Self::without_session(Response::see_other("/signed-out"))
            .cookie(cookies::removed(cookies::FORM))
            // Clears the pages in the browser's cache.
            .header("clear-site-data", "\"cache\"")
    }

    /// The session here has ended; the one at the issuer has not.
    pub(crate) async fn signed_out(&self, visit: &Visit<'_>) -> Response {
        let at_issuer = match self.signs_in {
            true => issuer_sign_out_url(&self.sign_ins, &format!("{}/", self.url)).await,
            false => None,
        };
        let shown = self.shown_to_nobody(visit);
        let page = view::sign_in::signed_out(&self.look(visit, &shown), at_issuer.as_deref());
        Response::page(200, page)
    }

    /// The input of a form that was sent after the session had ended, to be checked and sent again.
    pub(crate) async fn resume(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = self.kept_form(visit).await?;
        Ok(self.page(visit, 200, |look| {
            view::sign_in::resume(look, form.as_ref())
        }))
    }

    async fn kept_form(&self, visit: &Visit<'_>) -> Result<Option<KeptForm>, Refusal> {
        let sealed = visit.request.cookie(cookies::FORM);
        let (Some(sealed), Some(signed)) = (sealed, visit.signed()) else {
            return Ok(None);
        };
        let context = form_context(signed.id.user());
        let text = self.sign_ins.sealer.unseal(&context, sealed).await;
        let text = text.map_err(|error| super::of_store(&error))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// A form of an earlier session of this browser. The user decides whether to send it.
    pub(crate) fn old_form(&self, visit: &Visit<'_>) -> Response {
        let Some(form) = kept(visit) else {
            let detail = visit.say(&Failure::FormRefusedDetail);
            return self.failure(visit, 403, &Failure::FormRefused, &detail);
        };
        self.page(visit, 409, |look| view::sign_in::resume(look, Some(&form)))
    }

    pub(crate) fn discard(&self) -> Response {
        Response::see_other("/").cookie(cookies::removed(cookies::FORM))
    }
}

/// A kept form is bound to its user.
fn form_context(user: &UserKey) -> String {
    format!("form of {}", user.as_str())
}

/// The form that was sent, without its token. `None` if it is too large to be kept.
fn kept(visit: &Visit<'_>) -> Option<KeptForm> {
    let Form(fields) = visit.request.form()?;
    let fields = fields.into_iter().filter(|(name, _)| name != FORM_TOKEN);
    KeptForm::new(visit.place()?, fields.collect())
}

/// The names of the browser and the operating system. Nothing else of the header is kept.
fn browser(user_agent: &str) -> String {
    let named = |names: &[(&str, &str)]| {
        let found = names.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| (*name).to_owned())
    };
    // The order matters: most browsers name others too.
    let browser = named(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    let words: Vec<String> = [browser, system].into_iter().flatten().collect();
    match words.is_empty() {
        true => "?".to_owned(),
        false => words.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browser_is_named_without_what_it_sends() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome, Windows");
        assert_eq!(browser(&format!("{chrome} Edg/140.0")), "Edge, Windows");
        assert_eq!(browser("<script>alert(1)</script>"), "?");
    }
}
