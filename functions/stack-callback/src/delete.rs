//! A Delete: a sign of the stack's end, for what its own registration has on record.

use crate::answer;
use crate::handle::{Decision, is_about, keep, kept};
use crate::request::Request;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, Owner, PersistedAnswer, Requirement};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::StackEntry;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::register;
use rolecall_flows::follow_stack::Sighting;
use rolecall_flows::letting_go::OnRecord;
use rolecall_flows::{Context, DECISIONS, FlowError, applied};

/// What a Delete met.
pub(crate) enum Heard {
    Done,
    /// The registration has nothing on record of the stack.
    Nothing,
    /// A record changed meanwhile.
    Changed,
}

/// A Delete of what the registration has on record.
pub(crate) async fn deletion_of_recorded<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    answer: Option<&PersistedAnswer>,
) -> Result<Heard, FlowError> {
    let at = ctx.now();
    match ctx
        .on_record_of(registration, &request.key.stack_id)
        .await?
    {
        OnRecord::Account(account) if is_about(request, &account) => {
            let sign = Evidence {
                kind: EvidenceKind::DeleteCallback,
                at,
            };
            let heard = ctx.hear_of_deletion(&account, sign, Actor::Stack, answer.cloned());
            Ok(if heard.await? {
                Heard::Done
            } else {
                Heard::Changed
            })
        }
        OnRecord::StackEntry(entry) if is_of(request, &entry) => {
            let sighting = Sighting {
                kind: Some(EvidenceKind::DeleteCallback),
                at,
                actor: Actor::Stack,
                cause: "delete_callback",
            };
            ctx.add_evidence(entry, &sighting, answer.cloned()).await?;
            Ok(Heard::Done)
        }
        OnRecord::Account(_) | OnRecord::StackEntry(_) => Ok(Heard::Done),
        OnRecord::Nothing => Ok(Heard::Nothing),
    }
}

pub(crate) async fn delete<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    mut registration: Registration,
) -> Result<Decision, FlowError> {
    let registration_id = registration.registration_id.clone();
    let answer = keep(request, &registration_id, answer::let_go(request));
    for _ in 0..DECISIONS {
        let done = match deletion_of_recorded(ctx, request, &registration, Some(&answer)).await? {
            Heard::Done => true,
            Heard::Changed => false,
            Heard::Nothing => delete_of_nothing(ctx, request, &registration, &answer).await?,
        };
        if done {
            let body = kept(ctx, request, &registration_id, answer.body).await?;
            return Ok(Decision::Answer(body));
        }
        let current = ctx.store.registration_by_id(&registration_id).await?;
        registration = current.ok_or(FlowError::Contended)?;
    }
    Err(FlowError::Contended)
}

/// A Delete that overtook its Create, or of something never created: the registering transaction
/// will meet this mark. One that was faster has changed the registration.
async fn delete_of_nothing<S: Store, C: CustomerAccounts, H: Host>(
    ctx: &Context<S, C, H>,
    request: &Request,
    registration: &Registration,
    answer: &PersistedAnswer,
) -> Result<bool, FlowError> {
    let tombstone = register::tombstone(
        &registration.registration_id,
        &request.key.stack_id,
        Some(&request.logical_resource_id),
    );
    let owner = Owner::from(&Record::Registration(registration.clone()));
    let unchanged = Requirement::Unchanged {
        tenant: registration.tenant.clone(),
        registration_id: registration.registration_id.clone(),
        version: registration.version,
    };
    let change = Change::new()
        .claim(tombstone, &owner)
        .require(unchanged)
        .answering(Some(answer.clone()));
    match ctx.store.commit(&change).await {
        Err(CommitError::Answered) => Ok(true),
        result => applied(result),
    }
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
