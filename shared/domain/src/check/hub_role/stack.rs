//! Checks of the stack, which the hub reads through its role.

use super::CheckFn;
use super::context::{CheckContext, stack_facts, unread};
use super::restore;
use crate::check::expected::Trigger;
use crate::check::observed::{Read, StackFacts, StackStatus};
use crate::check::outcome::Outcome;
use crate::check::report::{CheckCode, STACK_PROTECTED, STACK_STATUS};
use crate::messages::{CheckMessage, ReadTarget};
use crate::remedy::Remedy;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::StackNotFound, stack_not_found),
    (CheckCode::StackUnexpectedState, stack_unexpected_state),
    (CheckCode::RoleNotInStack, role_not_in_stack),
];

fn stack_not_found(context: &CheckContext<'_>) -> Outcome {
    match &context.observed.stack {
        Some(Read::NotFound) => {
            Outcome::failed(&CheckMessage::NoStack, restore::connect_again(context))
        }
        Some(Read::Seen(_)) => Outcome::passed(&CheckMessage::StackExists),
        other => unread(other.as_ref(), ReadTarget::Stack),
    }
}

fn stack_unexpected_state(context: &CheckContext<'_>) -> Outcome {
    let Some(stack) = stack_facts(context) else {
        return match &context.observed.stack {
            Some(Read::NotFound) => Outcome::skipped(&CheckMessage::NoStack),
            other => unread(other.as_ref(), ReadTarget::Stack),
        };
    };
    let outcome = match classify(context.expected.trigger, stack.status) {
        StateClass::Expected => Outcome::passed(&CheckMessage::StackStatusExpected),
        StateClass::Stuck => Outcome::warning(
            &CheckMessage::StackUpdateFailed {
                status: stack.status.as_str(),
            },
            restore::roll_back(context, stack),
        ),
        StateClass::Unknown => {
            Outcome::inconclusive(&CheckMessage::StackStatusUnknown, Remedy::TryAgain)
        }
        StateClass::TooEarly => {
            Outcome::inconclusive(&CheckMessage::StackInProgress, Remedy::WaitForStack)
        }
        StateClass::Unexpected => Outcome::failed(
            &CheckMessage::StackStatusUnexpected {
                status: stack.status.as_str(),
            },
            unexpected(context, stack),
        ),
    };
    let protected = stack.protected.then(|| "enabled".to_owned());
    let nested = stack.nested.as_ref();
    outcome
        .with(STACK_STATUS, [stack.status.as_str().to_owned()])
        .with(STACK_PROTECTED, protected)
        .with("parent_stack", nested.map(|it| it.parent.to_string()))
        .with("root_stack", nested.map(|it| it.root.to_string()))
}

fn unexpected(context: &CheckContext<'_>, stack: &StackFacts) -> Remedy {
    use StackStatus as S;
    match stack.status {
        S::DeleteInProgress | S::DeleteComplete => restore::connect_again(context),
        S::DeleteFailed => Remedy::FinishDeletion {
            stack: restore::to_delete(context),
            role: Some(context.expected.role_arn.clone()),
            failed: stack.failed(),
        },
        status if status.needs_rollback() => restore::roll_back(context, stack),
        S::ReviewInProgress => Remedy::ExecuteChangeSet,
        // Only reached while connecting: CloudFormation will continue the update.
        _ if stack.status.is_living() => Remedy::WaitForStack,
        _ => restore::recreate(context),
    }
}

enum StateClass {
    Expected,
    /// The role works, but CloudFormation accepts no update of the stack.
    Stuck,
    TooEarly,
    Unknown,
    Unexpected,
}

fn classify(trigger: Trigger, status: StackStatus) -> StateClass {
    use StackStatus as S;
    let settled = status.is_settled();
    let changing = status.is_living() && status.is_changing() && status != S::CreateInProgress;
    match trigger {
        _ if status == S::Unknown => StateClass::Unknown,
        // An update can also add the custom resource. A late duplicate arrives when the stack is
        // settled.
        Trigger::Create if settled || changing || status == S::CreateInProgress => {
            StateClass::Expected
        }
        Trigger::Update if settled || changing => StateClass::Expected,
        Trigger::Paste if settled => StateClass::Expected,
        Trigger::Paste if changing || status == S::CreateInProgress => StateClass::TooEarly,
        Trigger::OnDemand | Trigger::Scheduled if status.needs_rollback() => StateClass::Stuck,
        Trigger::OnDemand | Trigger::Scheduled
            if settled || changing || status == S::CreateInProgress =>
        {
            StateClass::Expected
        }
        _ => StateClass::Unexpected,
    }
}

fn role_not_in_stack(context: &CheckContext<'_>) -> Outcome {
    let name = context.expected.role_arn.name();
    match &context.observed.stack_roles {
        Some(Read::Seen(roles)) if roles.contains(name) => {
            Outcome::passed(&CheckMessage::RoleInStack)
        }
        Some(Read::Seen(roles)) => {
            Outcome::failed(&CheckMessage::RoleNotInStack, restore::recreate(context))
                .with("roles_in_stack", roles.iter().cloned())
        }
        other => unread(other.as_ref(), ReadTarget::StackResources),
    }
}
