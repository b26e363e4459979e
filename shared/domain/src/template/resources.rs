//! The resources that a stack creates.

use super::policies::{Arns, Boundary, Inspected, InspectedCompanion, self_inspection};
use super::yaml::{Entry, Yaml, entry, flow, list, only_if, policy, reference, sub};
use super::{ROLE, SELF_INSPECTION, Template, words};
use crate::access::Profile;
use crate::companion::RequestedRole;
use crate::companion::expected::ExpectedRole;
use crate::companion::spec::PATH;
use crate::messages::{Language, Message};
use serde_json::{Value, json};

pub(super) const REPORTS: &str = "ReportsByCallback";
pub(super) const HAS_BOUNDARY: &str = "HasBoundary";
const BOUNDARY: &str = "PermissionsBoundaryArn";
const PREFLIGHT: &str = "Preflight";

pub(super) fn resources(template: &Template) -> Vec<Entry> {
    let mut all = vec![preflight(template), role(template)];
    let with_policy = template.profiles.iter();
    all.extend(with_policy.filter_map(access));
    for companion in &template.companion_roles {
        all.extend(companion_resources(template, companion));
    }
    all.push(self_inspection_policy(template));
    all.push(registration(template));
    let first = all.iter().position(|_| true);
    let apart = all.into_iter().enumerate();
    apart
        .map(|(at, one)| match Some(at) == first {
            true => one,
            false => one.apart(),
        })
        .collect()
}

fn resource(id: &str, kind: &str, attributes: Vec<Entry>, properties: Vec<Entry>) -> Entry {
    let mut body = vec![entry("Type", kind)];
    body.extend(attributes);
    body.push(entry("Properties", properties));
    entry(id, body)
}

/// Makes CloudFormation create the preflight first. DependsOn may not name a conditional resource.
fn after_preflight() -> Entry {
    let preflight = vec![REPORTS.into(), reference(PREFLIGHT), "none".into()];
    entry("Metadata", [entry(PREFLIGHT, Yaml::Call("!If", preflight))])
}

/// The properties of both custom resources.
fn reported(template: &Template, timeout: u32) -> Vec<Entry> {
    vec![
        entry("ServiceToken", sub(template.hub.service_token.as_str())),
        entry("ServiceTimeout", Yaml::Number(timeout)),
        entry("RegistrationToken", reference("RegistrationToken")),
        entry("ExternalId", reference("ExternalId")),
        entry("TemplateId", Yaml::Quoted(template.id().to_string())),
        entry(
            "TemplateVersion",
            Yaml::Quoted(template.version.to_string()),
        ),
        entry("StackName", reference("AWS::StackName")),
    ]
}

fn preflight(template: &Template) -> Entry {
    let condition = vec![entry("Condition", REPORTS)];
    let kind = "Custom::RolecallPreflight";
    resource(PREFLIGHT, kind, condition, reported(template, 120)).about(
        "Asks the hub whether the link is valid, before anything is created. Left out together with \
         Registration.",
    )
}

fn registration(template: &Template) -> Entry {
    let mut properties = reported(template, 900);
    properties.extend([
        entry("RoleArn", Yaml::GetAtt(format!("{ROLE}.Arn"))),
        entry("RolePath", reference("RolePath")),
        entry(BOUNDARY, reference(BOUNDARY)),
    ]);
    let companions = template.companion_roles.iter().map(|role| {
        let kind = role.kind;
        let arn = |resource: String| Yaml::GetAtt(format!("{resource}.Arn"));
        let mut fields = vec![
            entry("Kind", kind.name),
            entry("RoleArn", arn(kind.role_resource())),
        ];
        if kind.instance_profile {
            let profile = arn(kind.profile_resource());
            fields.push(entry("InstanceProfileArn", profile));
        }
        Yaml::Map(fields)
    });
    if !template.companion_roles.is_empty() {
        properties.push(entry("CompanionRoles", list(companions)));
    }
    let policies = template.profiles.iter().filter(|one| one.policy.is_some());
    let mut after = vec![SELF_INSPECTION.to_owned()];
    after.extend(policies.map(|profile| profile.name.logical_id()));
    let attributes = vec![
        entry("Condition", REPORTS),
        entry("DependsOn", flow(list(after))),
    ];
    resource("Registration", "Custom::RolecallRegistration", attributes, properties).about(
        "Reports the role to the hub when the stack is created, updated or deleted. Left out if the hub has \
         no topic in this Region, or if you choose to paste the stack's output.",
    )
}

fn boundary() -> Entry {
    let boundary = only_if(HAS_BOUNDARY, reference(BOUNDARY));
    entry("PermissionsBoundary", boundary)
}

fn tags(template: &Template, further: Vec<(&str, Yaml)>) -> Entry {
    let registration = vec![
        Yaml::Number(0),
        Yaml::Call("!Split", vec![".".into(), reference("RegistrationToken")]),
    ];
    let mut tags = vec![
        (
            "rolecall:hub-account",
            Yaml::Quoted(template.hub.account_id.to_string()),
        ),
        ("rolecall:registration", Yaml::Call("!Select", registration)),
    ];
    tags.extend(further);
    let tag = |(key, value): (&str, Yaml)| flow([entry("Key", key), entry("Value", value)]);
    entry("Tags", list(tags.into_iter().map(tag)))
}

fn role(template: &Template) -> Entry {
    let hub = &template.hub;
    let principal = sub(format!(
        "arn:${{AWS::Partition}}:iam::{}:root",
        hub.account_id
    ));
    let condition = [
        entry(
            "StringEquals",
            [entry("sts:ExternalId", reference("ExternalId"))],
        ),
        entry(
            "ArnLike",
            [entry(
                "aws:PrincipalArn",
                list(
                    hub.trusted_principals
                        .iter()
                        .map(|one| Yaml::Quoted(one.clone())),
                ),
            )],
        ),
    ];
    let statement = Yaml::from([
        entry("Sid", "HubRolesWithTheExternalId"),
        entry("Effect", "Allow"),
        entry("Principal", [entry("AWS", principal)]).about(
            "The hub's account, restricted by aws:PrincipalArn. IAM would store a role by its unique ID, and the \
             trust would break if the hub's role were re-created.",
        ),
        entry("Action", "sts:AssumeRole"),
        entry("Condition", condition),
    ]);
    let trust = [
        entry("Version", Yaml::Quoted("2012-10-17".to_owned())),
        entry("Statement", list([statement])),
    ];
    let managed = template.managed_policies();
    let mut properties = vec![
        entry(
            "Description",
            Yaml::Quoted(words::role_description(template)),
        )
        .about(
            "No RoleName: a fixed name would collide with a second registration of this account.",
        ),
        entry("Path", reference("RolePath")),
        entry("MaxSessionDuration", Yaml::Number(3600)),
        boundary(),
    ];
    if !managed.is_empty() {
        let about = template.profiles.iter();
        let about = about.filter(|one| !one.managed_policies.is_empty());
        let about: Vec<String> = about.map(words::profile_comment).collect();
        let managed = entry(
            "ManagedPolicyArns",
            list(managed.into_iter().map(String::as_str)),
        );
        properties.push(managed.about(about.join("\n")));
    }
    properties.extend([
        entry("AssumeRolePolicyDocument", trust),
        tags(
            template,
            vec![
                ("rolecall:template", Yaml::Quoted(template.id().to_string())),
                (
                    "rolecall:template-version",
                    Yaml::Quoted(template.version.to_string()),
                ),
            ],
        ),
    ]);
    let about = format!(
        "The role that only the hub of {} can assume.",
        template.product
    );
    resource(ROLE, "AWS::IAM::Role", vec![after_preflight()], properties).about(about)
}

/// An inline policy as a separate resource, which drift detection covers.
fn role_policy(id: &str, name: &str, role: &str, document: Yaml) -> Entry {
    let properties = vec![
        entry("PolicyName", name),
        entry("RoleName", reference(role)),
        entry("PolicyDocument", document),
    ];
    resource(id, "AWS::IAM::RolePolicy", Vec::new(), properties)
}

/// The inline policy of a profile.
fn access(profile: &Profile) -> Option<Entry> {
    let document = policy(profile.policy.as_ref()?, false);
    let (id, name) = (profile.name.logical_id(), profile.name.policy_name());
    let about = words::profile_comment(profile);
    Some(role_policy(&id, &name, ROLE, document).about(about))
}

fn self_inspection_policy(template: &Template) -> Entry {
    let companions = template.companion_roles.iter().map(|role| {
        let has_profile = role.kind.instance_profile;
        InspectedCompanion {
            role: arns(&role.kind.role_resource(), "role"),
            instance_profile: has_profile
                .then(|| arns(&role.kind.profile_resource(), "instance-profile")),
            policies: template.chosen_policies(role),
        }
    });
    let document = self_inspection(&Inspected {
        partition: template.partition(),
        stack: json!({"Ref": "AWS::StackId"}),
        role: arns(ROLE, "role"),
        boundary: Boundary::Parameter {
            name: BOUNDARY,
            condition: HAS_BOUNDARY,
        },
        companions: companions.collect(),
    });
    let document = policy(&document, true);
    role_policy(SELF_INSPECTION, SELF_INSPECTION, ROLE, document)
        .about("Lets the hub check that the stack and its roles are as this template defines them.")
}

fn arns(resource: &str, kind: &str) -> Arns {
    let pathless =
        format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{kind}/${{{resource}}}");
    Arns([
        json!({"Fn::GetAtt": format!("{resource}.Arn")}),
        Value::String(pathless),
    ])
}

fn companion_resources(template: &Template, asked: &RequestedRole) -> Vec<Entry> {
    let kind = asked.kind;
    let partition = template.partition();
    // The customer's account is not known yet; the trust policy refers to it as the stack's.
    let role = ExpectedRole::with(kind, &asked.options, partition, &template.hub.account_id);
    let path = asked.options.path(kind).unwrap_or(PATH);
    let id = kind.role_resource();
    let purpose = kind.purpose.text(Language::English);
    let mut properties = vec![
        entry("Description", Yaml::Quoted(purpose.clone())),
        entry("Path", path),
    ];
    if let Some(seconds) = role.session_seconds {
        properties.push(entry("MaxSessionDuration", Yaml::Number(seconds)));
    }
    properties.push(boundary());
    if !role.managed.is_empty() {
        properties.push(entry(
            "ManagedPolicyArns",
            list(role.managed.iter().map(String::as_str)),
        ));
    }
    let trust = role.trust_policy_in("${AWS::AccountId}");
    properties.push(entry("AssumeRolePolicyDocument", policy(&trust, true)));
    let tag = ("rolecall:companion-role", kind.name.into());
    properties.push(tags(template, vec![tag]));
    // Deleted before the hub's role, which can then still report a failed deletion.
    let attributes = vec![after_preflight(), entry("DependsOn", ROLE)];
    let mut all = vec![resource(&id, "AWS::IAM::Role", attributes, properties).about(purpose)];
    for (name, document) in &role.inline {
        let document = policy(document, false);
        all.push(role_policy(
            &format!("{}{name}", kind.logical_id),
            name,
            &id,
            document,
        ));
    }
    if kind.instance_profile {
        let properties = vec![entry("Path", path), entry("Roles", list([reference(&id)]))];
        let profile = "AWS::IAM::InstanceProfile";
        all.push(resource(
            &kind.profile_resource(),
            profile,
            Vec::new(),
            properties,
        ));
    }
    all
}
