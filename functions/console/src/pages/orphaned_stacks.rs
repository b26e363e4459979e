//! Orphaned stacks.

use crate::api::Api;
use crate::http::Response;
use crate::pages::frame::value;
use crate::visit::Visit;
use crate::{Console, Refusal};
use maud::html;
use rolecall_client::{Request, calls};
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};
use serde_json::Value;

fn path_of(visit: &Visit<'_>) -> String {
    format!("/orphaned-stacks/{}", visit.parameter("orphaned_stack_id"))
}

impl<S, I, L, H, A> Console<S, I, L, H, A>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
    A: Api,
{
    pub(crate) async fn orphaned_stacks(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let call = visit.read("/v1/orphaned-stacks", &["status", "limit", "cursor"]);
        let page: Value = self.ask(visit, call).await?;
        let page = self.frame(visit, "Orphaned stacks", &value(&page));
        Ok(Response::page(200, page))
    }

    pub(crate) async fn orphaned_stack(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let path = path_of(visit);
        let stack: Value = self
            .ask(visit, Request::get(format!("/v1{path}")).into())
            .await?;
        let content = html! {
            form method="post" action={ (path) "/check" } {
                (self.form_token(visit))
                button.button { "check" }
            }
            (value(&stack))
        };
        let name = stack["stack_name"].as_str().unwrap_or_default();
        Ok(Response::page(200, self.frame(visit, name, &content)))
    }

    pub(crate) async fn check_orphaned_stack(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let id = visit.parameter("orphaned_stack_id");
        self.ask(visit, calls::check_orphaned_stack(id)).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn dismiss_orphaned_stack(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let id = visit.parameter("orphaned_stack_id");
        let call = calls::dismiss_orphaned_stack(id, form.text("reason").trim());
        self.ask(visit, call).await?;
        Ok(Response::see_other(path_of(visit)))
    }
}
