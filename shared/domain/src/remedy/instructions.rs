//! The instructions of each remedy.

use super::{Reader, Remedy, Room, StackToDelete};
use crate::aws::MANAGED_POLICIES_PER_ROLE;
use crate::iam::denial::PolicyKind;
use crate::messages::{Instruction, Localized, Message, Names, Optional, Place};

pub(super) fn instruction(remedy: &Remedy, reader: Reader) -> Localized {
    let own = match reader {
        Reader::Customer => for_customer(remedy),
        Reader::ConnectedCustomer => for_connected_customer(remedy),
        Reader::User => None,
    };
    own.unwrap_or_else(|| {
        let first = for_user(remedy).localized();
        also(remedy)
            .into_iter()
            .fold(first, |all, one| all.then(&one))
    })
}

/// Further instructions, for what the commands can't do.
fn also(remedy: &Remedy) -> Vec<Instruction> {
    let (is_first, gone, room) = match remedy {
        Remedy::AttachPolicies {
            named, gone, room, ..
        } => (named.0.is_empty(), gone, room),
        Remedy::RestorePermissions {
            commands,
            gone,
            room,
        } => (commands.is_empty(), gone, room),
        _ => return Vec::new(),
    };
    let make_room = (*room == Room::Lacking).then_some(Instruction::MakeRoom {
        policies: MANAGED_POLICIES_PER_ROLE,
    });
    let recreate = (!is_first && !gone.0.is_empty()).then(|| recreate_policies(remedy, gone));
    make_room.into_iter().chain(recreate).collect()
}

fn recreate_policies(remedy: &Remedy, gone: &Names) -> Instruction {
    let policies = gone.clone();
    match remedy {
        Remedy::AttachPolicies { .. } => Instruction::RecreateOrChoosePolicies { policies },
        _ => Instruction::RecreateOrRemovePolicies { policies },
    }
}

/// Instructions that differ for customers, who can do less than, or something other than, a
/// tenant's user.
fn for_customer(remedy: &Remedy) -> Option<Localized> {
    let one = |instruction: Instruction| Some(instruction.localized());
    match remedy {
        Remedy::TryAgain | Remedy::TryAgainInAMinute | Remedy::WaitForStack => {
            one(Instruction::RecreateInAMinute)
        }
        Remedy::ConnectAgain | Remedy::StartNew | Remedy::ChooseGroup => {
            one(Instruction::AskForNewLink)
        }
        Remedy::AllowDuplicate | Remedy::DeregisterInstead | Remedy::AskOperator => {
            one(Instruction::AskSender)
        }
        Remedy::RestoreExternalId(_) => one(Instruction::RestoreExternalIdParameter),
        Remedy::NewStack => Some(
            Instruction::DeleteThisStack
                .localized()
                .then(&Instruction::AskForNewLink),
        ),
        Remedy::CreateFromLink(stack) if stack.seen.protected && stack.seen.nested.is_none() => {
            Some(
                Instruction::DisableTerminationProtection
                    .localized()
                    .then(&Instruction::Recreate),
            )
        }
        Remedy::FindRole(_)
        | Remedy::RestoreTrust(_)
        | Remedy::RestorePermissions { .. }
        | Remedy::RestoreBoundary { .. } => one(Instruction::Recreate),
        Remedy::RemoveBoundary { .. } => Some(
            Instruction::RemoveBoundaryFirst
                .localized()
                .then(&Instruction::Recreate),
        ),
        Remedy::AllowInPolicy { .. } | Remedy::ActivateSts(_) => {
            let first = for_user(remedy).localized();
            Some(first.then(&Instruction::ThenRecreate))
        }
        _ => None,
    }
}

/// Instructions for customers whose link is used up, where they differ from those for a tenant's user.
fn for_connected_customer(remedy: &Remedy) -> Option<Localized> {
    let one = |instruction: Instruction| Some(instruction.localized());
    match remedy {
        Remedy::TryAgain | Remedy::TryAgainInAMinute | Remedy::WaitForStack => {
            one(Instruction::CheckedAgain)
        }
        Remedy::ConnectAgain
        | Remedy::StartNew
        | Remedy::ChooseGroup
        | Remedy::NewStack
        | Remedy::CreateFromLink(_)
        | Remedy::CreateInAccount(_)
        | Remedy::CreateUnchanged
        | Remedy::ExecuteChangeSet
        | Remedy::DeleteAndCreate
        | Remedy::FixAndCreate
        | Remedy::CopyStackInfo
        | Remedy::PasteOwnStack
        | Remedy::ReplaceRole(_)
        | Remedy::Reconnect(_) => one(Instruction::AskForNewLink),
        Remedy::AllowDuplicate
        | Remedy::DeregisterInstead
        | Remedy::AskOperator
        | Remedy::RestoreHubRole
        | Remedy::RewriteParameter
        | Remedy::UpdateOrChoose
        | Remedy::ChooseBastion
        | Remedy::KeepOne
        | Remedy::MakeRoleAgain => one(Instruction::AskSender),
        Remedy::ReinstateAccount => one(Instruction::AskForReinstatement),
        Remedy::FindRole(_) => one(Instruction::FindOwnRole),
        // What the commands can't do is for the operator.
        Remedy::RestorePermissions { commands, .. } => one(match commands.is_empty() {
            true => Instruction::AskSender,
            false => Instruction::RestorePermissions,
        }),
        _ => None,
    }
}

/// An exhaustive match, so that a remedy without an instruction does not compile.
fn for_user(remedy: &Remedy) -> Instruction {
    match remedy {
        Remedy::TryAgain => Instruction::Retry,
        Remedy::TryAgainInAMinute => Instruction::RetryInAMinute,
        Remedy::WaitForStack => Instruction::WaitForStack,
        Remedy::AskOperator => Instruction::AskOperator,
        Remedy::RollBack(_) => Instruction::RollBack,
        Remedy::ContinueRollback { failed, .. } => match failed.as_slice() {
            [] => Instruction::ContinueRollback,
            resources => Instruction::ContinueRollbackWithout {
                resources: resources.to_vec(),
            },
        },
        Remedy::CreateFromLink(stack) => match parent(stack) {
            Some(parent) => Instruction::RemoveFromParentAndCreate { parent },
            None => Instruction::Recreate,
        },
        Remedy::CreateInAccount(Some(account)) => Instruction::OpenLinkInAccount {
            account: account.to_string(),
        },
        Remedy::CreateInAccount(None) => Instruction::OpenLinkInAnyAccount,
        Remedy::ExecuteChangeSet => Instruction::ExecuteChangeSet,
        Remedy::ConnectAgain => Instruction::ConnectAgain,
        Remedy::RestoreExternalId(first) if first.is_empty() => Instruction::RestoreExternalId,
        Remedy::RestoreExternalId(_) => Instruction::RestoreExternalIdAfterRollback,
        Remedy::CreateUnchanged => Instruction::CreateUnchanged,
        Remedy::CopyStackInfo => Instruction::CopyStackInfo,
        Remedy::PasteOwnStack => Instruction::PasteOwnStack,
        Remedy::RestoreTrust(_) => Instruction::RestoreTrust,
        Remedy::FindRole(_) => Instruction::FindRole,
        Remedy::ReplaceRole(stack) => match parent(stack) {
            Some(parent) => Instruction::ReplaceNestedRole { parent },
            None => Instruction::ReplaceRole,
        },
        Remedy::Reconnect(stack) => match parent(stack) {
            Some(parent) => Instruction::ReconnectNested { parent },
            None => Instruction::Reconnect,
        },
        Remedy::RestorePermissions { commands, gone, .. } if commands.is_empty() => {
            recreate_policies(remedy, gone)
        }
        Remedy::RestorePermissions { .. } => Instruction::RestorePermissions,
        Remedy::RestoreHubRole => Instruction::RestoreHubRole,
        Remedy::RemovePermissions(_) => Instruction::RemovePermissions,
        Remedy::ReviewPolicies => Instruction::ReviewPolicies,
        Remedy::RestoreBoundary { .. } => Instruction::RestoreBoundary,
        Remedy::RemoveBoundary { .. } => Instruction::RemoveBoundary,
        Remedy::AllowInPolicy { kind, arn, actions } => allow(*kind, arn.clone(), actions),
        Remedy::ActivateSts(region) => Instruction::ActivateSts {
            region: region.to_string(),
        },
        Remedy::ReinstateAccount => Instruction::ReinstateAccount,
        Remedy::UpdateParent { parent, template } => Instruction::UpdateParent {
            parent: parent.name().to_owned(),
            url: template.url.clone(),
        },
        Remedy::UpdateTemplate(commands) => match commands.as_slice() {
            [_] => Instruction::UpdateTemplate,
            _ => Instruction::UpdateTemplateAfterRollback,
        },
        Remedy::StartNew => Instruction::StartNew,
        Remedy::DeregisterInstead => Instruction::DeregisterInstead,
        Remedy::NewStack => Instruction::NewStack,
        Remedy::AllowDuplicate => Instruction::AllowDuplicate,
        Remedy::ChooseGroup => Instruction::ChooseGroup,
        Remedy::DeleteAndCreate => Instruction::DeleteAndCreate,
        Remedy::FixAndCreate => Instruction::FixAndCreate,
        Remedy::MakeRoleAgain => Instruction::RecreateRole,
        Remedy::RewriteParameter => Instruction::RewriteParameter,
        Remedy::AttachPolicies { named, gone, .. } if named.0.is_empty() => {
            recreate_policies(remedy, gone)
        }
        Remedy::AttachPolicies { named, .. } => Instruction::AttachPolicies {
            policies: named.clone(),
        },
        Remedy::RemovePolicies(_) => Instruction::RemovePolicies,
        Remedy::RestoreVersions(commands) if commands.is_empty() => Instruction::ComparePolicy,
        Remedy::RestoreVersions(_) => Instruction::RestoreVersions,
        Remedy::EmptyProfile { profile, .. } => Instruction::EmptyProfile {
            profile: profile.name().to_owned(),
        },
        Remedy::FillProfile {
            profile, others, ..
        } => {
            let profile = profile.name().to_owned();
            match others.is_empty() {
                true => Instruction::FillProfile { profile },
                false => Instruction::ReplaceInProfile { profile },
            }
        }
        Remedy::RestoreSessionLength { .. } => Instruction::RestoreSessionLength,
        Remedy::ChooseBastion => Instruction::ChooseSourceAccount,
        Remedy::UpdateOrChoose => Instruction::UpdateOrChoose,
        Remedy::KeepOne => Instruction::KeepOne,
        Remedy::DeleteStack(stack) => match (parent(stack), stack.seen.protected) {
            (Some(parent), _) => Instruction::RemoveFromParent { parent },
            (None, false) => Instruction::DeleteStack,
            (None, true) => Instruction::DeleteProtectedStack,
        },
        Remedy::DeleteRole(_) => Instruction::DeleteRole,
        Remedy::RevokeSessions { .. } => Instruction::RevokeSessions,
        Remedy::FinishDeletion { failed, .. } => match failed.as_slice() {
            [] => Instruction::FinishAnyDeletion,
            resources => Instruction::FinishDeletion {
                resources: resources.to_vec(),
            },
        },
        Remedy::AwaitDeletion => Instruction::AwaitDeletion,
    }
}

/// The name of the stack whose template contains this one.
fn parent(stack: &StackToDelete) -> Option<String> {
    let nested = stack.seen.nested.as_ref()?;
    Some(nested.parent.name().to_owned())
}

fn allow(kind: PolicyKind, arn: Option<String>, actions: &[String]) -> Instruction {
    let arn = Optional(arn);
    let place = match kind {
        PolicyKind::PermissionsBoundary => Place::PermissionsBoundary { arn },
        PolicyKind::ServiceControl => Place::ServiceControl { arn },
        PolicyKind::ResourceControl => Place::ResourceControl { arn },
        PolicyKind::Session => Place::Session { arn },
        PolicyKind::VpcEndpoint => Place::VpcEndpoint { arn },
        PolicyKind::IdentityBased => Place::IdentityBased { arn },
        PolicyKind::ResourceBased => Place::ResourceBased { arn },
        PolicyKind::RoleTrust => Place::RoleTrust,
    };
    match actions {
        [] => Instruction::AllowHubInPolicy { place },
        actions => Instruction::AllowInPolicy {
            place,
            actions: actions.to_vec(),
        },
    }
}
