//! The templates that customers run: every golden file of the renderer.

use std::collections::BTreeSet;

use rolecall_domain::aws::StackId;
use rolecall_domain::companion::spec::{PATH, RoleKind};
use rolecall_domain::link::template::{PublishedTemplate, TemplateId, TemplateVersion};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::remedy::command::Command;
use serde_json::{Value, json};

use crate::templates::template::{ONBOARDING, Template, onboarding_examples, texts};

/// The partition's name in the template's ARNs.
fn partition(template: &Template) -> &'static str {
    match template.text.contains("arn:aws-cn:") {
        true => "aws-cn",
        false => "aws",
    }
}

#[test]
fn trust_policy_allows_only_hub_roles_with_external_id() {
    for template in onboarding_examples() {
        let trust = template.at("/Resources/RolecallRole/Properties/AssumeRolePolicyDocument");
        let partition = partition(&template);
        let trusted = ["verifier", "broker"]
            .map(|path| format!("arn:{partition}:iam::111111111111:role/rolecall-hub/{path}/*"));
        let expected = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "HubRolesWithTheExternalId",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:${AWS::Partition}:iam::111111111111:root"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": "ExternalId"},
                    "ArnLike": {"aws:PrincipalArn": trusted},
                },
            }],
        });
        assert_eq!(*trust, expected, "{}", template.path);
    }
}

#[test]
fn templates_are_static_and_create_only_known_types() {
    let known = [
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "Custom::RolecallPreflight",
        "Custom::RolecallRegistration",
    ];
    for template in onboarding_examples() {
        let path = &template.path;
        for kind in template.types() {
            assert!(known.contains(&kind), "{path}: {kind}");
        }
        // One role for each kind that is asked for, and an instance profile where it needs one.
        let asked = RoleKind::companions().filter(|kind| {
            let roles = template.resources("AWS::IAM::Role");
            roles.iter().any(|(name, _)| *name == kind.role_resource())
        });
        let asked: Vec<&RoleKind> = asked.collect();
        let profiles = asked.iter().filter(|kind| kind.instance_profile).count();
        assert_eq!(template.resources("AWS::IAM::Role").len(), 1 + asked.len());
        let made = template.resources("AWS::IAM::InstanceProfile").len();
        assert_eq!(made, profiles, "{path}");
        for heading in ["Transform", "Hooks", "Rules", "Mappings"] {
            assert_eq!(template.section(heading).count(), 0, "{path}: {heading}");
        }
        for dynamic in [
            "Transform:",
            "AWS::Include",
            "{{resolve:",
            "Fn::ImportValue",
            "!ImportValue",
        ] {
            assert!(!template.text.contains(dynamic), "{path}: {dynamic}");
        }
    }
}

/// A fixed name would collide with the account's second registration or with another role.
#[test]
fn no_created_resource_has_a_fixed_name() {
    for template in onboarding_examples() {
        for (name, resource) in template.section("Resources") {
            let properties = resource["Properties"].as_object().expect("properties");
            if resource["Type"] == "AWS::IAM::RolePolicy" {
                continue;
            }
            for fixed in ["RoleName", "ManagedPolicyName", "InstanceProfileName"] {
                assert!(!properties.contains_key(fixed), "{name} has a {fixed}");
            }
        }
    }
}

/// Drift detection covers policies that are resources, and not those inside a role.
#[test]
fn inline_policies_are_resources() {
    for template in onboarding_examples() {
        for (name, role) in template.resources("AWS::IAM::Role") {
            assert!(role["Properties"].get("Policies").is_none(), "{name}");
        }
    }
}

/// Companion roles are outside the path that the hub's policies reach, and none trusts the hub.
#[test]
fn companion_roles_have_their_own_path_and_do_not_trust_the_hub() {
    for template in onboarding_examples() {
        for (name, role) in template.resources("AWS::IAM::Role") {
            let properties = &role["Properties"];
            let trust = properties["AssumeRolePolicyDocument"].to_string();
            let own = name == "RolecallRole";
            assert_eq!(trust.contains("111111111111"), own, "{name}: {trust}");
            let path = properties["Path"].as_str().expect("a path");
            assert!(own || path.starts_with(PATH), "{name}: {path}");
        }
    }
}

/// CloudFormation creates the preflight first: every role refers to it.
#[test]
fn nothing_is_created_before_the_preflight() {
    let reference = json!({"Preflight": ["ReportsByCallback", "Preflight", "none"]});
    for template in onboarding_examples() {
        let roles: BTreeSet<&str> = template
            .resources("AWS::IAM::Role")
            .into_iter()
            .map(|(name, role)| {
                assert_eq!(role["Metadata"], reference, "{}: {name}", template.path);
                name
            })
            .collect();
        for (name, resource) in template.section("Resources") {
            let kind = resource["Type"].as_str().expect("a type");
            let text = resource["Properties"].to_string();
            let after = roles.iter().any(|role| text.contains(role));
            let first = kind == "AWS::IAM::Role" || kind == "Custom::RolecallPreflight";
            assert!(first || after, "{}: {name}", template.path);
        }
    }
}

#[test]
fn customer_can_set_boundary_and_path() {
    for template in onboarding_examples() {
        for (name, role) in template.resources("AWS::IAM::Role") {
            let boundary = json!(["HasBoundary", "PermissionsBoundaryArn", "AWS::NoValue"]);
            let properties = &role["Properties"];
            assert_eq!(properties["PermissionsBoundary"], boundary, "{name}");
        }
        let role = template.at("/Resources/RolecallRole/Properties");
        assert_eq!(role["Path"], "RolePath");
        let path = template.at("/Parameters/RolePath");
        assert_eq!(path["Default"], "/rolecall/");
        assert_eq!(path["AllowedPattern"], "^/rolecall/([A-Za-z0-9_.-]+/)*$");
        assert_eq!(
            template.at("/Parameters/PermissionsBoundaryArn/Default"),
            ""
        );
    }
}

#[test]
fn role_can_only_read_itself_and_its_stack() {
    let expected = BTreeSet::from([
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "iam:GetInstanceProfile",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:SimulatePrincipalPolicy",
        "sts:DecodeAuthorizationMessage",
    ]);
    let mut all: BTreeSet<String> = BTreeSet::new();
    for template in onboarding_examples() {
        for (place, statement) in template.statements() {
            if place.contains("/SelfInspection/") {
                let actions = texts(&statement["Action"]);
                all.extend(actions.into_iter().map(str::to_owned));
            }
        }
    }
    let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all, expected);
}

/// CloudFormation conditions can't split strings, and the emulator supports even fewer functions.
#[test]
fn template_conditions_only_compare_parameters() {
    for template in onboarding_examples() {
        let (_, conditions) = template
            .text
            .split_once("\nConditions:\n")
            .expect("a Conditions section");
        let (conditions, _) = conditions
            .split_once("\nResources:\n")
            .expect("a Resources section");
        let lines = conditions.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            for function in line.split('!').skip(1) {
                let name = function.split([' ', '[']).next().unwrap_or_default();
                let known = ["And", "Or", "Not", "Equals", "Condition", "Ref"];
                assert!(known.contains(&name), "{line}");
            }
        }
    }
}

/// The quick-create page shows every parameter. The two that the link fills in come first, in a
/// separate group; leaving all others unchanged creates a working stack.
#[test]
fn link_sets_every_required_parameter_of_the_page() {
    for template in onboarding_examples() {
        let parameters = template.section("Parameters");
        let (mut required, mut all) = (BTreeSet::new(), BTreeSet::new());
        for (name, parameter) in parameters {
            all.insert(name);
            if parameter.get("Default").is_none() {
                required.insert(name);
            }
            assert!(
                parameter.get("Description").is_some_and(Value::is_string),
                "{name}"
            );
            // Links can't set NoEcho parameters.
            assert_eq!(parameter.get("NoEcho"), None, "{name}");
        }
        assert_eq!(
            required,
            BTreeSet::from(["ExternalId", "RegistrationToken"])
        );
        let page = template.at("/Metadata/AWS::CloudFormation::Interface");
        let groups = page["ParameterGroups"].as_array().expect("groups");
        let grouped = groups.iter().map(|group| texts(&group["Parameters"]));
        let grouped: Vec<Vec<&str>> = grouped.collect();
        assert_eq!(grouped[0], ["RegistrationToken", "ExternalId"]);
        let listed: BTreeSet<&str> = grouped.iter().flatten().copied().collect();
        assert_eq!(
            listed, all,
            "a parameter without a group is listed under \"Other\""
        );
        assert_eq!(grouped.iter().flatten().count(), all.len());
        let labels = page["ParameterLabels"].as_object().expect("labels");
        let labels: BTreeSet<&str> = labels.keys().map(String::as_str).collect();
        assert_eq!(labels, all);
    }
}

/// A parameter that an update omits would fall back to the template's default: a stack that reports
/// by paste would start to make callbacks.
#[test]
fn update_commands_include_every_template_parameter() {
    let stack = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc";
    let stack = StackId::parse(stack).expect("valid");
    let update = Command::UpdateStack {
        stack: stack.clone(),
        template: PublishedTemplate {
            version: TemplateVersion::new(2, 0, 0),
            template_id: TemplateId::of("a template"),
            url: "https://example.com/role.yaml".to_owned(),
        },
    };
    let command = Remedy::UpdateTemplate(vec![update]).command(stack.partition());
    let command = command.expect("a command");
    let template = Template::read(ONBOARDING);
    let names: Vec<&str> = template
        .section("Parameters")
        .map(|(name, _)| name)
        .collect();
    for name in &names {
        let kept = format!("\"ParameterKey\":\"{name}\",\"UsePreviousValue\":true");
        assert!(command.contains(&kept), "{command}");
    }
    assert_eq!(command.matches("ParameterKey").count(), names.len());
}
