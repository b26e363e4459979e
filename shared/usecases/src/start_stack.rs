//! A stack's preflight asks whether the stack may create its resources. Nothing exists yet, and no
//! call to AWS is made.

use crate::on_record::registration_again;
use crate::retry::decide_from;
use crate::{Env, UseCaseError};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::StackId;
use rolecall_domain::change::{Change, Guard, Occasion, PersistedAnswer};
use rolecall_domain::check::preflight::{NewStack, preflight};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::{CommitError, Records};
use rolecall_domain::problem::Code;
use rolecall_domain::record::attempt::Progress;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Preflight, Registration};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::text::Actor;
use rolecall_domain::transition::register;

/// The contents of a preflight.
#[derive(Debug, Clone)]
pub struct StackToStart {
    pub registration: Registration,
    pub stack_id: StackId,
    /// When the preflight was first received. The link must not have expired then.
    pub received_at: Timestamp,
    pub external_id_matches: bool,
    /// A rejection that is already certain, for example because a property is invalid.
    pub rejected: Option<Refusal>,
}

/// The outcome of a preflight.
#[derive(Debug)]
pub enum Started {
    Passed,
    Refused(Refusal),
    /// Another worker has already answered this request.
    Answered,
}

/// Records that the stack is being created, or the reason why it is rejected. A rejected stack is not
/// recorded as orphaned, because it has created nothing. `answer` builds the response that is stored
/// in the same transaction.
///
/// # Errors
/// If the store fails, or concurrent changes to the registration persist.
pub async fn start_stack(
    env: &impl Env,
    stack: StackToStart,
    answer: impl AsyncFn(Result<(), &Refusal>) -> PersistedAnswer,
) -> Result<Started, UseCaseError> {
    let mut was_deleted = false;
    let read_again =
        async |stack: &mut StackToStart| registration_again(env, &mut stack.registration).await;
    decide_from(env, stack, read_again, async |stack| {
        let decided = match was_deleted {
            true => Err(deleted()),
            false => decide(env, stack),
        };
        let body = answer(decided.as_ref().map(|_| ())).await;
        let change = change(env, stack, decided.as_ref()).answering(Some(body));
        match (env.store().commit(&change).await, decided) {
            (Ok(()), Ok(_)) => Ok(Started::Passed),
            (Ok(()), Err(refusal)) => Ok(Started::Refused(refusal)),
            (Err(CommitError::Answered), _) => Ok(Started::Answered),
            (Err(CommitError::Held(guard)), _) if matches!(*guard, Guard::Deleted { .. }) => {
                was_deleted = true;
                Err(UseCaseError::Changed)
            }
            (Err(error), _) => Err(error.into()),
        }
    })
    .await
}

/// Whether the stack is already known, or why it is rejected.
fn decide(env: &impl Env, stack: &StackToStart) -> Result<bool, Refusal> {
    if let Some(rejected) = &stack.rejected {
        return Err(rejected.clone());
    }
    let registration = &stack.registration;
    let is_known = match registration.admit_preflight(&stack.stack_id, stack.received_at) {
        Preflight::Open => false,
        Preflight::Known => true,
        Preflight::Refused(refusal) => return Err(refusal),
    };
    let new = NewStack {
        stack_id: &stack.stack_id,
        pinned_account: registration.aws_account_id.as_ref(),
        external_id_matches: stack.external_id_matches,
        hub: env.hub(),
    };
    match preflight(&new, env.now()) {
        Some(report) => Err(Refusal::of_report(Code::VerificationFailed, &report)),
        None => Ok(is_known),
    }
}

fn change(env: &impl Env, stack: &StackToStart, decided: Result<&bool, &Refusal>) -> Change {
    let (registration, stack_id) = (&stack.registration, &stack.stack_id);
    match decided {
        Ok(true) => Change::new(),
        Ok(false) => {
            let occasion = Occasion::new(env.now(), Actor::Stack, "preflight");
            let progress = Progress::of(stack_id, stack.received_at);
            register::start_stack(registration, progress, &occasion)
        }
        Err(refusal) => {
            let occasion = Occasion::new(env.now(), Actor::Stack, refusal.code.as_str());
            let change = Change::new();
            register::refuse(change, registration, refusal, stack_id, None, &occasion)
        }
    }
}

fn deleted() -> Refusal {
    let reason = Reason::StackDeleted;
    Refusal::new(Code::Conflict, &reason, &Remedy::DeleteAndCreate)
}
