//! The template that customers run.

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_domain::aws::Partition;
use rolecall_domain::companion::parameters;
use rolecall_domain::companion::spec::RoleKind;
use rolecall_domain::remedy;
use rolecall_domain::remedy::command::Parameter;
use serde_json::{Value, json};

use crate::templates::template::{ONBOARDING, Template, all_texts, texts};

#[test]
fn trust_policy_allows_only_hub_roles_with_external_id() {
    let template = Template::read(ONBOARDING);
    let trust = template.at("/Resources/RolecallRole/Properties/AssumeRolePolicyDocument");
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "HubRolesWithTheExternalId",
            "Effect": "Allow",
            "Principal": {"AWS": [
                "arn:${AWS::Partition}:iam::${Hub}:root",
                {"Hub": ["Hub", "Account", "Id"]},
            ]},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": "ExternalId"},
                "ArnLike": {"aws:PrincipalArn": [
                    "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*",
                ]},
            },
        }],
    });
    assert_eq!(*trust, expected);
}

#[test]
fn template_is_static_and_creates_only_requested_resources() {
    let template = Template::read(ONBOARDING);
    let types = [
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "Custom::RolecallPreflight",
        "Custom::RolecallRegistration",
    ];
    assert_eq!(template.types(), types);
    let always = [
        "Preflight",
        "RolecallRole",
        "SelfInspection",
        "Registration",
    ];
    let others = template.section("Resources");
    let others = others.filter(|(name, _)| !always.contains(name));
    let others: BTreeSet<(&str, &str)> = others
        .map(|(name, resource)| (name, resource["Condition"].as_str().unwrap_or_default()))
        .collect();
    // One role for each kind in the catalog, and an instance profile where the kind needs one.
    let asked_for = RoleKind::companions().flat_map(|kind| {
        let profile = kind.instance_profile.then(|| kind.profile_resource());
        let names = std::iter::once(kind.role_resource()).chain(profile);
        names.map(|name| (name, format!("Has{}", kind.logical_id)))
    });
    let asked_for: Vec<(String, String)> = asked_for.collect();
    let pairs = asked_for
        .iter()
        .map(|(name, when)| (name.as_str(), when.as_str()));
    assert_eq!(others, pairs.collect());
    for heading in ["Transform", "Hooks", "Rules"] {
        assert_eq!(template.section(heading).count(), 0, "{heading}");
    }
    for dynamic in [
        "Transform:",
        "AWS::Include",
        "{{resolve:",
        "Fn::ImportValue",
        "!ImportValue",
    ] {
        assert!(!template.text.contains(dynamic), "{dynamic}");
    }
}

/// A refused preflight must leave nothing behind, and its Delete must come after all others.
#[test]
fn every_other_resource_depends_on_the_preflight() {
    let template = Template::read(ONBOARDING);
    let resources: Vec<(&str, &Value)> = template.section("Resources").collect();
    let names: BTreeSet<&str> = resources.iter().map(|(name, _)| *name).collect();
    let named = |resource: &Value| {
        let parts = ["Properties", "Metadata", "DependsOn"];
        let texts = parts
            .into_iter()
            .flat_map(|part| all_texts(&resource[part]));
        let texts: BTreeSet<String> = texts.flat_map(references).collect();
        texts
    };
    for (name, _) in &resources {
        let (mut reached, mut next) = (BTreeSet::new(), vec![*name]);
        while let Some(one) = next.pop() {
            let resource = resources.iter().find(|(name, _)| *name == one);
            let resource = resource.expect("a resource").1;
            let named = named(resource);
            let named = names.iter().filter(|name| named.contains(**name));
            next.extend(named.filter(|name| reached.insert(**name)));
        }
        assert!(
            *name == "Preflight" || reached.contains("Preflight"),
            "{name}"
        );
    }
    let order = template.at("/Resources/RolecallRole/Metadata/Preflight");
    assert_eq!(*order, json!(["ReportsByCallback", "Preflight", "none"]));
    let both = ["Preflight", "Registration"];
    for name in both {
        let condition = template.at(&format!("/Resources/{name}/Condition"));
        assert_eq!(condition, "ReportsByCallback");
    }
}

/// The resources that a function's argument can name: `Role`, `Role.Arn` or `${Role.Arn}`.
fn references(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_owned).collect()
}

/// A fixed name would collide with the account's second registration or with another role.
#[test]
fn no_created_resource_has_a_fixed_name() {
    let template = Template::read(ONBOARDING);
    for (name, resource) in template.section("Resources") {
        let properties = resource["Properties"].as_object().expect("properties");
        let names = ["RoleName", "ManagedPolicyName", "InstanceProfileName"];
        for fixed in names {
            assert!(!properties.contains_key(fixed), "{name} has a {fixed}");
        }
    }
}

#[test]
fn customer_can_set_boundary_path_and_managed_policies() {
    let template = Template::read(ONBOARDING);
    let role = template.at("/Resources/RolecallRole/Properties");
    assert_eq!(role["Path"], "RolePath");
    let given = |condition: &str, parameter: &str| json!([condition, parameter, "AWS::NoValue"]);
    let boundary = given("HasBoundary", "PermissionsBoundaryArn");
    assert_eq!(role["PermissionsBoundary"], boundary);
    let policies = given("HasManagedPolicies", "ManagedPolicyArns");
    assert_eq!(role["ManagedPolicyArns"], policies);
    assert_eq!(
        role["Policies"],
        json!([]),
        "publishing adds the operator's policies"
    );
    let path = template.at("/Parameters/RolePath");
    assert_eq!(path["Default"], "/rolecall/");
    assert_eq!(path["AllowedPattern"], "^/rolecall/([A-Za-z0-9_.-]+/)*$");
    for parameter in ["PermissionsBoundaryArn", "ManagedPolicyArns"] {
        assert_eq!(template.at(&format!("/Parameters/{parameter}/Default")), "");
    }
}

#[test]
fn role_can_only_read_itself_and_its_stack() {
    let template = Template::read(ONBOARDING);
    let allowed: BTreeSet<&str> = template
        .statements()
        .into_iter()
        .filter(|(place, _)| place.contains("/SelfInspection/"))
        .flat_map(|(_, statement)| texts(&statement["Action"]))
        .collect();
    let expected = [
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
    ];
    assert_eq!(allowed, BTreeSet::from(expected));
    // The hub compares roles with this file.
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(ONBOARDING);
    let recorded = recorded.with_file_name("self-inspection.json");
    let recorded = std::fs::read_to_string(recorded).expect("self-inspection.json");
    let recorded: Value = serde_json::from_str(&recorded).expect("JSON");
    let statements = recorded["Statement"].as_array().expect("statements");
    let recorded = statements.iter().flat_map(|one| texts(&one["Action"]));
    assert_eq!(allowed, recorded.collect());
}

/// CloudFormation conditions can't split strings, and the emulator supports even fewer functions.
#[test]
fn template_conditions_only_compare_parameters() {
    let template = Template::read(ONBOARDING);
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
            let known = ["And", "Or", "Not", "Equals", "Condition", "Select", "Ref"];
            assert!(known.contains(&name), "{line}");
        }
    }
}

/// The quick-create page shows every parameter. The two that the link fills in come first, in a
/// separate group; leaving all others unchanged creates a working stack.
#[test]
fn link_sets_every_required_parameter_of_the_page() {
    let template = Template::read(ONBOARDING);
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
    assert_eq!(
        labels.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        all
    );
}

/// A parameter that an update omits would fall back to the template's default: a stack that reports
/// by paste would start to make callbacks.
#[test]
fn update_commands_include_every_template_parameter() {
    let companions = parameters(&[], Partition::Aws);
    let new = companions.map(|(name, value)| Parameter::Set(name.to_owned(), value));
    let all = remedy::parameters(new);
    let named = all.iter().map(|parameter| match parameter {
        Parameter::Kept(name) | Parameter::Set(name, _) => name.as_str(),
    });
    let template = Template::read(ONBOARDING);
    let expected: BTreeSet<&str> = template
        .section("Parameters")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(named.collect::<BTreeSet<_>>(), expected);
}
