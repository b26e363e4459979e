//! Orphaned stacks.

use crate::api::Api;
use crate::http::Response;
use crate::model::Page as List;
use crate::model::records::OrphanedStack;
use crate::view;
use crate::view::parts::Wrong;
use crate::visit::Visit;
use crate::{Console, Refusal};
use rolecall_client::{Request, calls};
use rolecall_domain::messages::OrphanedPages;
use rolecall_domain::ports::{Clock, Entropy, Sealer, Sessions, SignInIssuer};

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
        let call = visit.read(
            "/v1/orphaned-stacks",
            &["status", "order", "limit", "cursor"],
        );
        let list: List<OrphanedStack> = self.ask(visit, call).await?;
        let status = visit.request.parameter("status");
        Ok(self.page(visit, 200, |look| {
            view::orphaned_stacks::orphaned_stacks(look, status, &list)
        }))
    }

    async fn orphaned_record(&self, visit: &Visit<'_>) -> Result<OrphanedStack, Refusal> {
        let path = format!("/v1{}", path_of(visit));
        self.ask(visit, Request::get(path).into()).await
    }

    /// The page, or the part of it that updates itself.
    pub(crate) async fn orphaned_stack(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let stack = self.orphaned_record(visit).await?;
        Ok(self.page(visit, 200, |look| match visit.is_fragment {
            true => view::orphaned_stacks::live(look, &stack),
            false => view::orphaned_stacks::orphaned_stack(look, &stack),
        }))
    }

    pub(crate) async fn check_orphaned_stack(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let id = visit.parameter("orphaned_stack_id");
        self.ask(visit, calls::check_orphaned_stack(id)).await?;
        Ok(Response::see_other(path_of(visit)))
    }

    pub(crate) async fn ask_to_dismiss(&self, visit: &Visit<'_>) -> Result<Response, Refusal> {
        let stack = self.orphaned_record(visit).await?;
        Ok(self.page(visit, 200, |look| {
            view::orphaned_stacks::dismiss(look, &stack, "", &[])
        }))
    }

    pub(crate) async fn dismiss_orphaned_stack(
        &self,
        visit: &Visit<'_>,
    ) -> Result<Response, Refusal> {
        let form = visit.request.form().unwrap_or_default();
        let id = visit.parameter("orphaned_stack_id");
        let reason = form.text("reason").trim();
        let call = calls::dismiss_orphaned_stack(id, reason);
        let Err(refusal) = self.ask(visit, call).await else {
            return Ok(Response::see_other(path_of(visit)));
        };
        let wrong: Vec<Wrong> = refusal.wrong_fields(|field| {
            (field == "reason")
                .then(|| (field.to_owned(), visit.say(&OrphanedPages::DismissReason)))
        })?;
        let stack = self.orphaned_record(visit).await?;
        Ok(self.page(visit, 422, |look| {
            view::orphaned_stacks::dismiss(look, &stack, reason, &wrong)
        }))
    }
}
