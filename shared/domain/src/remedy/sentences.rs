//! The sentence of every remedy.

use super::{Reader, Remedy};
use crate::iam::denial::PolicyKind;

pub(super) fn sentence(remedy: &Remedy, reader: Reader) -> String {
    match reader {
        Reader::Customer => for_customer(remedy).unwrap_or_else(|| for_anybody(remedy)),
        Reader::User => for_anybody(remedy),
    }
}

const ASK: &str = "Ask the person who sent you the link.";
const NEW_LINK: &str = "Ask the person who sent you the link for a new one.";
const RECREATE: &str =
    "Delete this stack and create it again from the link, without changing its parameters.";

/// Where the customer can do less, or something else, than a user of the tenant.
fn for_customer(remedy: &Remedy) -> Option<String> {
    Some(match remedy {
        Remedy::TryAgain | Remedy::TryAgainInAMinute | Remedy::WaitForStack => {
            "Delete this stack and create it again from the link in a minute.".to_owned()
        }
        Remedy::ConnectAgain | Remedy::StartNew | Remedy::ChooseGroup => NEW_LINK.to_owned(),
        Remedy::AllowDuplicate | Remedy::DeregisterInstead => ASK.to_owned(),
        Remedy::RestoreExternalId => {
            "Set the ExternalId parameter back to its previous value.".to_owned()
        }
        Remedy::NewStack => format!("Delete this stack. {NEW_LINK}"),
        Remedy::CreateFromLink {
            protected: true, ..
        } => {
            format!("Remove the stack's termination protection. {RECREATE}")
        }
        Remedy::FindRole(_)
        | Remedy::RestoreTrust(_)
        | Remedy::RestorePermissions(_)
        | Remedy::RestoreBoundary { .. } => RECREATE.to_owned(),
        Remedy::RemoveBoundary { .. } => format!("Remove the permissions boundary. {RECREATE}"),
        Remedy::AllowInPolicy { .. } | Remedy::ActivateSts(_) => {
            format!(
                "{} Then delete this stack and create it again from the link.",
                for_anybody(remedy)
            )
        }
        _ => return None,
    })
}

fn for_anybody(remedy: &Remedy) -> String {
    let fixed = match remedy {
        Remedy::CreateInAccount(Some(account)) => {
            return format!("Sign in to the AWS account {account}, and open the link there.");
        }
        Remedy::AllowInPolicy { kind, arn, actions } => {
            return allow(*kind, arn.as_deref(), actions);
        }
        Remedy::ActivateSts(region) => {
            return format!(
                "Activate AWS STS for the Region {region} in the AWS account: in the IAM console, under \
                 Account settings, Security Token Service (STS). If {region} is an opt-in Region, enable \
                 it for the account first."
            );
        }
        Remedy::AttachPolicies { named, .. } => return format!("Attach {named}."),
        Remedy::EmptyProfile { profile, .. } => {
            return format!(
                "Remove the other role from the instance profile {}: it can hold only one.",
                profile.name()
            );
        }
        Remedy::FillProfile {
            profile, others, ..
        } if !others.is_empty() => {
            return format!(
                "Replace the role in the instance profile {} with this one: it can hold only one.",
                profile.name()
            );
        }
        Remedy::FillProfile { profile, .. } => {
            return format!("Add the role to the instance profile {}.", profile.name());
        }
        Remedy::FinishDeletion { failed, .. } => return finish(failed),
        other => plain(other),
    };
    fixed.to_owned()
}

fn plain(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::TryAgain => "No change is needed; try again in a moment.",
        Remedy::TryAgainInAMinute => "Try again in a minute.",
        Remedy::WaitForStack => "Wait until the stack is complete, then try again.",
        Remedy::CreateFromLink { .. } => RECREATE,
        Remedy::CreateInAccount(_) => {
            "Sign in to the AWS account that you want to connect, and open the link there."
        }
        Remedy::ExecuteChangeSet => {
            "Execute the stack's change set, or create the stack from the link."
        }
        Remedy::ConnectAgain => {
            "Deregister the account, and connect the AWS account again from a new registration's link."
        }
        Remedy::RestoreExternalId => {
            "Update the stack, with its ExternalId parameter set to the external ID of this account."
        }
        Remedy::CreateUnchanged => {
            "Create the stack from the link, without changing its parameters."
        }
        Remedy::CopyStackInfo => {
            "Copy the whole value of RolecallStackInfo from the stack's outputs."
        }
        Remedy::PasteOwnStack => {
            "Create the stack from this registration's own link, and paste that stack's output."
        }
        Remedy::RestoreTrust(_) => "Restore the role's trust policy with this command.",
        Remedy::FindRole(_) => {
            "Look for the stack and its role in the AWS account. If they are gone, deregister the account \
             and connect it again from a new registration's link. If they exist, restore the role's trust \
             policy with this command; if the stack's ExternalId parameter was changed, set it to the \
             external ID of this account first."
        }
        Remedy::ReplaceRole { .. } => {
            "Find out who re-created the role. Then deregister the account, delete its stack with this \
             command, and connect the AWS account again from a new registration's link."
        }
        Remedy::Reconnect { .. } => {
            "Deregister the account, delete its stack with this command, and connect the AWS account \
             again from a new registration's link."
        }
        Remedy::RestorePermissions(_) => "Restore the role's permissions with this command.",
        Remedy::RestoreHubRole => {
            "See the check permissions_missing of this account, which restores the permissions of the \
             hub's own role."
        }
        Remedy::RemovePermissions(_) => {
            "Remove them with this command, or add their policies to the stack's ManagedPolicyArns \
             parameter."
        }
        Remedy::ReviewPolicies => {
            "Review the role's inline policies, and remove those that its stack did not create."
        }
        Remedy::RestoreBoundary { .. } => {
            "Restore the role's permissions boundary with this command."
        }
        Remedy::RemoveBoundary { .. } => {
            "Remove the permissions boundary with this command: the stack gives its role none. If your \
             organization requires one, set the stack's PermissionsBoundaryArn parameter to a boundary \
             that allows these actions."
        }
        Remedy::ReinstateAccount => {
            "If the AWS account was closed by mistake, ask AWS Support within 90 days to reinstate it. \
             Otherwise deregister the account."
        }
        Remedy::UpdateTemplate(_) => {
            "Update the stack at your convenience, with the link or with this command."
        }
        other => of_companions_and_registrations(other),
    }
}

fn of_companions_and_registrations(remedy: &Remedy) -> &'static str {
    match remedy {
        Remedy::MakeRoleAgain(_) => {
            "Update the stack once without this role, and then again with it: CloudFormation does not \
             re-create what was deleted outside the stack."
        }
        Remedy::RewriteParameter => {
            "Set the companion roles of this account again, and run the update command of the answer."
        }
        Remedy::RemovePolicies(_) => {
            "Remove the extra policies, or add them to the role's options."
        }
        Remedy::RestoreVersions(commands) if commands.is_empty() => {
            "Compare what the policy allows with what it should. If it is right, update the stack once \
             without this policy, and then again with it."
        }
        Remedy::RestoreVersions(_) => {
            "Put the former version in force again with this command. If the new version is right, \
             update the stack once without this policy, and then again with it."
        }
        Remedy::RestoreSessionLength { .. } => {
            "Set the maximum session duration with this command."
        }
        Remedy::ChooseBastion => {
            "Set trusted_account_id to the AWS account that your users sign in to."
        }
        Remedy::UpdateOrChoose => {
            "Set the companion roles of this account again, and run the update command of the answer; \
             or choose the roles that the stack has."
        }
        Remedy::KeepOne => "Keep the role in one of the accounts, and remove it from the others.",
        Remedy::StartNew => "Start a new registration, and create the stack from its link.",
        Remedy::DeregisterInstead => "Deregister its account instead.",
        Remedy::NewStack => "Start a new registration, and create a new stack from its link.",
        Remedy::AllowDuplicate => {
            "Deregister the connected account first, or start a registration with allow_duplicate."
        }
        Remedy::ChooseGroup => "Start a new registration in another group.",
        Remedy::DeleteAndCreate => "Delete the failed stack and create it again from the link.",
        Remedy::DeleteStack {
            protected: false, ..
        } => "Delete the stack with this command.",
        Remedy::DeleteStack {
            protected: true, ..
        } => {
            "Delete the stack with this command. The stack has termination protection, which the \
             command removes first."
        }
        Remedy::DeleteRole(_) => {
            "The stack is deleted, but its role was kept. Delete the role with this command, which \
             removes its policies first."
        }
        Remedy::AwaitDeletion => "CloudFormation is deleting the stack. Nothing needs to be done.",
        _ => "",
    }
}

fn allow(kind: PolicyKind, arn: Option<&str>, actions: &[String]) -> String {
    let which = arn.map(|arn| format!(" {arn}")).unwrap_or_default();
    let what = match actions {
        [] => "what the hub needs".to_owned(),
        actions => actions.join(", "),
    };
    let place = match kind {
        PolicyKind::PermissionsBoundary => format!("In the role's permissions boundary{which}"),
        PolicyKind::ServiceControl => {
            format!("In the service control policy (SCP){which} of the AWS organization")
        }
        PolicyKind::ResourceControl => {
            format!("In the resource control policy (RCP){which} of the AWS organization")
        }
        PolicyKind::Session => format!("In the session policy{which}"),
        PolicyKind::VpcEndpoint => format!("In the VPC endpoint policy{which}"),
        PolicyKind::IdentityBased => format!("In the role's policies{which}"),
        PolicyKind::ResourceBased => format!("In the resource's policy{which}"),
        PolicyKind::RoleTrust => "In the role's trust policy".to_owned(),
    };
    format!("{place}, allow {what}, and remove any statement that denies it.")
}

fn finish(failed: &[String]) -> String {
    let what = match failed {
        [] => "some of its resources".to_owned(),
        failed => failed.join(", "),
    };
    format!(
        "CloudFormation could not delete {what}. Policies that were attached outside the stack keep a \
         role from being deleted. This command removes them and deletes the stack; its events say what \
         else is in the way."
    )
}
