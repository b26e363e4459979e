//! Handles the requests of the preflight resource, which a stack creates before everything else and
//! deletes after everything else. No request calls AWS.

use crate::answer;
use crate::decision::{Decision, Received, keep, kept, unauthenticated};
use crate::recorded::{other_external_id, recorded_account};
use crate::request::Request;
use crate::support::SupportOf;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_usecases::start_stack::{StackToStart, Started};
use rolecall_usecases::{Env, UseCaseError, preflight_deleted, start_stack};

/// Decides whether the stack may create its resources. `rejected` is a rejection that is already
/// certain.
pub(crate) async fn create(
    env: &impl Env,
    request: &Request,
    registration: Registration,
    received: &Received,
    rejected: Option<Refusal>,
) -> Result<String, UseCaseError> {
    let registration_id = registration.registration_id.clone();
    let support = SupportOf::new(env, &registration);
    let external_id = registration.external_id.as_str();
    let stack = StackToStart {
        stack_id: request.key.stack_id.clone(),
        received_at: received.first_at,
        external_id_matches: request.presented_external_id() == Some(external_id),
        rejected: rejected.or_else(|| request.preflight_properties().err()),
        registration,
    };
    let body = async |outcome: Result<(), &Refusal>| match outcome {
        Ok(()) => answer::passed(request, &registration_id),
        Err(refusal) => answer::failed(request, refusal, support.get().await),
    };
    let answer =
        async |outcome: Result<(), &Refusal>| keep(request, &registration_id, body(outcome).await);
    match start_stack(env, stack, answer).await? {
        Started::Passed => Ok(body(Ok(())).await),
        Started::Refused(refusal) => Ok(body(Err(&refusal)).await),
        // Another worker stored an answer. `kept` returns it instead of the body passed here.
        Started::Answered => kept(env, request, &registration_id, unauthenticated(request)).await,
    }
}

/// Refuses another external ID before CloudFormation updates anything else. Everything else is
/// accepted: the resource that reports the role follows.
pub(crate) async fn update(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
) -> Result<Decision, UseCaseError> {
    let account = recorded_account(env, request, registration).await?;
    let account = account.filter(|account| !account.is_deregistered() && !request.is_unchanged());
    let body = match account {
        Some(account) if request.presented_external_id() != Some(account.external_id.as_str()) => {
            let support = SupportOf::new(env, registration);
            answer::failed(request, &other_external_id(), support.get().await)
        }
        _ => answer::respond_success(request),
    };
    let body = kept(env, request, &registration.registration_id, body).await?;
    Ok(Decision::Answer(body))
}

/// Records that CloudFormation has tried to delete the stack's resources. The answer is always
/// SUCCESS. A resource that was refused, or that the template does not contain, says nothing about
/// the stack.
pub(crate) async fn delete(
    env: &impl Env,
    request: &Request,
    registration: Registration,
) -> Result<Decision, UseCaseError> {
    let registration_id = registration.registration_id.clone();
    let answer = keep(request, &registration_id, answer::respond_success(request));
    if request.is_of_accepted_preflight() {
        preflight_deleted(env, registration, &request.key.stack_id, &answer).await?;
    }
    let body = kept(env, request, &registration_id, answer.body).await?;
    Ok(Decision::Answer(body))
}
