//! The outputs and properties that report the roles, and the permissions of the hub's role to read them.

use anyhow::Result;
use rolecall_domain::companion::options::BETWEEN;
use rolecall_domain::companion::spec::RoleKind;

use super::yaml::{item, nested, only_if, quoted};
use super::{exists, value};

/// The hub's role may only read a companion role.
const READ_A_ROLE: [&str; 5] = [
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:SimulatePrincipalPolicy",
];

pub(super) fn statements(kinds: &[&RoleKind]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for kind in kinds {
        let id = kind.logical_id;
        let role = role_arns(kind);
        let mut statements = vec![statement(&format!("Read{id}"), &READ_A_ROLE, role)];
        if let Some(list) = kind.chosen_policies() {
            // The default version of a customer managed policy can change later.
            let read = ["iam:GetPolicy", "iam:GetPolicyVersion"];
            let mut chosen = statement(&format!("Read{id}Policies"), &read, Vec::new());
            chosen.pop();
            let arns = value(kind, list)?;
            chosen.push(format!("Resource: !Split [\"{BETWEEN}\", {arns}]"));
            statements.push(chosen);
        }
        if kind.instance_profile {
            let profile = profile_arns(kind);
            let read = ["iam:GetInstanceProfile"];
            statements.push(statement(&format!("Read{id}Profile"), &read, profile));
            // Decodes EC2's messages about denied requests. The action supports no resources, and a
            // message contains only the denied request.
            let explain = ["sts:DecodeAuthorizationMessage"];
            let everything = vec!["- \"*\"".to_owned()];
            statements.push(statement(
                &format!("Explain{id}Refusals"),
                &explain,
                everything,
            ));
        }
        for one in statements {
            all.extend(item(only_if("!If", &exists(kind), one)));
        }
    }
    Ok(all)
}

fn statement(sid: &str, actions: &[&str], resources: Vec<String>) -> Vec<String> {
    let mut statement = vec![format!("Sid: {sid}"), "Effect: Allow".to_owned()];
    let actions = actions.iter().map(|action| format!("- {action}"));
    statement.extend(nested("Action:", actions));
    statement.extend(nested("Resource:", resources));
    statement
}

/// The role's ARN with and without its path, like the hub's role above in the template.
fn role_arns(kind: &RoleKind) -> Vec<String> {
    let role = kind.role_resource();
    let pathless = format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/${{{role}}}");
    vec![
        format!("- !GetAtt {role}.Arn"),
        format!("- !Sub {}", quoted(&pathless)),
    ]
}

/// The same for an instance profile.
fn profile_arns(kind: &RoleKind) -> Vec<String> {
    let profile = kind.profile_resource();
    let pathless =
        format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:instance-profile/${{{profile}}}");
    vec![
        format!("- !GetAtt {profile}.Arn"),
        format!("- !Sub {}", quoted(&pathless)),
    ]
}

pub(super) fn property(kinds: &[&RoleKind]) -> Vec<String> {
    let report = |kind: &&RoleKind| {
        let id = kind.logical_id;
        let mut fields = vec![
            format!("Kind: {}", kind.name),
            format!("Options: !Join [\",\", !Ref {id}]"),
            format!("RoleArn: !GetAtt {}.Arn", kind.role_resource()),
        ];
        if kind.instance_profile {
            let profile = kind.profile_resource();
            fields.push(format!("InstanceProfileArn: !GetAtt {profile}.Arn"));
        }
        item(only_if("!If", &exists(kind), fields))
    };
    nested("CompanionRoles:", kinds.iter().flat_map(report))
}

pub(super) fn outputs(kinds: &[&RoleKind]) -> Vec<String> {
    let mut all = Vec::new();
    for kind in kinds {
        let (role, profile) = (kind.role_resource(), kind.profile_resource());
        let mut arns = vec![(kind.role_output(), "The role", role)];
        if kind.instance_profile {
            arns.push((kind.profile_output(), "The instance profile", profile));
        }
        for (name, what, resource) in arns {
            let mut output = vec![format!("Condition: {}", exists(kind))];
            output.push(format!(
                "Description: {}",
                quoted(&format!("{what} ({})", kind.title))
            ));
            output.push(format!("Value: !GetAtt {resource}.Arn"));
            all.extend(nested(format!("{name}:"), output));
        }
    }
    all
}
