//! The role resources. A test on the emulator compares them with the domain's `ExpectedRole`.

use anyhow::{Result, bail, ensure};
use rolecall_domain::aws::Partition;
use rolecall_domain::companion::options::BETWEEN;
use rolecall_domain::companion::spec::{Inline, Managed, RoleKind, Takes, Trust, service_name};

use super::yaml::{item, lines, nested, only_if, quoted};
use super::{PATH, exists, is_set, value};

const TAGS: [&str; 6] = [
    "Tags:",
    "  - Key: rolecall:hub-account",
    "    Value: !FindInMap [Hub, Account, Id]",
    "  - Key: rolecall:registration",
    "    Value: !Select [0, !Split [\".\", !Ref RegistrationToken]]",
    "  - Key: rolecall:companion-role",
];

pub(super) fn resources(kinds: &[&RoleKind], partition: Partition) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for kind in kinds {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.extend(role(kind, partition)?);
        if kind.instance_profile {
            all.push(String::new());
            all.extend(instance_profile(kind));
        }
    }
    Ok(all)
}

fn role(kind: &RoleKind, partition: Partition) -> Result<Vec<String>> {
    let mut body = vec![format!("Description: {}", quoted(kind.purpose))];
    body.push(
        match kind.option_taking(|takes| matches!(takes, Takes::RolePath)) {
            Some(path) => format!("Path: {}", value(kind, path.name)?),
            None => format!("Path: {PATH}"),
        },
    );
    if let Some(session) = kind.option_taking(|takes| matches!(takes, Takes::Seconds { .. })) {
        body.push(format!(
            "MaxSessionDuration: {}",
            value(kind, session.name)?
        ));
    }
    body.push(
        "PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]"
            .to_owned(),
    );
    body.extend(managed(kind)?);
    let mut statements = Vec::new();
    for trust in kind.trust {
        statements.extend(trust_statement(kind, trust, partition)?);
    }
    let mut document = lines(["Version: \"2012-10-17\""]);
    document.extend(nested("Statement:", statements));
    body.extend(nested("AssumeRolePolicyDocument:", document));
    let mut policies = Vec::new();
    for one in kind.inline {
        policies.extend(inline(kind, one, partition)?);
    }
    if !policies.is_empty() {
        body.extend(nested("Policies:", policies));
    }
    body.extend(lines(TAGS));
    body.push(format!("    Value: {}", kind.name));
    let mut resource = lines(["Type: AWS::IAM::Role"]);
    resource.push(format!("Condition: {}", exists(kind)));
    resource.push(
        "# Deleted before the hub's role, which can then still report a failed deletion."
            .to_owned(),
    );
    resource.push("DependsOn: RolecallRole".to_owned());
    resource.extend(nested("Properties:", body));
    Ok(nested(format!("{}:", kind.role_resource()), resource))
}

/// IAM rejects a second role in an instance profile, so it always contains this one.
fn instance_profile(kind: &RoleKind) -> Vec<String> {
    let resource = [
        "Type: AWS::IAM::InstanceProfile".to_owned(),
        format!("Condition: {}", exists(kind)),
        "Properties:".to_owned(),
        format!("  Path: {PATH}"),
        "  Roles:".to_owned(),
        format!("    - !Ref {}", kind.role_resource()),
    ];
    nested(format!("{}:", kind.profile_resource()), resource)
}

fn managed(kind: &RoleKind) -> Result<Vec<String>> {
    if let [Managed::Chosen(list)] = kind.policies {
        let arns = value(kind, list)?;
        let split = format!("ManagedPolicyArns: !Split [\"{BETWEEN}\", {arns}]");
        return Ok(vec![split]);
    }
    let mut arns = Vec::new();
    for policy in kind.policies {
        arns.push(match policy {
            Managed::Always(policy) => format!("- {}", aws_policy(policy)),
            Managed::When { flag, policy } => {
                let (condition, arn) = (is_set(kind, flag), aws_policy(policy));
                format!("- !If [{condition}, {arn}, !Ref AWS::NoValue]")
            }
            // CloudFormation can't nest one list in another.
            Managed::Chosen(_) => bail!("{} combines chosen policies with others", kind.name),
        });
    }
    Ok(match arns.is_empty() {
        true => Vec::new(),
        false => nested("ManagedPolicyArns:", arns),
    })
}

fn aws_policy(path_and_name: &str) -> String {
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/{path_and_name}");
    format!("!Sub {}", quoted(&arn))
}

fn trust_statement(kind: &RoleKind, trust: &Trust, partition: Partition) -> Result<Vec<String>> {
    match trust {
        Trust::Service {
            name,
            of_partition,
            when,
            source_account,
        } => {
            let service_name = service_name(name, *of_partition, partition);
            let statement = service(&service_name, *source_account);
            Ok(match when {
                Some(flag) => item(only_if("!If", &is_set(kind, flag), statement)),
                None => item(statement),
            })
        }
        Trust::Account { option, mfa } => Ok(item(account(kind, option, mfa)?)),
        Trust::Hub => bail!(
            "{} trusts the hub, which only the hub's own role may do",
            kind.name
        ),
    }
}

fn service(name: &str, source_account: bool) -> Vec<String> {
    let mut statement = lines(["Effect: Allow", "Principal:"]);
    statement.push(format!("  Service: {name}"));
    statement.push("Action: sts:AssumeRole".to_owned());
    if source_account {
        let service = name.split('.').next().unwrap_or(name);
        statement.extend(lines([
            "Condition:",
            "  StringEquals:",
            "    aws:SourceAccount: !Ref AWS::AccountId",
            "  ArnLike:",
        ]));
        statement.push(format!(
            "    aws:SourceArn: !Sub \"arn:${{AWS::Partition}}:{service}:*:${{AWS::AccountId}}:*\""
        ));
    }
    statement
}

fn account(kind: &RoleKind, option: &str, mfa: &str) -> Result<Vec<String>> {
    let mut statement = lines([
        "Effect: Allow",
        "Principal:",
        "  AWS: !Sub",
        "    - \"arn:${AWS::Partition}:iam::${Trusted}:root\"",
    ]);
    statement.push(format!("    - Trusted: {}", value(kind, option)?));
    statement.push("Action: sts:AssumeRole".to_owned());
    let signed_in = lines(["Bool:", "  aws:MultiFactorAuthPresent: \"true\""]);
    statement.extend(only_if("Condition: !If", &is_set(kind, mfa), signed_in));
    Ok(statement)
}

fn inline(kind: &RoleKind, inline: &Inline, partition: Partition) -> Result<Vec<String>> {
    ensure!(
        !inline.resources.is_empty(),
        "{} has no resources",
        inline.name
    );
    let actions = inline.actions.iter().map(|action| format!("- {action}"));
    let mut statement = lines(["Effect: Allow"]);
    statement.extend(nested("Action:", actions));
    statement.extend(resource_list(kind, inline, partition)?);
    let mut document = lines(["Version: \"2012-10-17\""]);
    document.extend(nested("Statement:", item(statement)));
    let mut policy = vec![format!("PolicyName: {}", inline.name)];
    policy.extend(nested("PolicyDocument:", document));
    let condition = is_set(kind, inline.option);
    Ok(item(only_if("!If", &condition, policy)))
}

/// One ARN for every value of a list: the values are joined by the text between two values, and split
/// again. A delimiter can't contain a function, so the partition is written out. It is the hub's
/// partition, which is also that of every customer.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-join.html>
fn resource_list(kind: &RoleKind, inline: &Inline, partition: Partition) -> Result<Vec<String>> {
    let values = format!("!Split [\"{BETWEEN}\", {}]", value(kind, inline.option)?);
    let mut joined = Vec::new();
    for (at, (before, after)) in inline.resources.iter().enumerate() {
        let before = before.replace("${Partition}", partition.as_str());
        let comma = if at == 0 { "" } else { "," };
        let between = quoted(&format!("{after},{before}"));
        joined.push(quoted(&format!("{comma}{before}")));
        joined.push(format!("!Join [{between}, {values}]"));
        if !after.is_empty() {
            joined.push(quoted(after));
        }
    }
    let parts = item(joined.into_iter().map(|part| format!("- {part}")));
    let mut arguments = lines(["- \"\""]);
    arguments.extend(parts);
    let join = item(nested("!Join", arguments));
    let mut split = lines(["- \",\""]);
    split.extend(join);
    Ok(nested("Resource: !Split", split))
}
