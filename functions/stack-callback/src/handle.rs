//! Handles each type of request. Every function returns the response body, and commits its changes
//! together with that body.

use crate::answer;
use crate::authenticate::Proof;
use crate::claim::{Claim, DELIVERIES_A_DAY, DELIVERIES_THAT_WAIT, Delivery, claim};
use crate::create::{claim_and_inspect, create};
use crate::decision::{Decision, Received, keep, kept, unauthenticated};
use crate::preflight;
use crate::recorded::{other_external_id, recorded_account};
use crate::request::{Request, RequestType, Resource};
use crate::support::SupportOf;
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::ReportedRole;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Remedy;
use rolecall_usecases::preflight_deleted::recorded_preflight_deleted;
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
    let inspects = request.request_type == RequestType::Create
        && request.resource_kind == Resource::Registration;
    let (claimed, early) = if inspects {
        claim_and_inspect(env, request, &registration, delivery, waits).await?
    } else {
        (claim(env, request, delivery).await?, None)
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
    let created = |body: String| match is_exhausted {
        true => Decision::AnswerOnce(body),
        false => Decision::Answer(body),
    };
    match (request.resource_kind, request.request_type) {
        (Resource::Preflight, RequestType::Create) => {
            let body = preflight::create(env, request, registration, &received, None).await?;
            Ok(created(body))
        }
        (Resource::Preflight, RequestType::Update) => {
            preflight::update(env, request, &registration).await
        }
        (Resource::Preflight, RequestType::Delete) => {
            preflight::delete(env, request, registration).await
        }
        (Resource::Registration, RequestType::Create) => {
            let body = create(env, request, registration, &received, early).await?;
            Ok(created(body))
        }
        (Resource::Registration, RequestType::Update) => {
            update(env, request, &registration, &received).await
        }
        (Resource::Registration, RequestType::Delete) => delete(env, request, registration).await,
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
        RequestType::Create => {
            let support = SupportOf::new(env, registration);
            answer::failed(request, &too_many_requests(), support.get().await)
        }
        RequestType::Update => answer::respond_success(request),
        RequestType::Delete => {
            record_deletion(env, request, registration).await?;
            answer::respond_success(request)
        }
    };
    Ok(Decision::AnswerOnce(body))
}

async fn record_deletion(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
) -> Result<(), UseCaseError> {
    match request.resource_kind {
        Resource::Registration => {
            recorded_stack_deleted(env, registration, &request.resource()).await
        }
        Resource::Preflight if request.is_of_accepted_preflight() => {
            recorded_preflight_deleted(env, registration, &request.key.stack_id).await
        }
        Resource::Preflight => Ok(()),
    }
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
    let support = SupportOf::new(env, registration);
    let account = recorded_account(env, request, registration).await?;
    let account = account.filter(|account| !account.is_deregistered());
    // A stack of another registration and an unknown stack both get SUCCESS.
    let Some(account) = account.filter(|_| !request.is_unchanged()) else {
        return keep_body(success()).await;
    };
    if request.presented_external_id() != Some(account.external_id.as_str()) {
        let refusal = other_external_id();
        return keep_body(answer::failed(request, &refusal, support.get().await)).await;
    }
    let properties = match request.properties() {
        Ok(properties) => properties,
        Err(refusal) => {
            return keep_body(answer::failed(request, &refusal, support.get().await)).await;
        }
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
