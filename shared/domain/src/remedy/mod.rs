//! Remedies: instructions for people, and the commands that carry them out. Every instruction in
//! the product is a [`Remedy`].
//!
//! `tests/tests/hub/remedies` tests every remedy. A new one does not compile there until it has a
//! test.

pub mod command;
mod instructions;
mod shell;

use crate::aws::{AwsAccountId, InstanceProfileArn, Region, RoleArn, StackId};
use crate::iam::denial::PolicyKind;
use crate::messages::{Language, Localized, Message, Names};
use command::{Command, Parameter, Target, line};

/// The reader of a text. Each reader gets only instructions that they can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A user of the tenant: can use the API, and may have no access to the AWS account.
    User,
    /// The person who creates the stack: has the AWS account and the link, but no access to the
    /// API.
    Customer,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    // Nothing is wrong yet.
    TryAgain,
    TryAgainInAMinute,
    WaitForStack,
    AskOperator,

    // The stack was not created as the link specifies.
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

    // The account or its organization blocks the hub.
    ActivateSts(Region),
    ReinstateAccount,

    // The stack uses an old template.
    UpdateTemplate(Command),

    // Companion roles.
    MakeRoleAgain(Vec<Command>),
    RewriteParameter,
    AttachPolicies {
        named: Names,
        commands: Vec<Command>,
    },
    RemovePolicies(Vec<Command>),
    /// Empty if a policy was deleted and re-created, because no version can be restored.
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

    // The registration can't be used.
    StartNew,
    DeregisterInstead,
    NewStack,
    AllowDuplicate,
    ChooseGroup,
    DeleteAndCreate,

    // Stacks that are no longer needed.
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
    /// The instruction for the reader.
    pub fn instruction(&self, reader: Reader) -> Localized {
        instructions::instruction(self, reader)
    }

    /// The instruction in English.
    pub fn sentence(&self, reader: Reader) -> String {
        self.instruction(reader).text(Language::English)
    }

    /// The commands for the AWS account's administrator.
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

    /// The commands as one line to paste, if they can be quoted safely.
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

/// The logical ID of the hub's role in the onboarding template.
const OWN_ROLE: &str = "RolecallRole";

/// Roles and instance profiles are emptied first, because CloudFormation removes only attachments
/// that it made itself. All other resources, such as a custom resource whose topic no longer
/// exists, are retained.
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

/// The logical IDs in CloudFormation's reason for a failed deletion: `The following resource(s)
/// failed to delete: [RolecallRole, SelfInspection]. `
pub fn failed_resources(reason: &str) -> Vec<String> {
    let listed = reason.split_once("failed to delete: [");
    let listed = listed.and_then(|(_, rest)| rest.split_once(']'));
    let ids = listed.map_or("", |(ids, _)| ids).split(',').map(str::trim);
    let is_logical_id =
        |id: &&str| (1..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    ids.filter(is_logical_id)
        .take(MAX_FAILED)
        .map(str::to_owned)
        .collect()
}

/// More than the number of resources in the template.
const MAX_FAILED: usize = 20;

/// The parameters that a link sets or that the customer chose. Updates keep their values.
const KEPT: [&str; 6] = [
    "RegistrationToken",
    "ExternalId",
    "ReportBy",
    "RolePath",
    "PermissionsBoundaryArn",
    "ManagedPolicyArns",
];

/// The parameters of an update: the kept ones and these.
pub fn parameters(new: impl IntoIterator<Item = Parameter>) -> Vec<Parameter> {
    let kept = KEPT.iter().map(|name| Parameter::Kept((*name).to_owned()));
    kept.chain(new).collect()
}
