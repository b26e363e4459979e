//! The connect page: one registration, for the customer, who does not sign in.

use crate::api::{Api, ApiError};
use crate::http::Response;
use crate::model::connect::ConnectPage;
use crate::view;
use crate::view::stack_steps::Pasted;
use crate::visit::{FORM_TOKEN, Visit};
use crate::{Console, Refusal};
use maud::Markup;
use rolecall_client::{Request, calls};
use rolecall_domain::messages::Connect;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::Value;

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    /// In the language of the person, or else of the registration.
    async fn registration_of_page(&self, visit: &Visit<'_>) -> Result<ConnectPage, Refusal> {
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
                wrong.label = look.say(&Connect::PasteLabel);
            }
            view::connect::connect(look, &registration, &pasted)
        }))
    }

    /// A page about the registration, or a part of one.
    fn of_registration(
        &self,
        visit: &Visit<'_>,
        status: u16,
        registration: &ConnectPage,
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
}

fn connect_path(visit: &Visit<'_>) -> String {
    format!("/connect/{}", visit.parameter("page_token"))
}
