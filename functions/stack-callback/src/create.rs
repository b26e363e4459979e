//! A Create: an attempt to register its stack, answered with what came of it.

use crate::answer;
use crate::claim::{Claim, Delivery, claim};
use crate::handle::{Decision, Received, keep, kept, unauthenticated};
use crate::request::Request;
use futures_util::future::{Either, select};
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::ports::{CustomerAccounts, Host, Store, StoreError};
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Channel, Registration};
use rolecall_domain::text::Actor;
use rolecall_flows::attempt::{Ahead, Answering, Attempt, Outcome};
use rolecall_flows::{Context, FlowError};
use std::pin::pin;

/// Makes the body that an attempt's outcome is answered with.
struct AnswerTo<'a> {
    request: &'a Request,
    registration_id: &'a RegistrationId,
}

impl Answering for AnswerTo<'_> {
    fn answer(&self, outcome: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer> {
        let body = match outcome {
            Ok(account_id) => answer::success(self.request, self.registration_id, account_id),
            Err(refusal) => answer::failed(self.request, refusal),
        };
        Some(keep(self.request, self.registration_id, body))
    }
}

/// Claims a Create and looks at its role meanwhile, because a customer waits for the answer. Another
/// worker's request is not looked at to the end.
pub(crate) async fn claim_and_look<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    delivery: &Delivery<'_>,
    waits: bool,
) -> Result<(Claim, Option<Ahead>), FlowError> {
    let first_at = ctx.now();
    let attempt = attempt(request, registration.clone(), &Received { first_at, waits });
    let claimed = pin!(claim(ctx, request, delivery));
    let look = pin!(ctx.look_ahead(&attempt));
    let (claimed, ahead) = match select(claimed, look).await {
        Either::Left((claimed, look)) => match claimed? {
            Claim::Decided(decision) => return Ok((Claim::Decided(decision), None)),
            ours @ Claim::Ours { .. } => (ours, look.await),
        },
        Either::Right((ahead, claimed)) => (claimed.await?, ahead),
    };
    match claimed {
        Claim::Decided(decision) => Ok((Claim::Decided(decision), None)),
        ours @ Claim::Ours { .. } => Ok((ours, ahead?)),
    }
}

pub(crate) async fn create<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: Registration,
    received: &Received,
    ahead: Option<Ahead>,
) -> Result<String, FlowError> {
    let attempt = attempt(request, registration, received);
    finish(ctx, request, attempt, ahead).await
}

fn attempt(request: &Request, registration: Registration, received: &Received) -> Attempt {
    let (role_arn, template_version, made_roles) = match request.properties() {
        Ok(it) => (Ok(it.role_arn), it.template_version, it.made_roles),
        Err(refusal) => (Err(refusal), None, Vec::new()),
    };
    let matches = request.presented_external_id() == Some(registration.external_id.as_str());
    Attempt {
        registration,
        channel: Channel::Callback,
        actor: Actor::Stack,
        stack_id: request.key.stack_id.clone(),
        role_arn,
        logical_resource_id: Some(request.logical_resource_id.clone()),
        template_version,
        made_roles,
        name: None,
        heard_at: received.first_at,
        waits: received.waits,
        reported_external_id_matches: Some(matches),
    }
}

async fn finish<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    attempt: Attempt,
    ahead: Option<Ahead>,
) -> Result<String, FlowError> {
    let registration_id = attempt.registration.registration_id.clone();
    let answering = AnswerTo {
        request,
        registration_id: &registration_id,
    };
    match ctx.attempt_after(ahead, attempt, &answering).await? {
        Outcome::Registered(registered) => {
            let account_id = &registered.account.account_id;
            Ok(answer::success(request, &registration_id, account_id))
        }
        Outcome::Confirmed(account_id) => {
            Ok(answer::success(request, &registration_id, &account_id))
        }
        Outcome::Refused(refusal) => Ok(answer::failed(request, &refusal)),
        // What the other worker kept; ours would only be kept if that were not so.
        Outcome::Answered => kept(ctx, request, &registration_id, unauthenticated(request)).await,
    }
}

/// Refuses a Create that there was no way to decide on.
pub(crate) async fn give_up<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    delivery: &Delivery<'_>,
    refusal: Refusal,
) -> Result<Decision, FlowError> {
    let Delivery { proof, line, .. } = delivery;
    let registration_id = &proof.registration_id;
    let registration = match ctx.store.registration_by_id(registration_id).await {
        // No later delivery could read it either, so the answer is all that can be kept.
        Err(StoreError::Corrupt { .. }) => {
            line.proven(registration_id);
            let body = answer::failed(request, &refusal);
            let body = kept(ctx, request, registration_id, body).await?;
            return Ok(Decision::Answer(body));
        }
        found => found?.filter(|it| it.token_key_id == proof.key_id),
    };
    let Some(registration) = registration else {
        return Ok(Decision::AnswerOnce(unauthenticated(request)));
    };
    line.authenticated(&registration);
    let received = Received {
        first_at: ctx.now(),
        waits: false,
    };
    let attempt = Attempt {
        role_arn: Err(refusal),
        ..attempt(request, registration, &received)
    };
    Ok(Decision::Answer(finish(ctx, request, attempt, None).await?))
}
