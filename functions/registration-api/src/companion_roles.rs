//! `/v1/accounts/{account_id}/access`, `/companion-roles` and `/simulations`, `/v1/decode-authorization-message`

use crate::Api;
use crate::fields::Fields;
use crate::problem::{Problem, decide_again};
use crate::registrations::chosen;
use crate::registrations::requested::read_access;
use crate::request::{Caller, Request};
use crate::response::Response;
use futures_util::join;
use rolecall_domain::aws::{AwsAccountId, RoleArn, StackId};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{AssumeOutcome, Read, Report};
use rolecall_domain::companion::spec::RoleKind;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{Kind, RequestedRole, read_all};
use rolecall_domain::iam::encoded_message::EncodedMessage;
use rolecall_domain::iam::simulation::Simulated;
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::links;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::messages::{Alternatives, Localized, Message, NoAnswer, Rule};
use rolecall_domain::ports::{
    AssumeRole, Assumed, PolicySimulator, Records, ScheduleStore, TemplateBucket, TokenKeys,
};
use rolecall_domain::record::account::Account;
use rolecall_domain::remedy::command::{Command, line};
use rolecall_domain::remedy::{Reader, Remedy};
use rolecall_domain::schedule::Subject;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::{Map, Value, json};

/// Limits of one simulation, in which IAM evaluates every pair of an action and a resource.
const MOST_ACTIONS: usize = 50;
const MOST_RESOURCES: usize = 20;

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
        let choose = async |before: &Account| {
            let chosen = self.chosen_roles(&body, Some(&before.aws_account_id))?;
            Ok(before.with_requested_roles(&chosen))
        };
        self.choose(caller, id, "companion_roles_chosen", choose)
            .await
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
        let access = chosen(&self.offering().await?, Some(&names))?;
        let choose = async |before: &Account| Ok(before.with_requested_access(&access));
        self.choose(caller, id, "access_chosen", choose).await
    }

    /// Records a choice. `choose` returns `None` if the account has made it already.
    async fn choose(
        &self,
        caller: &Caller,
        id: &AccountId,
        cause: &'static str,
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
            self.check_choice(&after).await?;
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
        self.chosen(caller, &account.await?).await
    }

    /// Refuses a choice that a role can't have.
    async fn check_choice(&self, account: &Account) -> Result<(), Problem> {
        let (access, roles) = (&account.requested_access, &account.companion_roles);
        self.render(&self.offering().await?, access, roles)?;
        Ok(())
    }

    /// The account, and the update that gives its stack what is requested.
    async fn chosen(&self, caller: &Caller, account: &Account) -> Result<Response, Problem> {
        let subject = Subject::Account(account.account_id.clone());
        let store = self.env.store();
        let (view, current, recorded, report) = join!(
            self.account_view(caller, account),
            self.current_template(account),
            store.template(&account.template_id),
            store.report(&caller.tenant, &subject)
        );
        let (account_view, current) = (view?, current?);
        let (recorded, report) = (recorded?, report?);
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
        let body = json!({"account": account_view, "update": update});
        Ok(Response::json(200, &body))
    }

    /// Simulates the permissions of one of the account's roles.
    pub(crate) async fn simulate(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let kind = fields.required("kind", |name| {
            Kind::parse(&name).ok_or(FieldError::new("unknown_kind", unknown_kind()))
        });
        fields.demand("actions");
        let actions = fields.texts(
            "actions",
            MOST_ACTIONS,
            (is_action, Rule::NotActions { most: MOST_ACTIONS }),
        );
        let resources = fields.texts(
            "resources",
            MOST_RESOURCES,
            (
                is_resource,
                Rule::NotResources {
                    most: MOST_RESOURCES,
                },
            ),
        );
        let (kind, actions) = fields.finish_with(kind.zip(actions))?;
        let account = self.registered_account(caller, id).await?;
        let role = role_of_kind(&account, kind)?;
        self.admit(caller, Limited::Question(id.clone())).await?;
        let resources = resources.unwrap_or_else(|| vec!["*".to_owned()]);
        let answer = match self.session(&account).await {
            Ok(session) => {
                let customers = self.env.customers();
                let read = customers
                    .simulate(&session, role, &actions, &resources)
                    .await;
                seen(read)
            }
            Err(reason) => Err(reason),
        };
        let (results, reason) = split(answer);
        let results: Vec<Value> = results.unwrap_or_default().iter().map(simulated).collect();
        let body = json!({
            "kind": kind,
            "role_arn": role,
            "verdict": verdict(reason.as_ref()),
            "reason": reason,
            "results": results,
            "simulated_at": self.env.now(),
        });
        Ok(Response::json(200, &body))
    }

    /// Decodes an authorization failure message into a sentence.
    pub(crate) async fn decode_message(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::new(request.body()?);
        let id = fields.required("account_id", AccountId::parse);
        let message = fields.required("message", |text| EncodedMessage::find(&text));
        let (id, message) = fields.finish_with(id.zip(message))?;
        let account = self.registered_account(caller, &id).await?;
        self.admit(caller, Limited::Question(id)).await?;
        let answer = match self.session(&account).await {
            Ok(session) => {
                let read = self
                    .env
                    .customers()
                    .decode_message(&session, message.as_str())
                    .await;
                if read == Read::NotFound {
                    let rule = Rule::NotThisAccountsMessage;
                    return Err(Problem::field("message", "invalid", rule));
                }
                // The hub may decode messages only if the stack created a role for instances.
                seen(read).map_err(|reason| match account.has_instances() {
                    true => reason,
                    false => NoAnswer::CannotDecode.localized(),
                })
            }
            Err(reason) => Err(reason),
        };
        let (decoded, reason) = split(answer);
        let refusal = decoded.map(|text| crate::refusal::Refused::read(&text));
        let body = json!({
            "verdict": verdict(reason.as_ref()),
            "reason": reason,
            "allowed": refusal.as_ref().and_then(|it| it.allowed),
            "explicit_deny": refusal.as_ref().and_then(|it| it.explicit_deny),
            "action": refusal.as_ref().and_then(|it| it.action.as_ref()),
            "resource": refusal.as_ref().and_then(|it| it.resource.as_ref()),
            "principal": refusal.as_ref().and_then(|it| it.principal.as_ref()),
            "sentence": refusal.as_ref().map(|it| it.sentence().localized()),
            "matched_statements": refusal.as_ref().map_or(&[][..], |it| &it.matched),
        });
        Ok(Response::json(200, &body))
    }

    /// A session of the hub's role in the account, or the reason why there is none.
    async fn session(
        &self,
        account: &Account,
    ) -> Result<<E::Customers as AssumeRole>::Session, Localized> {
        let (role, external_id) = (&account.role.arn, &account.external_id);
        let outcome = match self.env.customers().assume(role, external_id).await {
            Assumed::Granted { session, granted }
                if granted.role_unique_id == account.role.unique_id =>
            {
                return Ok(session);
            }
            Assumed::Granted { .. } => {
                return Err(NoAnswer::HubRoleRecreated.localized());
            }
            Assumed::Not(outcome) => outcome,
        };
        Err(match outcome {
            AssumeOutcome::Throttled => NoAnswer::Throttled,
            AssumeOutcome::RegionDisabled => NoAnswer::StsInactive,
            AssumeOutcome::Refused | AssumeOutcome::Forbidden(_) => NoAnswer::HubRoleUnassumable,
            AssumeOutcome::HubDenied(_) => NoAnswer::HubDenied,
            AssumeOutcome::Unreachable | AssumeOutcome::Granted(_) => NoAnswer::NoUsableResponse,
        }
        .localized())
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

/// The value that was read, or the reason why it could not be read.
fn seen<T>(read: Read<T>) -> Result<T, Localized> {
    match read {
        Read::Seen(value) => Ok(value),
        Read::Denied(denial) => {
            let action = denial.action.to_string();
            let what = NoAnswer::HubRoleNotAllowed { action }.localized();
            Err(what.then(&Remedy::RestoreHubRole.instruction(Reader::User)))
        }
        Read::NotFound => Err(NoAnswer::RoleDeleted.localized()),
        Read::Throttled => Err(NoAnswer::Throttled.localized()),
        Read::Unreachable => Err(NoAnswer::NoUsableResponse.localized()),
    }
}

fn split<T>(answer: Result<T, Localized>) -> (Option<T>, Option<Localized>) {
    match answer {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    }
}

fn verdict(reason: Option<&Localized>) -> &'static str {
    reason.map_or("answered", |_| "inconclusive")
}

fn unknown_kind() -> Rule {
    let kinds = Alternatives::of(RoleKind::all().map(|kind| kind.name));
    Rule::UnknownRoleKind { kinds }
}

fn role_of_kind(account: &Account, kind: Kind) -> Result<&RoleArn, Problem> {
    if kind.always {
        return Ok(&account.role.arn);
    }
    let mut made = account.seen_roles();
    let made = made.find(|made| made.kind == kind && made.is_proven());
    made.map(|made| &made.role_arn)
        .ok_or_else(|| Problem::field("kind", "not_there", Rule::NotInAccount))
}

fn simulated(one: &Simulated) -> Value {
    let mut view = json!(one);
    view["because"] = json!(one.because());
    view
}

/// `service:Action`. The simulator accepts no wildcards.
fn is_action(text: &str) -> bool {
    let word = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        !part.is_empty() && part.bytes().all(allowed)
    };
    text.len() <= 128
        && text
            .split_once(':')
            .is_some_and(|(a, b)| word(a) && word(b))
}

fn is_resource(text: &str) -> bool {
    let printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
    text == "*" || (text.starts_with("arn:") && text.chars().count() <= 2048 && printable)
}
