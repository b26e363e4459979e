//! Commands to paste into a POSIX shell with the AWS CLI.

use super::shell::{Piece, option, word};
use crate::aws::{Partition, StackId};
use crate::link::template::PublishedTemplate;
use serde_json::{Value, json};

/// Placeholder for the stack's external ID in the document of a [`Command::SetTrust`]. The command
/// reads the value from the stack, so that reports don't contain it.
pub const EXTERNAL_ID: &str = "${ExternalId}";

/// The maximum length of a command line. Longer lines are not practical to paste or to list.
const LONGEST: usize = 16_384;

/// The role or instance profile that a command changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Named(String),
    /// The stack's resource with this logical ID.
    InStack {
        stack: StackId,
        logical_id: String,
    },
}

/// One command. Names and documents may be chosen by the customer; [`line`] quotes them.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// [`EXTERNAL_ID`] in the document is replaced by the external ID in this stack's parameters.
    SetTrust {
        role: String,
        document: Value,
        stack: Option<StackId>,
    },
    AttachPolicy {
        role: String,
        arn: String,
    },
    DetachPolicy {
        role: String,
        arn: String,
    },
    PutInlinePolicy {
        role: String,
        name: String,
        document: Value,
    },
    DeleteInlinePolicy {
        role: String,
        name: String,
    },
    SetDefaultVersion {
        arn: String,
        version: String,
    },
    SetBoundary {
        role: String,
        arn: String,
    },
    RemoveBoundary {
        role: String,
    },
    SetSessionLength {
        role: String,
        seconds: u32,
    },
    AddToProfile {
        profile: String,
        role: String,
    },
    RemoveFromProfile {
        profile: String,
        role: String,
    },
    /// Removes all policies and instance profiles from a role, because IAM can't delete a role that
    /// has any.
    EmptyRole(Target),
    /// Removes all roles from an instance profile.
    EmptyProfile(Target),
    DeleteRole {
        role: String,
    },
    /// CloudFormation accepts `retain` only for stacks in DELETE_FAILED.
    DeleteStack {
        stack: StackId,
        retain: Vec<String>,
    },
    RemoveProtection {
        stack: StackId,
    },
    /// Keeps the values of all parameters.
    UpdateStack {
        stack: StackId,
        template: PublishedTemplate,
    },
    /// CloudFormation accepts this only for stacks in UPDATE_FAILED.
    RollBack {
        stack: StackId,
    },
    /// CloudFormation accepts this only for root stacks in UPDATE_ROLLBACK_FAILED.
    ContinueRollback {
        stack: StackId,
        skip: Vec<String>,
    },
    AwaitRollback {
        stack: StackId,
    },
}

/// The parameters of every template. CloudFormation resets those that an update omits to their
/// defaults.
const PARAMETERS: [&str; 5] = [
    "RegistrationToken",
    "ExternalId",
    "RolePath",
    "PermissionsBoundaryArn",
    "ReportBy",
];

/// The commands joined with `&&`, for an account in this partition. `None` if there are none, if one
/// can't be quoted safely, or if the line is too long.
pub fn line(commands: &[Command], partition: Partition) -> Option<String> {
    let written = commands.iter().map(|command| command.written(partition));
    let written: Option<Vec<String>> = written.collect();
    let line = written?.join(" && ");
    (!line.is_empty() && line.len() <= LONGEST).then_some(line)
}

fn text(text: &str) -> Vec<Piece> {
    vec![Piece::Text(text.to_owned())]
}

/// An AWS CLI call with its options, in the given order.
fn call(command: &str, options: &[(&str, Vec<Piece>)]) -> Option<String> {
    let mut line = format!("aws {command}");
    for (name, value) in options {
        line.push(' ');
        line.push_str(&option(name, value)?);
    }
    Some(line)
}

/// An IAM call. Without a Region, the AWS CLI calls the endpoint of the partition `aws`.
fn iam(partition: Partition, command: &str, options: &[(&str, Vec<Piece>)]) -> Option<String> {
    let line = call(&format!("iam {command}"), options)?;
    Some(match partition.iam_region() {
        Some(region) => format!("{line} --region {region}"),
        None => line,
    })
}

const EXTERNAL_ID_VARIABLE: &str = "external_id";

fn document(document: &Value) -> Vec<Piece> {
    let written = document.to_string();
    let mut pieces = Vec::new();
    for (number, part) in written.split(EXTERNAL_ID).enumerate() {
        if number > 0 {
            pieces.push(Piece::Variable(EXTERNAL_ID_VARIABLE));
        }
        pieces.push(Piece::Text(part.to_owned()));
    }
    pieces
}

impl Command {
    fn written(&self, partition: Partition) -> Option<String> {
        match self {
            Self::EmptyRole(target) => empty_role(partition, target),
            Self::EmptyProfile(target) => empty_profile(partition, target),
            Self::DeleteStack { .. }
            | Self::RemoveProtection { .. }
            | Self::UpdateStack { .. }
            | Self::RollBack { .. }
            | Self::ContinueRollback { .. }
            | Self::AwaitRollback { .. } => self.of_stack(),
            _ => self.of_role(partition),
        }
    }

    fn of_role(&self, partition: Partition) -> Option<String> {
        let call = |command: &str, options: &[(&str, Vec<Piece>)]| iam(partition, command, options);
        let named = |role: &str| ("--role-name", text(role));
        match self {
            Self::SetTrust {
                role,
                document: trust,
                stack,
            } => {
                let options = [named(role), ("--policy-document", document(trust))];
                let set = call("update-assume-role-policy", &options)?;
                match stack {
                    Some(stack) => Some(format!("{} && {set}", read_external_id(stack)?)),
                    None => Some(set),
                }
            }
            Self::AttachPolicy { role, arn } => call(
                "attach-role-policy",
                &[named(role), ("--policy-arn", text(arn))],
            ),
            Self::DetachPolicy { role, arn } => call(
                "detach-role-policy",
                &[named(role), ("--policy-arn", text(arn))],
            ),
            Self::PutInlinePolicy {
                role,
                name,
                document,
            } => {
                let (name, document) = (text(name), text(&document.to_string()));
                let options = [
                    named(role),
                    ("--policy-name", name),
                    ("--policy-document", document),
                ];
                call("put-role-policy", &options)
            }
            Self::DeleteInlinePolicy { role, name } => call(
                "delete-role-policy",
                &[named(role), ("--policy-name", text(name))],
            ),
            Self::SetDefaultVersion { arn, version } => call(
                "set-default-policy-version",
                &[("--policy-arn", text(arn)), ("--version-id", text(version))],
            ),
            Self::SetBoundary { role, arn } => {
                let options = [named(role), ("--permissions-boundary", text(arn))];
                call("put-role-permissions-boundary", &options)
            }
            Self::RemoveBoundary { role } => {
                call("delete-role-permissions-boundary", &[named(role)])
            }
            Self::SetSessionLength { role, seconds } => {
                let seconds = text(&seconds.to_string());
                call(
                    "update-role",
                    &[named(role), ("--max-session-duration", seconds)],
                )
            }
            Self::AddToProfile { profile, role } => {
                let profile = ("--instance-profile-name", text(profile));
                call("add-role-to-instance-profile", &[profile, named(role)])
            }
            Self::RemoveFromProfile { profile, role } => {
                let profile = ("--instance-profile-name", text(profile));
                call("remove-role-from-instance-profile", &[profile, named(role)])
            }
            Self::DeleteRole { role } => call("delete-role", &[named(role)]),
            _ => None,
        }
    }

    fn of_stack(&self) -> Option<String> {
        match self {
            Self::DeleteStack { stack, retain } => {
                let line = call("cloudformation delete-stack", &of(stack))?;
                with_list(line, "--retain-resources", retain)
            }
            Self::RemoveProtection { stack } => {
                let line = call("cloudformation update-termination-protection", &of(stack))?;
                Some(format!("{line} --no-enable-termination-protection"))
            }
            Self::UpdateStack { stack, template } => {
                let kept =
                    PARAMETERS.map(|name| json!({"ParameterKey": name, "UsePreviousValue": true}));
                let mut options = of(stack).to_vec();
                options.extend([
                    ("--template-url", text(&template.url)),
                    ("--capabilities", text("CAPABILITY_IAM")),
                    ("--parameters", text(&json!(kept).to_string())),
                ]);
                call("cloudformation update-stack", &options)
            }
            Self::RollBack { stack } => call("cloudformation rollback-stack", &of(stack)),
            Self::ContinueRollback { stack, skip } => {
                let line = call("cloudformation continue-update-rollback", &of(stack))?;
                with_list(line, "--resources-to-skip", skip)
            }
            Self::AwaitRollback { stack } => {
                call("cloudformation wait stack-rollback-complete", &of(stack))
            }
            _ => None,
        }
    }
}

/// The line with an option that takes a list; unchanged if the list is empty.
fn with_list(mut line: String, option: &str, values: &[String]) -> Option<String> {
    if !values.is_empty() {
        line.push(' ');
        line.push_str(option);
    }
    for value in values {
        line.push(' ');
        line.push_str(&word(&text(value))?);
    }
    Some(line)
}

fn of(stack: &StackId) -> [(&'static str, Vec<Piece>); 2] {
    let region = stack.region().as_str();
    [
        ("--stack-name", text(stack.as_str())),
        ("--region", text(region)),
    ]
}

fn read_external_id(stack: &StackId) -> Option<String> {
    let read = call("cloudformation describe-stacks", &of(stack))?;
    Some(format!(
        "{EXTERNAL_ID_VARIABLE}=$({read} --output text \
         --query \"Stacks[0].Parameters[?ParameterKey=='ExternalId'].ParameterValue\")"
    ))
}

/// The name, or a variable with the command that sets it.
fn target(target: &Target, variable: &'static str) -> Option<(String, Vec<Piece>)> {
    match target {
        Target::Named(name) => Some((String::new(), text(name))),
        Target::InStack { stack, logical_id } => {
            let mut options = of(stack).to_vec();
            options.push(("--logical-resource-id", text(logical_id)));
            let read = call("cloudformation describe-stack-resource", &options)?;
            let read = format!(
                "{variable}=$({read} --query StackResourceDetail.PhysicalResourceId --output text) && "
            );
            Some((read, vec![Piece::Variable(variable)]))
        }
    }
}

/// Runs the step for each listed name. A list that can't be read, or a step that fails, stops the
/// whole line. The list is split by a command substitution, because zsh does not split variables,
/// and `set -f` prevents other shells from expanding a path such as `/a*/`.
fn each(list: &str, query: &str, step: &str) -> String {
    format!(
        "list=$({list} --query '{query}' --output text) && \
         (set -f; for each in $(printf %s \"$list\"); do {step} || exit; done)"
    )
}

fn empty_role(partition: Partition, role: &Target) -> Option<String> {
    let (read, name) = target(role, "role")?;
    let role = || ("--role-name", name.clone());
    let item = |option: &'static str| (option, vec![Piece::Variable("each")]);
    let iam = |command: &str, options: &[(&str, Vec<Piece>)]| iam(partition, command, options);
    let steps = [
        each(
            &iam("list-attached-role-policies", &[role()])?,
            "AttachedPolicies[].PolicyArn",
            &iam("detach-role-policy", &[role(), item("--policy-arn")])?,
        ),
        each(
            &iam("list-role-policies", &[role()])?,
            "PolicyNames[]",
            &iam("delete-role-policy", &[role(), item("--policy-name")])?,
        ),
        each(
            &iam("list-instance-profiles-for-role", &[role()])?,
            "InstanceProfiles[].InstanceProfileName",
            &iam(
                "remove-role-from-instance-profile",
                &[item("--instance-profile-name"), role()],
            )?,
        ),
    ];
    Some(format!("{read}{}", steps.join(" && ")))
}

fn empty_profile(partition: Partition, profile: &Target) -> Option<String> {
    let (read, name) = target(profile, "profile")?;
    let profile = || ("--instance-profile-name", name.clone());
    let role = ("--role-name", vec![Piece::Variable("each")]);
    let step = each(
        &iam(partition, "get-instance-profile", &[profile()])?,
        "InstanceProfile.Roles[].RoleName",
        &iam(
            partition,
            "remove-role-from-instance-profile",
            &[profile(), role],
        )?,
    );
    Some(format!("{read}{step}"))
}
