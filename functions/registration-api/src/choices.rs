//! `/v1/accounts/{account_id}/access` and `/companion-roles`

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::{Problem, decide_again};
use crate::registrations::chosen;
use crate::registrations::requested::read_access;
use crate::request::Request;
use crate::response::Response;
use crate::views;
use futures_util::join;
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::Report;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::links;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::ports::{Receipts, Records, ScheduleStore, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::remedy::command::{Command, line};
use rolecall_domain::schedule::Subject;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::template::Offering;
use rolecall_usecases::Env;
use serde_json::{Map, Value, json};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Replaces the account's requested roles. The response has the command that updates the stack.
    pub(crate) async fn choose_companion_roles(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let body = request.body()?;
        self.chosen_roles(&body, None)?;
        let offering = self.offering().await?;
        let choose = async |before: &Account| {
            let chosen = self.chosen_roles(&body, Some(&before.aws_account_id))?;
            Ok(before.with_requested_roles(&chosen))
        };
        let cause = "companion_roles_chosen";
        self.choose(caller, id, cause, &offering, choose).await
    }

    /// Parses the requested roles. Without an account, only the rules that don't depend on it apply.
    fn chosen_roles(
        &self,
        body: &Map<String, Value>,
        aws_account_id: Option<&AwsAccountId>,
    ) -> Result<Vec<RequestedRole>, Problem> {
        let asked = Asked {
            partition: self.service.partition(),
            aws_account_id,
            hub: Some(&self.env.hub().account),
        };
        let mut fields = Fields::new(body.clone());
        fields.demand("companion_roles");
        let chosen = fields.read("companion_roles", |list| read_all(list, &asked));
        fields.finish_with(chosen)
    }

    /// Replaces the account's requested access profiles. The response has the command that updates
    /// the stack.
    pub(crate) async fn choose_access(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        fields.demand("access");
        let names = fields.read("access", read_access);
        let names = fields.finish_with(names)?;
        let offering = self.offering().await?;
        let access = chosen(&offering, Some(&names))?;
        let choose = async |before: &Account| Ok(before.with_requested_access(&access));
        self.choose(caller, id, "access_chosen", &offering, choose)
            .await
    }

    /// Records a choice. `choose` returns `None` if the account already has it.
    async fn choose(
        &self,
        caller: &Caller,
        id: &AccountId,
        cause: &'static str,
        offering: &Offering,
        choose: impl AsyncFn(&Account) -> Result<Option<Account>, Problem>,
    ) -> Result<Response, Problem> {
        let mut is_first = true;
        let account = decide_again(&self.env, async || {
            let before = self.registered_account(caller, id).await?;
            if std::mem::take(&mut is_first) {
                self.admit(caller, Limited::Choice(id.clone())).await?;
            }
            let Some(after) = choose(&before).await? else {
                return Ok(before);
            };
            // Rejects a choice that exceeds the limits of a role.
            self.render(offering, &after.requested_access, &after.companion_roles)?;
            let occasion = Occasion::new(self.env.now(), caller.actor.clone(), cause);
            let change = Change::new().update(
                Record::Account(before),
                Record::Account(after.clone()),
                Event::AccountChanged,
                &occasion,
            );
            self.env.store().commit(&change).await?;
            Ok(after)
        });
        self.chosen(caller, offering, &account.await?).await
    }

    /// The account, and the update that gives its stack what is requested.
    async fn chosen(
        &self,
        caller: &Caller,
        offering: &Offering,
        account: &Account,
    ) -> Result<Response, Problem> {
        let subject = Subject::Account(account.account_id.clone());
        let (tenant, store) = (&caller.tenant, self.env.store());
        let (schedule, report, recorded, until) = join!(
            store.check_schedule(tenant, &subject),
            store.report(tenant, &subject),
            store.template(&account.template_id),
            store.sessions_until(&account.account_id, self.env.now())
        );
        let (schedule, report, recorded) = (schedule?, report?, recorded?);
        self.publish_update(report.as_ref()).await?;
        let current = self.current_template(offering, account)?;
        let differs = recorded.is_none_or(|recorded| !recorded.makes_the_same_as(&current));
        // A stack that is being deleted can't be updated.
        let update = if differs && account.is_connected() {
            let template = self.publish(&current).await?;
            let first = report.as_ref().and_then(Report::before_update);
            let stack = &account.stack_id;
            json!({
                "console_url": links::update_stack(stack, &template),
                "template_url": template.url,
                "command": update_command(first, stack, &template),
            })
        } else {
            Value::Null
        };
        let links = self.links(caller.link_keys());
        let (schedule, report) = (schedule.as_ref(), report.as_ref());
        let view = views::account(account, schedule, report, until?, links);
        let body = json!({"account": view, "update": update});
        Ok(Response::json(200, &body))
    }
}

/// The command that updates the stack and keeps its parameters, after the command that CloudFormation
/// requires first.
fn update_command(
    first: Option<&str>,
    stack: &StackId,
    template: &PublishedTemplate,
) -> Option<String> {
    let update = Command::UpdateStack {
        stack: stack.clone(),
        template: template.clone(),
    };
    let update = line(&[update], stack.partition())?;
    Some(match first {
        Some(first) => format!("{first} && {update}"),
        None => update,
    })
}
