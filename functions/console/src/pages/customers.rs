//! Pages for customers, who do not sign in: the URL contains the page's token. The console sends it to the API
//! in a header. The token gives access to one registration or account.

use crate::api::{Api, ApiError, Credential, call};
use crate::http::Response;
use crate::model::Page as List;
use crate::model::connect::{Connect, Customer, Receipt};
use crate::pages::groups::PAGE;
use crate::view;
use crate::view::stack_steps::Pasted;
use crate::visit::{FORM_TOKEN, Visit};
use crate::{Console, Refusal};
use maud::Markup;
use rolecall_client::{Call, Request, calls};
use rolecall_domain::messages::{Connect as Text, Language};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    async fn ask_publicly<T: DeserializeOwned>(
        &self,
        visit: &Visit<'_>,
        request: Call<T>,
        language: Option<Language>,
    ) -> Result<T, Refusal> {
        let credential = Credential::PageToken(visit.parameter("page_token"));
        let called = call(&self.api, request, credential, language).await;
        // These pages need no sign-in.
        called.map_err(Refusal::Api)
    }

    /// Wrong and expired tokens get the same page.
    fn without_record(&self, visit: &Visit<'_>, refusal: Refusal) -> Result<Response, Refusal> {
        let shown = self.shown(visit);
        let look = self.look(visit, &shown);
        match refusal {
            Refusal::Api(error) if is_invalid_link(&error) => {
                Ok(Response::page(404, view::connect::invalid(&look)))
            }
            Refusal::Api(ApiError::Throttled { seconds }) => {
                let response = Response::page(503, view::connect::busy(&look));
                Ok(response.header("retry-after", seconds.to_string()))
            }
            refusal => Err(refusal),
        }
    }

    /// In the language of the person, or else of the registration.
    async fn registration_of_page(&self, visit: &Visit<'_>) -> Result<Connect, Refusal> {
        let request = Request::get("/connect/v1/registration").into();
        self.ask_publicly(visit, request, visit.preferred).await
    }

    pub(crate) async fn customer_connect(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        self.connect_page(visit, 200, Pasted::default()).await
    }

    async fn connect_page(
        &self,
        visit: &Visit<'_>,
        status: u16,
        mut pasted: Pasted<'_>,
    ) -> Result<Response, Refusal> {
        let registration = match self.registration_of_page(visit).await {
            Ok(registration) => registration,
            Err(refusal) => return self.without_record(visit, refusal),
        };
        Ok(self.of_registration(visit, status, &registration, |look| {
            for wrong in &mut pasted.wrong {
                wrong.label = look.say(&Text::PasteLabel);
            }
            view::connect::connect(look, &registration, &pasted)
        }))
    }

    /// A page about the registration, or a part of one.
    fn of_registration(
        &self,
        visit: &Visit<'_>,
        status: u16,
        registration: &Connect,
        view: impl FnOnce(&view::Look<'_>) -> Markup,
    ) -> Response {
        let shown = self.shown(visit);
        let language = visit.preferred.unwrap_or(registration.locale);
        let look = view::Look {
            language,
            brand: &registration.brand,
            path: &connect_path(visit),
            ..self.look(visit, &shown)
        };
        let response = Response::page(status, view(&look));
        response.header("content-language", language.tag())
    }

    /// The part of the page that updates itself.
    pub(crate) async fn customer_connect_status(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let registration = match self.registration_of_page(visit).await {
            Ok(registration) => registration,
            Err(refusal) => return self.without_record(visit, refusal),
        };
        Ok(self.of_registration(visit, 200, &registration, |look| {
            view::connect::live(look, &registration)
        }))
    }

    /// The pasted output of a stack. The pasted text stays in the form if the API rejects it.
    pub(crate) async fn customer_paste(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        if !visit.accept(form.text(FORM_TOKEN)) {
            return Err(Refusal::FormFromElsewhere);
        }
        let text = form.text("stack_info").trim();
        let request = calls::complete_from_connect_page(text);
        let asked = self.ask_publicly::<Value>(visit, request, visit.preferred);
        let refusal = match asked.await {
            Ok(_) => return Ok(Response::see_other(connect_path(visit))),
            Err(refusal) => refusal,
        };
        match refusal.wrong_paste(visit) {
            // The page names the field in its own language.
            Ok(wrong) => self.connect_page(visit, 422, Pasted { text, wrong }).await,
            // The page shows the rejected attempt.
            Err(Refusal::Api(ApiError::Problem(problem))) if problem.status != 404 => {
                Ok(Response::see_other(connect_path(visit)))
            }
            Err(refusal) => self.without_record(visit, refusal),
        }
    }

    async fn account_of_page(&self, visit: &Visit<'_>) -> Result<Customer, Refusal> {
        let request = Request::get("/connect/v1/account").into();
        let language = Some(visit.language);
        self.ask_publicly(visit, request, language).await
    }

    pub(crate) async fn customer(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let receipts = visit.read("/connect/v1/account/receipts", PAGE);
        let (account, receipts) = futures_util::join!(
            self.account_of_page(visit),
            self.ask_publicly::<List<Receipt>>(visit, receipts, Some(visit.language)),
        );
        let (account, receipts) = match (account, receipts) {
            (Ok(account), Ok(receipts)) => (account, receipts),
            (Err(refusal), _) | (_, Err(refusal)) => return self.without_record(visit, refusal),
        };
        let shown = self.shown(visit);
        let page = view::customer::customer(&self.look(visit, &shown), &account, &receipts);
        Ok(Response::page(200, page))
    }

    pub(crate) async fn customer_status(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let account = match self.account_of_page(visit).await {
            Ok(account) => account,
            Err(refusal) => return self.without_record(visit, refusal),
        };
        let shown = self.shown(visit);
        let path = format!("/customer/{}", visit.parameter("page_token"));
        let look = view::Look {
            path: &path,
            ..self.look(visit, &shown)
        };
        Ok(Response::page(200, view::customer::live(&look, &account)))
    }
}

fn connect_path(visit: &Visit<'_>) -> String {
    format!("/connect/{}", visit.parameter("page_token"))
}

fn is_invalid_link(error: &ApiError) -> bool {
    match error {
        ApiError::NotAccepted => true,
        ApiError::Problem(problem) => problem.status == 404,
        ApiError::Throttled { .. } | ApiError::Unavailable(_) => false,
    }
}
