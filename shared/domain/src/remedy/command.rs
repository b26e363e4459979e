//! Commands to paste into a POSIX shell with the AWS CLI.

use super::shell::{Piece, option, word};
use crate::aws::StackId;
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
    /// Without a template, the stack keeps its current one.
    UpdateStack {
        stack: StackId,
        template: Option<PublishedTemplate>,
        parameters: Vec<Parameter>,
    },
    AwaitUpdate {
        stack: StackId,
    },
}

/// A parameter of an update. CloudFormation resets omitted parameters to their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    Kept(String),
    Set(String, String),
}

/// The commands joined with `&&`. `None` if there are none, if one can't be quoted safely, or if
/// the line is too long.
pub fn line(commands: &[Command]) -> Option<String> {
    let written: Option<Vec<String>> = commands.iter().map(Command::written).collect();
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
    fn written(&self) -> Option<String> {
        match self {
            Self::EmptyRole(target) => empty_role(target),
            Self::EmptyProfile(target) => empty_profile(target),
            Self::DeleteStack { .. }
            | Self::RemoveProtection { .. }
            | Self::UpdateStack { .. }
            | Self::AwaitUpdate { .. } => self.of_stack(),
            _ => self.of_role(),
        }
    }

    fn of_role(&self) -> Option<String> {
        let named = |role: &str| ("--role-name", text(role));
        match self {
            Self::SetTrust {
                role,
                document: trust,
                stack,
            } => {
                let options = [named(role), ("--policy-document", document(trust))];
                let set = call("iam update-assume-role-policy", &options)?;
                match stack {
                    Some(stack) => Some(format!("{} && {set}", read_external_id(stack)?)),
                    None => Some(set),
                }
            }
            Self::AttachPolicy { role, arn } => call(
                "iam attach-role-policy",
                &[named(role), ("--policy-arn", text(arn))],
            ),
            Self::DetachPolicy { role, arn } => call(
                "iam detach-role-policy",
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
                call("iam put-role-policy", &options)
            }
            Self::DeleteInlinePolicy { role, name } => call(
                "iam delete-role-policy",
                &[named(role), ("--policy-name", text(name))],
            ),
            Self::SetDefaultVersion { arn, version } => call(
                "iam set-default-policy-version",
                &[("--policy-arn", text(arn)), ("--version-id", text(version))],
            ),
            Self::SetBoundary { role, arn } => {
                let options = [named(role), ("--permissions-boundary", text(arn))];
                call("iam put-role-permissions-boundary", &options)
            }
            Self::RemoveBoundary { role } => {
                call("iam delete-role-permissions-boundary", &[named(role)])
            }
            Self::SetSessionLength { role, seconds } => {
                let seconds = text(&seconds.to_string());
                call(
                    "iam update-role",
                    &[named(role), ("--max-session-duration", seconds)],
                )
            }
            Self::AddToProfile { profile, role } => {
                let profile = ("--instance-profile-name", text(profile));
                call("iam add-role-to-instance-profile", &[profile, named(role)])
            }
            Self::RemoveFromProfile { profile, role } => {
                let profile = ("--instance-profile-name", text(profile));
                call(
                    "iam remove-role-from-instance-profile",
                    &[profile, named(role)],
                )
            }
            Self::DeleteRole { role } => call("iam delete-role", &[named(role)]),
            _ => None,
        }
    }

    fn of_stack(&self) -> Option<String> {
        match self {
            Self::DeleteStack { stack, retain } => {
                let mut line = call("cloudformation delete-stack", &of(stack))?;
                if !retain.is_empty() {
                    line.push_str(" --retain-resources");
                }
                for logical_id in retain {
                    line.push(' ');
                    line.push_str(&word(&text(logical_id))?);
                }
                Some(line)
            }
            Self::RemoveProtection { stack } => {
                let line = call("cloudformation update-termination-protection", &of(stack))?;
                Some(format!("{line} --no-enable-termination-protection"))
            }
            Self::UpdateStack {
                stack,
                template,
                parameters,
            } => {
                let line = call("cloudformation update-stack", &of(stack))?;
                let template = match template {
                    Some(template) => option("--template-url", &text(&template.url))?,
                    None => "--use-previous-template".to_owned(),
                };
                let parameters: Value = parameters.iter().map(Parameter::json).collect();
                let parameters = option("--parameters", &text(&parameters.to_string()))?;
                Some(format!(
                    "{line} {template} --capabilities CAPABILITY_IAM {parameters}"
                ))
            }
            Self::AwaitUpdate { stack } => {
                call("cloudformation wait stack-update-complete", &of(stack))
            }
            _ => None,
        }
    }
}

impl Parameter {
    fn json(&self) -> Value {
        match self {
            Self::Kept(name) => json!({"ParameterKey": name, "UsePreviousValue": true}),
            Self::Set(name, value) => json!({"ParameterKey": name, "ParameterValue": value}),
        }
    }
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

/// IAM names contain no characters that a shell splits or expands.
fn each(list: &str, query: &str, step: &str) -> String {
    format!("for each in $({list} --query '{query}' --output text); do {step}; done")
}

fn empty_role(role: &Target) -> Option<String> {
    let (read, name) = target(role, "role")?;
    let role = option("--role-name", &name)?;
    let steps = [
        each(
            &format!("aws iam list-attached-role-policies {role}"),
            "AttachedPolicies[].PolicyArn",
            &format!("aws iam detach-role-policy {role} --policy-arn=\"$each\""),
        ),
        each(
            &format!("aws iam list-role-policies {role}"),
            "PolicyNames[]",
            &format!("aws iam delete-role-policy {role} --policy-name=\"$each\""),
        ),
        each(
            &format!("aws iam list-instance-profiles-for-role {role}"),
            "InstanceProfiles[].InstanceProfileName",
            &format!(
                "aws iam remove-role-from-instance-profile --instance-profile-name=\"$each\" {role}"
            ),
        ),
    ];
    Some(format!("{read}{}", steps.join(" && ")))
}

fn empty_profile(profile: &Target) -> Option<String> {
    let (read, name) = target(profile, "profile")?;
    let profile = option("--instance-profile-name", &name)?;
    let step = each(
        &format!("aws iam get-instance-profile {profile}"),
        "InstanceProfile.Roles[].RoleName",
        &format!("aws iam remove-role-from-instance-profile {profile} --role-name=\"$each\""),
    );
    Some(format!("{read}{step}"))
}
