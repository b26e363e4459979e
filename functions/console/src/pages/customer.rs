//! The customer's page of an account. Customers do not sign in: the URL contains the page's token. The console
//! sends it to the API in a header. The token gives access to one registration or account.

use crate::api::{Api, ApiError, Credential, call};
use crate::http::Response;
use crate::model::Page as List;
use crate::model::connect::{Customer, Receipt};
use crate::pages::groups::PAGE;
use crate::view;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Call, Request};
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde::de::DeserializeOwned;

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    pub(super) async fn ask_publicly<T: DeserializeOwned>(
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
    pub(super) fn without_record(
        &self,
        visit: &Visit<'_>,
        refusal: Refusal,
    ) -> Result<Response, Refusal> {
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

fn is_invalid_link(error: &ApiError) -> bool {
    match error {
        ApiError::NotAccepted => true,
        ApiError::Problem(problem) => problem.status == 404,
        ApiError::Throttled { .. } | ApiError::Unavailable(_) => false,
    }
}
