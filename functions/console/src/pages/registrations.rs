//! A registration: its link, and what became of it.

use crate::api::Api;
use crate::http::Response;
use crate::pages::frame::value;
use crate::visit::Visit;
use crate::{Console, Refusal};
use maud::html;
use rolecall_client::{Account, Request, calls};
use rolecall_domain::messages::Resume;
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
    pub(crate) async fn registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("registration_id");
        let path = format!("/v1/registrations/{id}");
        let registration: Value = self.ask(visit, Request::get(path).into()).await?;
        let state = value(&registration);
        if visit.is_fragment {
            return Ok(Response::page(200, state));
        }
        let content = html! {
            (state)
            form method="post" action={ "/registrations/" (id) "/complete" } {
                (self.form_token(visit))
                textarea name="stack_info" aria-label="stack_info" {}
                button.button { (visit.say(&Resume::Send)) }
            }
        };
        Ok(Response::page(200, self.frame(visit, id, &content)))
    }

    pub(crate) async fn complete_registration(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let id = visit.parameter("registration_id");
        let call = calls::complete_registration(id, form.text("stack_info").trim(), None);
        let account: Account = self.ask(visit, call).await?;
        Ok(Response::see_other(format!(
            "/accounts/{}",
            account.account_id
        )))
    }

    pub(crate) async fn revoke_registration(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let id = visit.parameter("registration_id");
        self.ask(visit, calls::revoke_registration(id)).await?;
        Ok(Response::see_other(format!("/registrations/{id}")))
    }
}
