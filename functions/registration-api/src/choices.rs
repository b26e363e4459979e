//! `/v1/accounts/{account_id}/access` and `/companion-roles`

use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::{Problem, decide_again};
use crate::registrations::chosen;
use crate::registrations::requested::read_access;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{Records, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::template::Offering;
use rolecall_usecases::Env;
use serde_json::{Map, Value};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Replaces the account's requested roles. The response has the update of the stack.
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

    /// Replaces the account's requested access profiles. The response has the update of the stack.
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
        let view = self.account_view(caller, &account.await?).await?;
        Ok(Response::json(200, &view))
    }
}
