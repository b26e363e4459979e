//! What people are asked to do, and the commands that do it. Everything that the product tells
//! anybody to do is a [`Remedy`]; nothing else writes such a sentence or a command.
//!
//! `tests/tests/hub/remedies` carries each of them out: a new one does not compile there before it
//! has a test.

pub mod command;
mod instructions;
mod shell;

use crate::aws::{AwsAccountId, InstanceProfileArn, Region, RoleArn, StackId};
use crate::iam::denial::PolicyKind;
use crate::messages::{Language, Localized, Message, Names};
use command::{Command, Parameter, Target, line};

/// Who reads a text. Each is told only what they can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A user of the tenant: has the API, and may have no access to the AWS account.
    User,
    /// Who creates the stack: has the AWS account and the link, and no access to the API.
    Customer,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    // Nothing is wrong yet.
    TryAgain,
    TryAgainInAMinute,
    WaitForStack,

    // The stack was not made as the link asks.
    CreateFromLink {
        stack: StackId,
        protected: bool,
    },
    CreateInAccount(Option<AwsAccountId>),
    ExecuteChangeSet,
    ConnectAgain,
    RestoreExternalId,
    CreateUnchanged,
    CopyStackInfo,
    PasteOwnStack,

    // The role was changed.
    RestoreTrust(Command),
    FindRole(Command),
    ReplaceRole {
        stack: StackId,
        protected: bool,
    },
    Reconnect {
        stack: StackId,
        protected: bool,
    },
    RestorePermissions(Vec<Command>),
    RestoreHubRole,
    RemovePermissions(Vec<Command>),
    ReviewPolicies,
    RestoreBoundary {
        role: RoleArn,
        arn: String,
    },
    RemoveBoundary {
        role: RoleArn,
    },
    AllowInPolicy {
        kind: PolicyKind,
        arn: Option<String>,
        actions: Vec<String>,
    },

    // The account or its organization stands in the way.
    ActivateSts(Region),
    ReinstateAccount,

    // The stack is behind.
    UpdateTemplate(Command),

    // A companion role.
    MakeRoleAgain(Vec<Command>),
    RewriteParameter,
    AttachPolicies {
        named: Names,
        commands: Vec<Command>,
    },
    RemovePolicies(Vec<Command>),
    /// None where a policy was deleted and made again: there is no version to go back to.
    RestoreVersions(Vec<Command>),
    EmptyProfile {
        profile: InstanceProfileArn,
        others: Vec<String>,
    },
    FillProfile {
        profile: InstanceProfileArn,
        role: RoleArn,
        others: Vec<String>,
    },
    RestoreSessionLength {
        role: RoleArn,
        seconds: u32,
    },
    ChooseBastion,
    UpdateOrChoose,
    KeepOne,

    // A registration can't be used.
    StartNew,
    DeregisterInstead,
    NewStack,
    AllowDuplicate,
    ChooseGroup,
    DeleteAndCreate,

    // A stack that nobody needs.
    DeleteStack {
        stack: StackId,
        protected: bool,
    },
    DeleteRole(RoleArn),
    FinishDeletion {
        stack: StackId,
        role: Option<RoleArn>,
        failed: Vec<String>,
        protected: bool,
    },
    AwaitDeletion,
}

impl Remedy {
    /// What to do, for who reads it.
    pub fn instruction(&self, reader: Reader) -> Localized {
        instructions::instruction(self, reader)
    }

    /// The same in English.
    pub fn sentence(&self, reader: Reader) -> String {
        self.instruction(reader).text(Language::English)
    }

    /// The commands that do it, for the AWS account's administrator.
    pub fn commands(&self) -> Vec<Command> {
        match self {
            Self::CreateFromLink { stack, protected }
            | Self::ReplaceRole { stack, protected }
            | Self::Reconnect { stack, protected }
            | Self::DeleteStack { stack, protected } => delete(stack, *protected, Vec::new()),
            Self::RestoreTrust(command)
            | Self::FindRole(command)
            | Self::UpdateTemplate(command) => {
                vec![command.clone()]
            }
            Self::RestorePermissions(commands)
            | Self::RemovePermissions(commands)
            | Self::MakeRoleAgain(commands)
            | Self::AttachPolicies { commands, .. }
            | Self::RestoreVersions(commands)
            | Self::RemovePolicies(commands) => commands.clone(),
            Self::RestoreBoundary { role, arn } => {
                let (role, arn) = (role.name().to_owned(), arn.clone());
                vec![Command::SetBoundary { role, arn }]
            }
            Self::RemoveBoundary { role } => {
                vec![Command::RemoveBoundary {
                    role: role.name().to_owned(),
                }]
            }
            Self::EmptyProfile { profile, others } => take_out(profile, others),
            Self::FillProfile {
                profile,
                role,
                others,
            } => {
                let mut commands = take_out(profile, others);
                let (profile, role) = (profile.name().to_owned(), role.name().to_owned());
                commands.push(Command::AddToProfile { profile, role });
                commands
            }
            Self::RestoreSessionLength { role, seconds } => {
                let (role, seconds) = (role.name().to_owned(), *seconds);
                vec![Command::SetSessionLength { role, seconds }]
            }
            Self::DeleteRole(role) => {
                let role = role.name().to_owned();
                vec![
                    Command::EmptyRole(Target::Named(role.clone())),
                    Command::DeleteRole { role },
                ]
            }
            Self::FinishDeletion {
                stack,
                role,
                failed,
                protected,
            } => finish_deletion(stack, role.as_ref(), failed, *protected),
            _ => Vec::new(),
        }
    }

    /// The commands as one line to paste, if there are any that can be written safely.
    pub fn command(&self) -> Option<String> {
        line(&self.commands())
    }
}

fn delete(stack: &StackId, protected: bool, retain: Vec<String>) -> Vec<Command> {
    let stack = stack.clone();
    let unprotect = protected.then(|| Command::RemoveProtection {
        stack: stack.clone(),
    });
    unprotect
        .into_iter()
        .chain([Command::DeleteStack { stack, retain }])
        .collect()
}

fn take_out(profile: &InstanceProfileArn, others: &[String]) -> Vec<Command> {
    let remove = |role: &String| Command::RemoveFromProfile {
        profile: profile.name().to_owned(),
        role: role.clone(),
    };
    others.iter().map(remove).collect()
}

/// The onboarding template's own role, by its logical id.
const OWN_ROLE: &str = "RolecallRole";

/// A role or an instance profile is emptied, because CloudFormation deletes only what it put there
/// itself. Anything else, such as a custom resource whose topic is gone, is left out of the deletion.
fn finish_deletion(
    stack: &StackId,
    role: Option<&RoleArn>,
    failed: &[String],
    protected: bool,
) -> Vec<Command> {
    let in_stack = |logical_id: &String| Target::InStack {
        stack: stack.clone(),
        logical_id: logical_id.clone(),
    };
    let own = role.map(|role| Target::Named(role.name().to_owned()));
    let mut commands = Vec::new();
    let mut retain = Vec::new();
    if failed.is_empty() {
        commands.extend(own.clone().map(Command::EmptyRole));
    }
    for logical_id in failed {
        let target = match &own {
            Some(own) if logical_id == OWN_ROLE => own.clone(),
            _ => in_stack(logical_id),
        };
        if logical_id.ends_with("InstanceProfile") {
            commands.push(Command::EmptyProfile(target));
        } else if logical_id.ends_with("Role") {
            commands.push(Command::EmptyRole(target));
        } else {
            retain.push(logical_id.clone());
        }
    }
    commands.extend(delete(stack, protected, retain));
    commands
}

/// The logical ids in CloudFormation's reason for a failed deletion: `The following resource(s)
/// failed to delete: [RolecallRole, SelfInspection]. `
pub fn failed_resources(reason: &str) -> Vec<String> {
    let listed = reason.split_once("failed to delete: [");
    let listed = listed.and_then(|(_, rest)| rest.split_once(']'));
    let ids = listed.map_or("", |(ids, _)| ids).split(',').map(str::trim);
    let is_logical_id =
        |id: &&str| (1..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    ids.filter(is_logical_id)
        .take(MOST_FAILED)
        .map(str::to_owned)
        .collect()
}

/// The template has fewer resources.
const MOST_FAILED: usize = 20;

/// The parameters that a link fills in or that the customer chose. An update keeps them.
const KEPT: [&str; 6] = [
    "RegistrationToken",
    "ExternalId",
    "ReportBy",
    "RolePath",
    "PermissionsBoundaryArn",
    "ManagedPolicyArns",
];

/// All parameters of an update, of which these are new.
pub fn parameters(new: impl IntoIterator<Item = Parameter>) -> Vec<Parameter> {
    let kept = KEPT.iter().map(|name| Parameter::Kept((*name).to_owned()));
    kept.chain(new).collect()
}
