//! What each kind of request leads to. Every function returns the body to answer with; what it
//! changes, it commits together with that body.

use crate::answer;
use crate::request::{Request, RequestType};
use rolecall_domain::Timestamp;
use rolecall_domain::account::{Account, ReportedRole};
use rolecall_domain::audit::Record;
use rolecall_domain::change::{Change, Guard, Owner, PersistedAnswer, Requirement};
use rolecall_domain::evidence::{Evidence, EvidenceKind};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{
    CommitError, CustomerAccounts, Host, RequestClaim, Store, StoreError,
};
use rolecall_domain::problem::{Code, Refusal};
use rolecall_domain::registering;
use rolecall_domain::registration::{Channel, Registration};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::stack_entry::StackEntry;
use rolecall_domain::text::Actor;
use rolecall_domain::token::KeyId;
use rolecall_domain::{SignedDuration, ids::RegistrationId};
use rolecall_flows::attempt::{Answering, Attempt, Outcome};
use rolecall_flows::follow_stack::Sighting;
use rolecall_flows::letting_go::OnRecord;
use rolecall_flows::{Context, DECISIONS, FlowError, applied};

/// How long a worker has a request for itself. Two at once do no harm, because only one answer
/// is kept; a dead one must not keep others waiting.
const LEASE: SignedDuration = SignedDuration::from_secs(45);

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
        Some(keep(self.request, body))
    }
}

fn keep(request: &Request, body: String) -> PersistedAnswer {
    PersistedAnswer {
        key: request.key.clone(),
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

/// Claims an authenticated request, does what it asks for, and returns the body that is kept.
pub(crate) async fn work<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration_id: &RegistrationId,
    key_id: &KeyId,
    deadline: Timestamp,
) -> Result<String, FlowError> {
    let (registration, first_received_at) = loop {
        let now = ctx.now();
        let lease_until = (now + LEASE).min(deadline);
        let (claim, registration) = futures_util::join!(
            ctx.store.claim_request(&request.key, now, lease_until),
            ctx.store.registration_by_id(registration_id)
        );
        match claim? {
            RequestClaim::Answered { body } => return Ok(body),
            RequestClaim::Yours { first_received_at } => break (registration?, first_received_at),
            RequestClaim::Busy { until } => {
                let left = until.duration_since(now);
                ctx.host
                    .sleep(left.clamp(
                        SignedDuration::from_millis(50),
                        SignedDuration::from_secs(1),
                    ))
                    .await;
            }
        }
    };
    let Some(registration) = registration.filter(|r| &r.token_key_id == key_id) else {
        return kept(ctx, request, unauthenticated(request)).await;
    };
    match request.request_type {
        RequestType::Create => create(ctx, request, registration, first_received_at).await,
        RequestType::Update => update(ctx, request, &registration, first_received_at).await,
        RequestType::Delete => delete(ctx, request, &registration).await,
    }
}

/// The answer that is kept for the request, which another worker may have decided.
async fn kept<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    body: String,
) -> Result<String, FlowError> {
    Ok(ctx.store.keep_answer(&keep(request, body)).await?)
}

async fn create<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: Registration,
    heard_at: Timestamp,
) -> Result<String, FlowError> {
    let attempt = attempt(request, registration, heard_at);
    finish(ctx, request, attempt).await
}

fn attempt(request: &Request, registration: Registration, heard_at: Timestamp) -> Attempt {
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
        heard_at,
        reported_external_id_matches: Some(matches),
    }
}

async fn finish<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    attempt: Attempt,
) -> Result<String, FlowError> {
    let registration_id = attempt.registration.registration_id.clone();
    let answering = AnswerTo {
        request,
        registration_id: &registration_id,
    };
    match ctx.attempt(attempt, &answering).await? {
        Outcome::Registered(registered) => {
            let account_id = &registered.account.account_id;
            Ok(answer::success(request, &registration_id, account_id))
        }
        Outcome::Confirmed(account_id) => {
            Ok(answer::success(request, &registration_id, &account_id))
        }
        Outcome::Refused(refusal) => Ok(answer::failed(request, &refusal)),
        // What the other worker kept; ours would only be kept if that were not so.
        Outcome::Answered => kept(ctx, request, unauthenticated(request)).await,
    }
}

/// Refuses a Create that there was no way to decide on.
pub(crate) async fn give_up<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration_id: &RegistrationId,
    refusal: Refusal,
) -> Result<String, FlowError> {
    let registration = match ctx.store.registration_by_id(registration_id).await {
        // No later delivery could read it either, so the answer is all that can be kept.
        Err(StoreError::Corrupt { .. }) => {
            return kept(ctx, request, answer::failed(request, &refusal)).await;
        }
        found => found?,
    };
    let Some(registration) = registration else {
        return Ok(unauthenticated(request));
    };
    let attempt = Attempt {
        role_arn: Err(refusal),
        ..attempt(request, registration, ctx.now())
    };
    finish(ctx, request, attempt).await
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
fn is_about(request: &Request, account: &Account) -> bool {
    let same_resource = account
        .logical_resource_id
        .as_ref()
        .is_none_or(|logical| logical == &request.logical_resource_id);
    account.stack_id == request.key.stack_id && same_resource && !request.is_of_refused()
}

/// A stack that never became an account is deleted under the id of its refusal, or one that
/// CloudFormation made up.
fn is_of(request: &Request, entry: &StackEntry) -> bool {
    let same_resource = entry
        .logical_resource_id
        .as_ref()
        .is_none_or(|logical| logical == &request.logical_resource_id);
    same_resource && (entry.account_id.is_none() || !request.is_of_refused())
}

async fn update<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    heard_at: Timestamp,
) -> Result<String, FlowError> {
    let registration_id = &registration.registration_id;
    let account = recorded_account(ctx, request, registration).await?;
    let yes = || answer::let_go(request);
    if request.is_unchanged() {
        return kept(ctx, request, yes()).await;
    }
    let Some(account) = account.filter(|account| !account.is_deregistered()) else {
        let body = match ctx.on_record(&request.key.stack_id).await? {
            OnRecord::Account(other) if &other.registration_id != registration_id => {
                unauthenticated(request)
            }
            _ => yes(),
        };
        return kept(ctx, request, body).await;
    };
    if request.presented_external_id() != Some(account.external_id.as_str()) {
        return kept(ctx, request, answer::failed(request, &other_external_id())).await;
    }
    let properties = match request.properties() {
        Ok(properties) => properties,
        Err(refusal) => return kept(ctx, request, answer::failed(request, &refusal)).await,
    };
    let template_version = properties.template_version;
    let reported = ReportedRole {
        role_arn: properties.role_arn,
        template_version: template_version.unwrap_or_else(|| account.template_version.clone()),
        made_roles: properties.made_roles,
        told_at: Some(request.sent_at.unwrap_or(heard_at)),
    };
    let body = yes();
    let answer = keep(request, body.clone());
    ctx.adopt_role(account, &reported, Some(heard_at), Some(&answer))
        .await?;
    kept(ctx, request, body).await
}

fn other_external_id() -> Refusal {
    Refusal::new(
        Code::VerificationFailed,
        "external_id_mismatch: The stack's external ID is not the one that its registration was given.",
        &Remedy::RestoreExternalId,
    )
}

async fn delete<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
) -> Result<String, FlowError> {
    let body = answer::let_go(request);
    let answer = keep(request, body.clone());
    for _ in 0..DECISIONS {
        let done = match ctx.on_record(&request.key.stack_id).await? {
            OnRecord::Account(account)
                if account.registration_id == registration.registration_id =>
            {
                if is_about(request, &account) {
                    let sign = Evidence {
                        kind: EvidenceKind::DeleteCallback,
                        at: ctx.now(),
                    };
                    ctx.hear_of_deletion(&account, sign, Actor::Stack, Some(answer.clone()))
                        .await?
                } else {
                    true
                }
            }
            OnRecord::StackEntry(entry)
                if entry.registration_id == registration.registration_id =>
            {
                if !is_of(request, &entry) {
                    return kept(ctx, request, body).await;
                }
                let sighting = Sighting {
                    kind: Some(EvidenceKind::DeleteCallback),
                    at: ctx.now(),
                    actor: Actor::Stack,
                    cause: "delete_callback",
                };
                ctx.add_evidence(entry, &sighting, Some(answer.clone()))
                    .await?;
                true
            }
            // It belongs to another registration than the token does.
            OnRecord::Account(_) | OnRecord::StackEntry(_) => true,
            OnRecord::Nothing => delete_of_nothing(ctx, request, registration, &answer).await?,
        };
        if done {
            return kept(ctx, request, body).await;
        }
    }
    Err(FlowError::Contended)
}

/// A Delete that overtook its Create, or of something never created: the registering transaction
/// will meet this mark.
async fn delete_of_nothing<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    answer: &PersistedAnswer,
) -> Result<bool, FlowError> {
    let stack_id = &request.key.stack_id;
    let tombstone = registering::tombstone(stack_id, Some(&request.logical_resource_id));
    let owner = Owner::from(&Record::Registration(registration.clone()));
    let change = Change::new()
        .claim(tombstone, &owner)
        .require(Requirement::Free(Guard::Stack(stack_id.clone())))
        .require(Requirement::Free(Guard::Ledger(stack_id.clone())))
        .answering(Some(answer.clone()));
    match ctx.store.commit(&change).await {
        Err(CommitError::Held(Guard::Deleted { .. })) => Ok(true),
        Err(CommitError::Held(_)) => Ok(false),
        result => settled(result),
    }
}

fn settled(result: Result<(), CommitError>) -> Result<bool, FlowError> {
    match result {
        Err(CommitError::Answered) => Ok(true),
        result => applied(result),
    }
}
