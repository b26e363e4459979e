//! `/v1/orphaned-stacks`

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::{concurrently, paging, views};
use futures_util::join;
use rolecall_domain::ids::OrphanedStackId;
use rolecall_domain::messages::{Alternatives, Detail, Rule};
use rolecall_domain::ports::{Lists, Records, ScheduleStore, TemplateBucket, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::text::{DismissReason, Name};
use rolecall_usecases::track_orphan::Observation;
use rolecall_usecases::{Env, add_observation, check_orphan_now};
use serde_json::json;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn list_orphaned_stacks(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let status = request.query("status");
        if status.is_some_and(|status| !OrphanedStackStatus::NAMES.contains(&status)) {
            let values = Alternatives::of(OrphanedStackStatus::NAMES);
            let rule = Rule::MustBeOneOf { values };
            return Err(Problem::field("status", "invalid", rule));
        }
        let slice = paging::slice(request, caller)?;
        let page = self
            .env
            .store()
            .orphaned_stacks(&caller.tenant, status, &slice)
            .await?;
        let schedules = page
            .items
            .iter()
            .map(|entry| self.stack_schedule(caller, &entry.orphaned_stack_id));
        let schedules = concurrently(schedules).await?;
        let now = self.env.now();
        let views = page.items.iter().zip(&schedules);
        let views =
            views.map(|(entry, schedule)| views::orphaned_stack(entry, schedule.as_ref(), now));
        Ok(paging::page(
            request,
            caller,
            views.collect(),
            page.next.as_deref(),
        ))
    }

    async fn stack_schedule(
        &self,
        caller: &Caller,
        id: &OrphanedStackId,
    ) -> Result<Option<CheckSchedule>, Problem> {
        Ok(self
            .env
            .store()
            .check_schedule(&caller.tenant, &Subject::Stack(id.clone()))
            .await?)
    }

    async fn orphaned_stack(
        &self,
        caller: &Caller,
        id: &OrphanedStackId,
    ) -> Result<OrphanedStack, Problem> {
        let found = self.env.store().orphaned_stack(&caller.tenant, id).await?;
        let entry = found.ok_or_else(|| Problem::not_found(&Detail::UnknownOrphanedStack))?;
        caller.log.orphaned_stack(&entry);
        Ok(entry)
    }

    pub(crate) async fn read_orphaned_stack(
        &self,
        caller: &Caller,
        id: &OrphanedStackId,
    ) -> Result<Response, Problem> {
        let (entry, schedule) = join!(
            self.orphaned_stack(caller, id),
            self.stack_schedule(caller, id)
        );
        let (entry, schedule) = (entry?, schedule?);
        let mut view = views::orphaned_stack(&entry, schedule.as_ref(), self.env.now());
        view["account_name"] = json!(self.former_name(&entry).await?);
        Ok(Response::json(200, &view))
    }

    /// The name of the account that the stack connected. A stack that was refused never became one.
    async fn former_name(&self, entry: &OrphanedStack) -> Result<Option<Name>, Problem> {
        let Some(account_id) = &entry.account_id else {
            return Ok(None);
        };
        let account = self.env.store().account(&entry.tenant, account_id).await?;
        Ok(account.map(|account| account.name))
    }

    /// Checks the stack now, unless its deletion is already proven.
    pub(crate) async fn check_orphaned_stack(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &OrphanedStackId,
    ) -> Result<Response, Problem> {
        Fields::new(request.body()?).finish()?;
        let entry = self.orphaned_stack(caller, id).await?;
        let check = Limited::Check(Subject::Stack(id.clone()));
        self.admit(caller, check).await?;
        check_orphan_now(&self.env, &entry.tenant, id).await?;
        self.read_orphaned_stack(caller, id).await
    }

    pub(crate) async fn dismiss_orphaned_stack(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &OrphanedStackId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let reason = fields.required("reason", DismissReason::parse);
        fields.finish()?;
        let entry = self.orphaned_stack(caller, id).await?;
        if entry.status() == OrphanedStackStatus::Gone {
            return Err(Problem::new(Code::AlreadyGone, &Detail::StackDeleted));
        }
        let kind = reason.map(|reason| EvidenceKind::DismissedBy {
            who: caller.actor.to_string(),
            reason: reason.to_string(),
        });
        let observation = Observation {
            kind,
            at: self.env.now(),
            actor: caller.actor.clone(),
            cause: "dismissed",
        };
        add_observation(&self.env, entry, &observation, None).await?;
        self.read_orphaned_stack(caller, id).await
    }
}
