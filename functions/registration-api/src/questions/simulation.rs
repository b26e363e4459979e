//! `/v1/accounts/{account_id}/simulations`

use super::{seen, split, verdict};
use crate::Api;
use crate::caller::Caller;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::companion::Kind;
use rolecall_domain::companion::spec::RoleKind;
use rolecall_domain::iam::simulation::Simulated;
use rolecall_domain::ids::AccountId;
use rolecall_domain::messages::{Alternatives, Rule};
use rolecall_domain::ports::{PolicySimulator, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::{Value, json};

/// Limits of one simulation, in which IAM evaluates every pair of an action and a resource.
const MOST_ACTIONS: usize = 50;
const MOST_RESOURCES: usize = 20;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
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
