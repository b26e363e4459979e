//! Remedies: instructions for people, and the commands that carry them out. Every instruction in
//! the product is a [`Remedy`].
//!
//! `tests/tests/hub/remedies` tests every remedy. A new one does not compile there until it has a
//! test.

pub mod command;
mod instructions;
mod shell;

use crate::aws::{
    AwsAccountId, InstanceProfileArn, Nested, Partition, Region, RoleArn, SeenStack, StackId,
};
use crate::iam::denial::PolicyKind;
use crate::link::template::PublishedTemplate;
use crate::messages::{Language, Localized, Message, Names};
use command::{Command, Target, line};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The reader of a text. Each reader gets only instructions that they can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A user of the tenant: can use the API, and may have no access to the AWS account.
    User,
    /// The person who creates the stack: has the AWS account and the link, but no access to the
    /// API.
    Customer,
    /// The customer whose account is connected: has the AWS account, but neither the link nor access to the
    /// API.
    ConnectedCustomer,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    // Nothing is wrong yet.
    TryAgain,
    TryAgainInAMinute,
    WaitForStack,
    AskOperator,

    // An update failed, so CloudFormation accepts no other one.
    RollBack(Vec<Command>),
    ContinueRollback {
        failed: Vec<String>,
        commands: Vec<Command>,
    },

    // The stack was not created as the link specifies.
    CreateFromLink(StackToDelete),
    CreateInAccount(Option<AwsAccountId>),
    ExecuteChangeSet,
    ConnectAgain,
    /// With the commands that CloudFormation requires before an update.
    RestoreExternalId(Vec<Command>),
    CreateUnchanged,
    CopyStackInfo,
    PasteOwnStack,

    // The role was changed.
    RestoreTrust(Command),
    FindRole(Command),
    ReplaceRole(StackToDelete),
    Reconnect(StackToDelete),
    RestorePermissions {
        commands: Vec<Command>,
        /// Policies that the stack should attach and that no longer exist.
        gone: Names,
        room: Room,
    },
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
    UpdateTemplate(Vec<Command>),
    /// For a nested stack: the next update of its parent would undo a separate update.
    UpdateParent {
        parent: StackId,
        template: PublishedTemplate,
    },

    // Companion roles.
    MakeRoleAgain,
    RewriteParameter,
    AttachPolicies {
        named: Names,
        /// Chosen policies that no longer exist.
        gone: Names,
        room: Room,
        commands: Vec<Command>,
    },
    RemovePolicies(Vec<Command>),
    /// Empty if a policy's remembered version no longer exists.
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
    FixAndCreate,

    // Stacks that are no longer needed.
    DeleteStack(StackToDelete),
    DeleteRole(RoleArn),
    FinishDeletion {
        stack: StackToDelete,
        role: Option<RoleArn>,
        failed: Vec<String>,
    },
    AwaitDeletion,

    /// Ends the sessions of the hub's role that were issued before this time.
    RevokeSessions {
        role: RoleArn,
        before: Timestamp,
    },
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
            Self::CreateFromLink(stack)
            | Self::ReplaceRole(stack)
            | Self::Reconnect(stack)
            | Self::DeleteStack(stack) => stack.delete(),
            Self::RestoreTrust(command) | Self::FindRole(command) => vec![command.clone()],
            Self::RollBack(commands)
            | Self::ContinueRollback { commands, .. }
            | Self::RestoreExternalId(commands)
            | Self::UpdateTemplate(commands)
            | Self::RestorePermissions { commands, .. }
            | Self::RemovePermissions(commands)
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
            } => finish_deletion(stack, role.as_ref(), failed),
            Self::RevokeSessions { role, before } => vec![Command::PutInlinePolicy {
                role: role.name().to_owned(),
                name: REVOKE_SESSIONS.to_owned(),
                document: deny_older_sessions(*before),
            }],
            _ => Vec::new(),
        }
    }

    /// The commands as one line to paste, for an account in this partition, if they can be quoted
    /// safely.
    pub fn command(&self, partition: Partition) -> Option<String> {
        line(&self.commands(), partition)
    }
}

/// Whether a role has room for the policies that a command attaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The command makes it, if necessary.
    Enough,
    /// A person must decide which other policies to detach.
    Lacking,
}

impl Room {
    pub fn of(lacking: usize, made: usize) -> Self {
        if made < lacking {
            Self::Lacking
        } else {
            Self::Enough
        }
    }
}

/// A stack to delete, with the properties that determine how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackToDelete {
    pub id: StackId,
    pub seen: SeenStack,
}

impl StackToDelete {
    pub fn new(id: StackId, seen: SeenStack) -> Self {
        Self { id, seen }
    }

    /// No commands for a nested stack: only its parent's template can remove it, because the parent
    /// would fail without it.
    fn delete(&self) -> Vec<Command> {
        match self.seen.nested {
            Some(_) => Vec::new(),
            None => self.delete_retaining(Vec::new()),
        }
    }

    /// Disables termination protection first, which a nested stack has from its root.
    fn delete_retaining(&self, retain: Vec<String>) -> Vec<Command> {
        let root = self.seen.nested.as_ref().map(|nested| &nested.root);
        let unprotect = self.seen.protected.then(|| Command::RemoveProtection {
            stack: root.unwrap_or(&self.id).clone(),
        });
        let stack = self.id.clone();
        unprotect
            .into_iter()
            .chain([Command::DeleteStack { stack, retain }])
            .collect()
    }
}

/// Rolls back an update that failed and was not rolled back.
pub fn roll_back(stack: StackId) -> Vec<Command> {
    let again = stack.clone();
    vec![
        Command::RollBack { stack },
        Command::AwaitRollback { stack: again },
    ]
}

/// Continues a failed rollback, without the resources that made it fail. CloudFormation accepts this
/// only for the root of nested stacks.
pub fn continue_rollback(
    stack: &StackId,
    nested: Option<&Nested>,
    failed: &[String],
) -> Vec<Command> {
    let root = nested.map_or(stack, |nested| &nested.root).clone();
    let skip = failed.iter().map(|logical_id| match nested {
        Some(_) => format!("{}.{logical_id}", stack.name()),
        None => logical_id.clone(),
    });
    let again = root.clone();
    vec![
        Command::ContinueRollback {
            stack: root,
            skip: skip.collect(),
        },
        Command::AwaitRollback { stack: again },
    ]
}

fn take_out(profile: &InstanceProfileArn, others: &[String]) -> Vec<Command> {
    let remove = |role: &String| Command::RemoveFromProfile {
        profile: profile.name().to_owned(),
        role: role.clone(),
    };
    others.iter().map(remove).collect()
}

/// The name that the IAM console gives the same policy, so that it also shows that sessions are revoked.
const REVOKE_SESSIONS: &str = "AWSRevokeOlderSessions";

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>
fn deny_older_sessions(before: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": before}},
        }],
    })
}

/// The logical ID of the hub's role in the onboarding template.
const OWN_ROLE: &str = "RolecallRole";

/// Roles and instance profiles are emptied first, because CloudFormation removes only attachments
/// that it made itself. All other resources, such as a custom resource whose topic no longer
/// exists, are retained.
fn finish_deletion(
    stack: &StackToDelete,
    role: Option<&RoleArn>,
    failed: &[String],
) -> Vec<Command> {
    let in_stack = |logical_id: &String| Target::InStack {
        stack: stack.id.clone(),
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
    commands.extend(stack.delete_retaining(retain));
    commands
}

/// The logical IDs in CloudFormation's reason for a failed operation: `The following resource(s)
/// failed to delete: [RolecallRole, SelfInspection]. `
pub fn failed_resources(reason: &str) -> Vec<String> {
    let starts = ["failed to delete: [", "failed to update: ["];
    let listed = starts.iter().find_map(|start| reason.split_once(start));
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
