//! `/v1/groups/{group_id}/accounts` and `/v1/accounts`

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::{Problem, decide_again};
use crate::request::Request;
use crate::response::Response;
use crate::{concurrently, paging, views};
use futures_util::join;
use rolecall_domain::Timestamp;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion, Requirement};
use rolecall_domain::check::{Report, Trigger, Verdict};
use rolecall_domain::ids::{AccountId, GroupId};
use rolecall_domain::messages::{Detail, Rule};
use rolecall_domain::ports::{
    CommitError, Lists, Receipts, Records, ScheduleStore, TemplateBucket, TokenKeys,
};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::schedule::{CheckSchedule, Subject};
use rolecall_domain::template::Offering;
use rolecall_domain::text::Name;
use rolecall_domain::transition::register::Registered;
use rolecall_usecases::register::verification_refusal;
use rolecall_usecases::{Env, check_account, count_checks, deregister};
use serde_json::{Value, json};

/// What the view of an account shows beside the account.
struct Beside {
    offering: Offering,
    schedule: Option<CheckSchedule>,
    report: Option<Report>,
    sessions_until: Option<Timestamp>,
}

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn list_accounts(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        group_id: &GroupId,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, caller)?;
        let (group, page) = join!(
            self.group(caller, group_id),
            self.env.store().accounts(&caller.tenant, group_id, &slice)
        );
        group?;
        let page = page?;
        let views = page
            .items
            .iter()
            .map(|account| self.listed_account(account));
        let views = concurrently(views).await?;
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }

    pub(crate) async fn account(
        &self,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Account, Problem> {
        let found = self.env.store().account(&caller.tenant, id).await?;
        let account = found.ok_or_else(|| Problem::not_found(&Detail::UnknownAccount))?;
        caller.log.account(&account);
        Ok(account)
    }

    /// An account that is not deregistered.
    pub(crate) async fn registered_account(
        &self,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Account, Problem> {
        let account = self.account(caller, id).await?;
        if account.is_deregistered() {
            return Err(deregistered());
        }
        Ok(account)
    }

    pub(crate) async fn read_account(
        &self,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let (account, beside) = join!(self.account(caller, id), self.beside(caller, id));
        let view = self.shown(caller, &account?, beside?).await?;
        Ok(Response::json(200, &view))
    }

    /// The view of an account that was already read.
    pub(crate) async fn account_view(
        &self,
        caller: &Caller,
        account: &Account,
    ) -> Result<Value, Problem> {
        let beside = self.beside(caller, &account.account_id).await?;
        self.shown(caller, account, beside).await
    }

    /// The view of an account that was just registered, so that nothing about it has to be read.
    pub(crate) async fn registered_view(
        &self,
        caller: &Caller,
        offering: Offering,
        now: Registered,
    ) -> Result<Value, Problem> {
        let beside = Beside {
            offering,
            schedule: Some(now.schedule),
            report: Some(now.report),
            sessions_until: None,
        };
        self.shown(caller, &now.account, beside).await
    }

    async fn beside(&self, caller: &Caller, id: &AccountId) -> Result<Beside, Problem> {
        let subject = Subject::Account(id.clone());
        let (tenant, store) = (&caller.tenant, self.env.store());
        let (offering, schedule, report, sessions_until) = join!(
            self.offering(),
            store.check_schedule(tenant, &subject),
            store.report(tenant, &subject),
            store.sessions_until(id, self.env.now())
        );
        Ok(Beside {
            offering: offering?,
            schedule: schedule?,
            report: report?,
            sessions_until: sessions_until?,
        })
    }

    async fn shown(
        &self,
        caller: &Caller,
        account: &Account,
        beside: Beside,
    ) -> Result<Value, Problem> {
        let report = beside.report.as_ref();
        self.publish_update(report).await?;
        let update = self
            .pending_update(&beside.offering, account, report)
            .await?;
        let links = self.links(caller.link_keys());
        let (schedule, until) = (beside.schedule.as_ref(), beside.sessions_until);
        let mut view = views::account(account, schedule, report, until, links);
        view["update"] = update;
        Ok(view)
    }

    /// Renames the account or moves it to another group.
    pub(crate) async fn change_account(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let name = fields.optional("name", Name::parse);
        let group_id = fields.optional("group_id", GroupId::parse);
        fields.finish()?;
        decide_again(&self.env, async || {
            let before = self.registered_account(caller, id).await?;
            let after = before.edited(name.clone(), group_id.clone());
            if (&after.name, &after.group_id) == (&before.name, &before.group_id) {
                return Ok(());
            }
            let now = self.env.now();
            let occasion = Occasion::new(now, caller.actor.clone(), "requested");
            let mut change = Change::new();
            if after.group_id != before.group_id {
                let (tenant, group_id) = (caller.tenant.clone(), after.group_id.clone());
                change = change.require(Requirement::OpenGroup {
                    tenant,
                    group_id,
                    now,
                });
            }
            let (before, after) = (Record::Account(before), Record::Account(after));
            let change = change.update(before, after, Event::AccountChanged, &occasion);
            match self.env.store().commit(&change).await {
                Err(CommitError::GroupClosed) => {
                    let rule = Rule::UnknownGroup;
                    Err(Problem::field("group_id", "not_found", rule))
                }
                result => Ok(result?),
            }
        })
        .await?;
        self.read_account(caller, id).await
    }

    /// Replaces the link to the customer's page. The previous link stops working immediately.
    pub(crate) async fn renew_customer_link(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        Fields::new(request.body()?).finish()?;
        let mut is_first = true;
        decide_again(&self.env, async || {
            let before = self.account(caller, id).await?;
            if std::mem::take(&mut is_first) {
                let limit = Limited::CustomerLink(id.clone());
                self.admit(caller, limit).await?;
            }
            let after = before.with_new_customer_link();
            let occasion = Occasion::new(
                self.env.now(),
                caller.actor.clone(),
                "customer_link_renewed",
            );
            let (before, after) = (Record::Account(before), Record::Account(after));
            let change = Change::new().update(before, after, Event::AccountChanged, &occasion);
            Ok(self.env.store().commit(&change).await?)
        })
        .await?;
        self.read_account(caller, id).await
    }

    pub(crate) async fn deregister_account(
        &self,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let account = self.account(caller, id).await?;
        let (account, entry) = deregister(&self.env, account, &caller.actor).await?;
        let for_stack = Subject::Stack(entry.orphaned_stack_id.clone());
        let now = self.env.now();
        // Read after the commit, so that every receipt before it is known.
        let (view, stack_schedule, until) = join!(
            self.account_view(caller, &account),
            self.env.store().check_schedule(&caller.tenant, &for_stack),
            self.env.store().sessions_until(id, now)
        );
        let stack = views::orphaned_stack(&entry, stack_schedule?.as_ref(), now);
        let sessions = until?.map(|until| views::sessions(&account, until, now));
        let body = json!({"account": view?, "orphaned_stack": stack, "sessions": sessions});
        Ok(Response::json(200, &body))
    }

    /// Runs a full check now. The response is 200 with the report if it passed.
    pub(crate) async fn check_account_now(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        Fields::new(request.body()?).finish()?;
        let account = self.registered_account(caller, id).await?;
        let check = Limited::Check(Subject::Account(id.clone()));
        self.admit(caller, check).await?;
        let report = check_account(&self.env, account, Trigger::OnDemand).await?;
        count_checks(&self.env, &caller.tenant, 1).await;
        self.publish_update(report.as_ref()).await?;
        respond(report.ok_or_else(deregistered)?)
    }

    pub(crate) async fn account_history(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let slice = paging::slice(request, caller)?;
        let (account, page) = join!(
            self.account(caller, id),
            self.env
                .store()
                .history(&caller.tenant, id.as_str(), &slice)
        );
        account?;
        let page = page?;
        let views = page.items.iter().map(views::audit_entry).collect();
        Ok(paging::page(request, caller, views, page.next.as_deref()))
    }
}

fn respond(report: Report) -> Result<Response, Problem> {
    match report.verdict {
        Verdict::Passed => Ok(Response::json(200, &views::report(&report))),
        Verdict::Failed | Verdict::Inconclusive => Err(verification_refusal(&report).into()),
    }
}

pub(crate) fn deregistered() -> Problem {
    Problem::new(Code::AccountDeregistered, &Detail::AccountDeregistered)
}
