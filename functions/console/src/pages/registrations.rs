//! A registration: its link and its progress.

use crate::api::{Api, ApiError};
use crate::http::Response;
use crate::model::records::Registration;
use crate::view;
use crate::view::stack_steps::Pasted;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Account, Request, calls};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};

fn path_of(visit: &Visit<'_>) -> String {
    format!("/registrations/{}", visit.parameter("registration_id"))
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    async fn registration_record(&self, visit: &Visit<'_>) -> Result<Registration, Refusal> {
        let path = format!("/v1{}", path_of(visit));
        self.ask(visit, Request::get(path).into()).await
    }

    /// The page, or the part of it that updates itself.
    pub(crate) async fn registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        if visit.is_fragment {
            let registration = self.registration_record(visit).await?;
            return Ok(self.page(visit, 200, |look| view::add::live(look, &registration)));
        }
        self.registration_page(visit, 200, &Pasted::default()).await
    }

    async fn registration_page(
        &self,
        visit: &Visit<'_>,
        status: u16,
        pasted: &Pasted<'_>,
    ) -> Result<Response, Refusal> {
        let registration = self.registration_record(visit).await?;
        let group = self.group_record(visit, &registration.group_id).await?;
        Ok(self.page(visit, status, |look| {
            view::add::registration(look, &group, &registration, pasted)
        }))
    }

    /// The pasted text stays in the form if the API rejects it.
    pub(crate) async fn complete_registration(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let id = visit.parameter("registration_id");
        let text = form.text("stack_info").trim();
        let call = calls::complete_registration(id, text, None);
        let refusal = match self.ask::<Account>(visit, call).await {
            Ok(account) => {
                let id = account.account_id;
                return Ok(Response::see_other(format!("/accounts/{id}")));
            }
            Err(refusal) => refusal,
        };
        match refusal.wrong_paste(visit) {
            Ok(wrong) => {
                let pasted = Pasted { text, wrong };
                self.registration_page(visit, 422, &pasted).await
            }
            // The page shows the rejected attempt.
            Err(Refusal::Api(ApiError::Problem(problem))) if problem.report.is_some() => {
                Ok(Response::see_other(path_of(visit)))
            }
            Err(refusal) => Err(refusal),
        }
    }

    pub(crate) async fn ask_to_revoke_registration(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let registration = self.registration_record(visit).await?;
        Ok(self.page(visit, 200, |look| view::add::revoke(look, &registration)))
    }

    pub(crate) async fn revoke_registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("registration_id");
        self.ask(visit, calls::revoke_registration(id)).await?;
        Ok(Response::see_other(path_of(visit)))
    }
}
