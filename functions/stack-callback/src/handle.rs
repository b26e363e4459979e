//! Handles each type of request. Every function returns the response body, and commits its changes
//! together with that body.

use crate::answer;
use crate::authenticate::Proof;
use crate::claim::{Claim, DELIVERIES_A_DAY, DELIVERIES_THAT_WAIT, Delivery, claim};
use crate::create::{claim_and_inspect, create};
use crate::decision::{Decision, Received, keep, kept, unauthenticated};
use crate::request::{Request, RequestType};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::{Account, ReportedRole};
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Remedy;
use rolecall_usecases::stack_deleted::recorded_stack_deleted;
use rolecall_usecases::{Env, UseCaseError, stack_deleted, update_role};

/// Claims and processes an authenticated request, and returns its stored answer.
pub(crate) async fn work(
    env: &impl Env,
    request: &Request,
    delivery: &Delivery<'_>,
) -> Result<Decision, UseCaseError> {
    let Proof {
        registration_id,
        key_id,
    } = delivery.proof;
    let (registration, count) = futures_util::join!(
        env.store().registration_by_id(registration_id),
        delivery.count(env.store(), env.now())
    );
    let Some(registration) = registration?.filter(|it| &it.token_key_id == key_id) else {
        return Ok(Decision::AnswerOnce(unauthenticated(request)));
    };
    delivery.line.authenticated(&registration);
    let count = count?;
    if count > DELIVERIES_A_DAY {
        return too_many(env, request, &registration).await;
    }
    let waits = count <= DELIVERIES_THAT_WAIT;
    let (claimed, early) = match request.request_type {
        RequestType::Create => {
            claim_and_inspect(env, request, &registration, delivery, waits).await?
        }
        RequestType::Update | RequestType::Delete => (claim(env, request, delivery).await?, None),
    };
    let first_received_at = match claimed {
        Claim::Ours { first_received_at } => first_received_at,
        Claim::Decided(decision) => return Ok(decision),
    };
    let received = Received {
        first_at: first_received_at,
        waits,
    };
    let is_exhausted = !registration.records_refusals();
    match request.request_type {
        RequestType::Create => {
            let body = create(env, request, registration, &received, early).await?;
            Ok(if is_exhausted {
                Decision::AnswerOnce(body)
            } else {
                Decision::Answer(body)
            })
        }
        RequestType::Update => update(env, request, &registration, &received).await,
        RequestType::Delete => delete(env, request, registration).await,
    }
}

/// Handles a request of a registration that has sent too many today. The deletion of a recorded
/// stack is still recorded. Nothing else is inspected or stored, and no stack is blocked.
async fn too_many(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
) -> Result<Decision, UseCaseError> {
    tracing::warn!(
        registration.id = %registration.registration_id,
        "a registration has sent too many requests today"
    );
    let body = match request.request_type {
        RequestType::Create => answer::failed(request, &too_many_requests()),
        RequestType::Update => answer::respond_success(request),
        RequestType::Delete => {
            recorded_stack_deleted(env, registration, &request.resource()).await?;
            answer::respond_success(request)
        }
    };
    Ok(Decision::AnswerOnce(body))
}

fn too_many_requests() -> Refusal {
    Refusal::new(
        Code::RateLimited,
        &Reason::TooManyCallbacks {
            requests: DELIVERIES_A_DAY,
        },
        &Remedy::DeleteAndCreate,
    )
}

/// The registration's account, if the request is about the resource that registered it.
async fn recorded_account(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
) -> Result<Option<Account>, UseCaseError> {
    let Some(account_id) = registration.account_id() else {
        return Ok(None);
    };
    let account = env
        .store()
        .account(&registration.tenant, account_id)
        .await?;
    Ok(account.filter(|account| request.resource().is_of_account(account)))
}

async fn update(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
    received: &Received,
) -> Result<Decision, UseCaseError> {
    let keep_body = async |body: String| {
        let body = kept(env, request, &registration.registration_id, body).await?;
        Ok(Decision::Answer(body))
    };
    let success = || answer::respond_success(request);
    let account = recorded_account(env, request, registration).await?;
    let account = account.filter(|account| !account.is_deregistered());
    // A stack of another registration and an unknown stack both get SUCCESS.
    let Some(account) = account.filter(|_| !request.is_unchanged()) else {
        return keep_body(success()).await;
    };
    if request.presented_external_id() != Some(account.external_id.as_str()) {
        return keep_body(answer::failed(request, &other_external_id())).await;
    }
    let properties = match request.properties() {
        Ok(properties) => properties,
        Err(refusal) => return keep_body(answer::failed(request, &refusal)).await,
    };
    let (template_version, template_id) = (properties.template_version, properties.template_id);
    let reported = ReportedRole {
        role_arn: properties.role_arn,
        template_version: template_version.unwrap_or_else(|| account.template_version.clone()),
        template_id: template_id.unwrap_or_else(|| account.template_id.clone()),
        deployed_roles: properties.deployed_roles,
        reported_at: Some(request.sent_at.unwrap_or(received.first_at)),
    };
    let received_at = received.waits.then_some(received.first_at);
    let answer = keep(request, &registration.registration_id, success());
    update_role(env, account, &reported, received_at, Some(&answer)).await?;
    keep_body(answer.body).await
}

/// Records a deletion signal. The answer is always SUCCESS.
async fn delete(
    env: &impl Env,
    request: &Request,
    registration: Registration,
) -> Result<Decision, UseCaseError> {
    let registration_id = registration.registration_id.clone();
    let answer = keep(request, &registration_id, answer::respond_success(request));
    stack_deleted(env, registration, &request.resource(), &answer).await?;
    let body = kept(env, request, &registration_id, answer.body).await?;
    Ok(Decision::Answer(body))
}

fn other_external_id() -> Refusal {
    Refusal::new(
        Code::VerificationFailed,
        &Reason::OtherExternalId,
        &Remedy::RestoreExternalId(Vec::new()),
    )
}
