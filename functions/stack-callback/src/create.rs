//! Handles a Create: tries to register its stack, and answers with the result.

use crate::answer;
use crate::claim::{Claim, Delivery, claim};
use crate::decision::{Decision, Received, keep, kept, unauthenticated};
use crate::preflight;
use crate::request::{Request, Resource};
use crate::support::SupportOf;
use futures_util::future::{Either, select};
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Channel, Registration};
use rolecall_domain::text::Actor;
use rolecall_usecases::register::{Answering, Attempt, EarlyInspection, Outcome, inspect_early};
use rolecall_usecases::{Env, UseCaseError, register};
use std::pin::pin;

/// Builds the response body for the outcome of an attempt.
struct AnswerTo<'a, E> {
    request: &'a Request,
    registration_id: &'a RegistrationId,
    support: &'a SupportOf<'a, E>,
}

impl<E: Env> Answering for AnswerTo<'_, E> {
    async fn answer(&self, outcome: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer> {
        let body = match outcome {
            Ok(account_id) => answer::created(self.request, self.registration_id, account_id),
            Err(refusal) => answer::failed(self.request, refusal, self.support.get().await),
        };
        Some(keep(self.request, self.registration_id, body))
    }
}

/// Claims a Create and inspects its role concurrently, because a customer is waiting. The inspection
/// is dropped if another worker holds the request.
pub(crate) async fn claim_and_inspect(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
    delivery: &Delivery<'_>,
    waits: bool,
) -> Result<(Claim, Option<EarlyInspection>), UseCaseError> {
    let first_at = env.now();
    let attempt = attempt(request, registration.clone(), &Received { first_at, waits });
    let claimed = pin!(claim(env, request, delivery));
    let inspection = pin!(inspect_early(env, &attempt));
    let (claimed, early) = match select(claimed, inspection).await {
        Either::Left((claimed, inspection)) => match claimed? {
            Claim::Decided(decision) => return Ok((Claim::Decided(decision), None)),
            ours @ Claim::Ours { .. } => (ours, inspection.await),
        },
        Either::Right((early, claimed)) => (claimed.await?, early),
    };
    match claimed {
        Claim::Decided(decision) => Ok((Claim::Decided(decision), None)),
        ours @ Claim::Ours { .. } => Ok((ours, early?)),
    }
}

pub(crate) async fn create(
    env: &impl Env,
    request: &Request,
    registration: Registration,
    received: &Received,
    early: Option<EarlyInspection>,
) -> Result<String, UseCaseError> {
    let attempt = attempt(request, registration, received);
    finish(env, request, attempt, early).await
}

fn attempt(request: &Request, registration: Registration, received: &Received) -> Attempt {
    let reported = request.properties();
    let (role_arn, reported) = match reported {
        Ok(it) => (Ok(it.role_arn.clone()), Some(it)),
        Err(refusal) => (Err(refusal), None),
    };
    let (template_version, template_id, deployed_roles) = reported
        .map(|it| (it.template_version, it.template_id, it.deployed_roles))
        .unwrap_or_default();
    let matches = request.presented_external_id() == Some(registration.external_id.as_str());
    Attempt {
        registration,
        channel: Channel::Callback,
        actor: Actor::Stack,
        stack_id: request.key.stack_id.clone(),
        role_arn,
        logical_resource_id: Some(request.logical_resource_id.clone()),
        template_version,
        template_id,
        deployed_roles,
        name: None,
        received_at: received.first_at,
        waits: received.waits,
        reported_external_id_matches: Some(matches),
    }
}

async fn finish(
    env: &impl Env,
    request: &Request,
    attempt: Attempt,
    early: Option<EarlyInspection>,
) -> Result<String, UseCaseError> {
    let registration_id = attempt.registration.registration_id.clone();
    let support = SupportOf::new(env, &attempt.registration);
    let answering = AnswerTo {
        request,
        registration_id: &registration_id,
        support: &support,
    };
    match register(env, attempt, early, &answering).await? {
        Outcome::Registered(registered) => {
            let account_id = &registered.account.account_id;
            Ok(answer::created(request, &registration_id, account_id))
        }
        Outcome::Confirmed(account_id) => {
            Ok(answer::created(request, &registration_id, &account_id))
        }
        Outcome::Refused(refusal) => Ok(answer::failed(request, &refusal, support.get().await)),
        // Another worker stored an answer. `kept` returns it instead of the body passed here.
        Outcome::Answered => kept(env, request, &registration_id, unauthenticated(request)).await,
    }
}

/// Refuses a Create that could not be processed.
pub(crate) async fn give_up(
    env: &impl Env,
    request: &Request,
    delivery: &Delivery<'_>,
    refusal: Refusal,
) -> Result<Decision, UseCaseError> {
    let Delivery { proof, line, .. } = delivery;
    let registration_id = &proof.registration_id;
    let registration = match env.store().registration_by_id(registration_id).await {
        // A later delivery could not read the record either, so only the answer is stored.
        Err(StoreError::Corrupt { .. }) => {
            line.proven(registration_id);
            let body = answer::failed(request, &refusal, None);
            let body = kept(env, request, registration_id, body).await?;
            return Ok(Decision::Answer(body));
        }
        found => found?.filter(|it| it.token_key_id == proof.key_id),
    };
    let Some(registration) = registration else {
        return Ok(Decision::AnswerOnce(unauthenticated(request)));
    };
    line.authenticated(&registration);
    let received = Received {
        first_at: env.now(),
        waits: false,
    };
    if request.resource_kind == Resource::Preflight {
        let refusal = Some(refusal);
        let body = preflight::create(env, request, registration, &received, refusal).await?;
        return Ok(Decision::Answer(body));
    }
    let attempt = Attempt {
        role_arn: Err(refusal),
        ..attempt(request, registration, &received)
    };
    Ok(Decision::Answer(finish(env, request, attempt, None).await?))
}
