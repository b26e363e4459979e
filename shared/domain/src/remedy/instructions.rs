//! The instructions of each remedy.

use super::{Reader, Remedy};
use crate::iam::denial::PolicyKind;
use crate::messages::{Instruction, Localized, Message, Optional, Place};

pub(super) fn instruction(remedy: &Remedy, reader: Reader) -> Localized {
    match reader {
        Reader::Customer => for_customer(remedy).unwrap_or_else(|| for_user(remedy).localized()),
        Reader::User => for_user(remedy).localized(),
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
        Remedy::RestoreExternalId => one(Instruction::RestoreExternalIdParameter),
        Remedy::NewStack => Some(
            Instruction::DeleteThisStack
                .localized()
                .then(&Instruction::AskForNewLink),
        ),
        Remedy::CreateFromLink {
            protected: true, ..
        } => Some(
            Instruction::DisableTerminationProtection
                .localized()
                .then(&Instruction::Recreate),
        ),
        Remedy::FindRole(_)
        | Remedy::RestoreTrust(_)
        | Remedy::RestorePermissions(_)
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

/// An exhaustive match, so that a remedy without an instruction does not compile.
fn for_user(remedy: &Remedy) -> Instruction {
    match remedy {
        Remedy::TryAgain => Instruction::Retry,
        Remedy::TryAgainInAMinute => Instruction::RetryInAMinute,
        Remedy::WaitForStack => Instruction::WaitForStack,
        Remedy::AskOperator => Instruction::AskOperator,
        Remedy::CreateFromLink { .. } => Instruction::Recreate,
        Remedy::CreateInAccount(Some(account)) => Instruction::OpenLinkInAccount {
            account: account.to_string(),
        },
        Remedy::CreateInAccount(None) => Instruction::OpenLinkInAnyAccount,
        Remedy::ExecuteChangeSet => Instruction::ExecuteChangeSet,
        Remedy::ConnectAgain => Instruction::ConnectAgain,
        Remedy::RestoreExternalId => Instruction::RestoreExternalId,
        Remedy::CreateUnchanged => Instruction::CreateUnchanged,
        Remedy::CopyStackInfo => Instruction::CopyStackInfo,
        Remedy::PasteOwnStack => Instruction::PasteOwnStack,
        Remedy::RestoreTrust(_) => Instruction::RestoreTrust,
        Remedy::FindRole(_) => Instruction::FindRole,
        Remedy::ReplaceRole { .. } => Instruction::ReplaceRole,
        Remedy::Reconnect { .. } => Instruction::Reconnect,
        Remedy::RestorePermissions(_) => Instruction::RestorePermissions,
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
        Remedy::UpdateTemplate(_) => Instruction::UpdateTemplate,
        Remedy::StartNew => Instruction::StartNew,
        Remedy::DeregisterInstead => Instruction::DeregisterInstead,
        Remedy::NewStack => Instruction::NewStack,
        Remedy::AllowDuplicate => Instruction::AllowDuplicate,
        Remedy::ChooseGroup => Instruction::ChooseGroup,
        Remedy::DeleteAndCreate => Instruction::DeleteAndCreate,
        Remedy::MakeRoleAgain(_) => Instruction::RecreateRole,
        Remedy::RewriteParameter => Instruction::RewriteParameter,
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
        Remedy::DeleteStack {
            protected: false, ..
        } => Instruction::DeleteStack,
        Remedy::DeleteStack {
            protected: true, ..
        } => Instruction::DeleteProtectedStack,
        Remedy::DeleteRole(_) => Instruction::DeleteRole,
        Remedy::FinishDeletion { failed, .. } => match failed.as_slice() {
            [] => Instruction::FinishAnyDeletion,
            resources => Instruction::FinishDeletion {
                resources: resources.to_vec(),
            },
        },
        Remedy::AwaitDeletion => Instruction::AwaitDeletion,
    }
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
