//! What each kind of request leads to. Every function returns the body to answer with; what it
//! changes, it commits together with that body.

use crate::answer;
use crate::authenticate::Proof;
use crate::claim::{Claim, DELIVERIES_A_DAY, Delivery, PATIENT_DELIVERIES, claim};
use crate::create::{claim_and_look, create};
use crate::delete::{Heard, delete, deletion_of_recorded};
use crate::request::{Request, RequestType};
use rolecall_domain::Timestamp;
use rolecall_domain::change::PersistedAnswer;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::{Account, ReportedRole};
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Remedy;
use rolecall_flows::{Context, DECISIONS, FlowError};

/// What a request comes to.
pub(crate) enum Decision {
    /// To be delivered.
    Answer(String),
    /// To be put once: whoever sent the request has sent too much.
    AnswerOnce(String),
    /// Another worker has the request; the next delivery finds what it came to.
    Busy,
}

pub(crate) fn keep(
    request: &Request,
    registration_id: &RegistrationId,
    body: String,
) -> PersistedAnswer {
    PersistedAnswer {
        key: request.key_under(registration_id),
        body,
    }
}

/// The answer to a request that no token vouches for. Nothing of it is written down.
pub(crate) fn unauthenticated(request: &Request) -> String {
    if request.request_type == RequestType::Delete {
        return answer::let_go(request);
    }
    let refusal = Refusal::new(
        Code::InvalidToken,
        "The registration token is missing or not valid.",
        &Remedy::CreateUnchanged,
    );
    answer::failed(request, &refusal)
}

/// Claims an authenticated request, does what it asks for, and returns the answer that is kept.
pub(crate) async fn work<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    delivery: &Delivery<'_>,
) -> Result<Decision, FlowError> {
    let Proof {
        registration_id,
        key_id,
    } = delivery.proof;
    let (registration, count) = futures_util::join!(
        ctx.store.registration_by_id(registration_id),
        delivery.count(&ctx.store, ctx.now())
    );
    let Some(registration) = registration?.filter(|it| &it.token_key_id == key_id) else {
        return Ok(Decision::AnswerOnce(unauthenticated(request)));
    };
    delivery.line.authenticated(&registration);
    let count = count?;
    if count > DELIVERIES_A_DAY {
        return too_many(ctx, request, &registration).await;
    }
    let waits = count <= PATIENT_DELIVERIES;
    let (claimed, ahead) = match request.request_type {
        RequestType::Create => claim_and_look(ctx, request, &registration, delivery, waits).await?,
        RequestType::Update | RequestType::Delete => (claim(ctx, request, delivery).await?, None),
    };
    let first_received_at = match claimed {
        Claim::Ours { first_received_at } => first_received_at,
        Claim::Decided(decision) => return Ok(decision),
    };
    let received = Received {
        first_at: first_received_at,
        waits,
    };
    let is_exhausted = !registration.notes_refusals();
    match request.request_type {
        RequestType::Create => {
            let body = create(ctx, request, registration, &received, ahead).await?;
            Ok(if is_exhausted {
                Decision::AnswerOnce(body)
            } else {
                Decision::Answer(body)
            })
        }
        RequestType::Update => update(ctx, request, &registration, &received).await,
        RequestType::Delete => delete(ctx, request, registration).await,
    }
}

/// When a request came first, and whether there is time to wait for IAM on its behalf.
pub(crate) struct Received {
    pub(crate) first_at: Timestamp,
    pub(crate) waits: bool,
}

/// What is still done for a token that was sent too often today. That a recorded stack is deleted
/// is never lost; nothing else is looked at or written down, and no stack is wedged.
async fn too_many<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
) -> Result<Decision, FlowError> {
    tracing::warn!(
        registration.id = %registration.registration_id,
        "a registration has sent too many requests today"
    );
    let body = match request.request_type {
        RequestType::Create => answer::failed(request, &sent_too_much()),
        RequestType::Update => answer::let_go(request),
        RequestType::Delete => {
            for _ in 0..DECISIONS {
                let heard = deletion_of_recorded(ctx, request, registration, None).await?;
                if !matches!(heard, Heard::Changed) {
                    break;
                }
            }
            answer::let_go(request)
        }
    };
    Ok(Decision::AnswerOnce(body))
}

fn sent_too_much() -> Refusal {
    Refusal::new(
        Code::RateLimited,
        format!(
            "This registration sent more than {DELIVERIES_A_DAY} requests today. Requests are taken again from 00:00 UTC on."
        ),
        &Remedy::DeleteAndCreate,
    )
}

/// The answer that is kept for the request, which another worker may have decided.
pub(crate) async fn kept<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration_id: &RegistrationId,
    body: String,
) -> Result<String, FlowError> {
    let answer = keep(request, registration_id, body);
    Ok(ctx.store.keep_answer(&answer).await?)
}

/// The registration's account, if this request is about its very resource.
async fn recorded_account<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
) -> Result<Option<Account>, FlowError> {
    let Some(account_id) = registration.account_id() else {
        return Ok(None);
    };
    let account = ctx.store.account(&registration.tenant, account_id).await?;
    Ok(account.filter(|account| is_about(request, account)))
}

/// The id of the resource need not be ours: CloudFormation makes one up when the answer to a
/// Create never arrived.
pub(crate) fn is_about(request: &Request, account: &Account) -> bool {
    let same_resource = account
        .logical_resource_id
        .as_ref()
        .is_none_or(|logical| logical == &request.logical_resource_id);
    account.stack_id == request.key.stack_id && same_resource && !request.is_of_refused()
}

async fn update<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    received: &Received,
) -> Result<Decision, FlowError> {
    let keep_body = async |body: String| {
        let body = kept(ctx, request, &registration.registration_id, body).await?;
        Ok(Decision::Answer(body))
    };
    let yes = || answer::let_go(request);
    let account = recorded_account(ctx, request, registration).await?;
    let account = account.filter(|account| !account.is_deregistered());
    // A stack that this registration has not recorded is let go, whoever else may know it.
    let Some(account) = account.filter(|_| !request.is_unchanged()) else {
        return keep_body(yes()).await;
    };
    if request.presented_external_id() != Some(account.external_id.as_str()) {
        return keep_body(answer::failed(request, &other_external_id())).await;
    }
    let properties = match request.properties() {
        Ok(properties) => properties,
        Err(refusal) => return keep_body(answer::failed(request, &refusal)).await,
    };
    let template_version = properties.template_version;
    let reported = ReportedRole {
        role_arn: properties.role_arn,
        template_version: template_version.unwrap_or_else(|| account.template_version.clone()),
        made_roles: properties.made_roles,
        told_at: Some(request.sent_at.unwrap_or(received.first_at)),
    };
    let heard_at = received.waits.then_some(received.first_at);
    let answer = keep(request, &registration.registration_id, yes());
    ctx.adopt_role(account, &reported, heard_at, Some(&answer))
        .await?;
    keep_body(answer.body).await
}

fn other_external_id() -> Refusal {
    Refusal::new(
        Code::VerificationFailed,
        "external_id_mismatch: The stack's external ID is not the one that its registration was given.",
        &Remedy::RestoreExternalId,
    )
}
