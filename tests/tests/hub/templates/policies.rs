//! Checks every policy in every template.

use crate::templates::template::{ALL, HUB, Template, all_texts, texts};

/// Allowed wildcards in actions, with the reason.
const ACTIONS: [(&str, &str); 0] = [];

/// Allowed wildcards in resources, with the reason.
const RESOURCES: [(&str, &str); 10] = [
    (
        "AddTemplates: arn:${AWS::Partition}:s3:::${Bucket}/onboarding/*",
        "a template's key is the hash of its contents; the prefix is fixed",
    ),
    (
        "AnyoneReadsTheTemplate: ${OnboardingBucket.Arn}/onboarding/*",
        "the public prefix: published templates and nothing else",
    ),
    (
        "AssumeCustomersRoles: arn:${AWS::Partition}:iam::*:role/rolecall/*",
        "customers' accounts are not known in advance; the path is",
    ),
    (
        "ReadAwsManagedPolicies: arn:${AWS::Partition}:iam::aws:policy/*",
        "AWS managed policies are public and the same in every account",
    ),
    (
        "ExplainEc2InstanceRefusals: *",
        "sts:DecodeAuthorizationMessage supports no resources; only with an EC2 instance role",
    ),
    (
        "OwnBuckets: /*",
        "objects in the buckets that the customer chose",
    ),
    (
        "OwnBuckets: /*,arn:aws:s3:::",
        "the same, between two buckets",
    ),
    (
        "PatchBaselineSnapshots: /*",
        "AWS's documented buckets, in the Regions that the customer chose",
    ),
    (
        "PatchBaselineSnapshots: /*,arn:aws:s3:::patch-baseline-snapshot-",
        "the same, between two Regions",
    ),
    (
        "ReadTheStream: ${Table.Arn}/stream/*",
        "a stream's name is its creation time; the table is fixed",
    ),
];

/// Allowed statements for all principals, with the reason.
const ANYONE: [(&str, &str); 6] = [
    (
        "AnyoneReadsTheTemplate",
        "the console reads with the customer's credentials",
    ),
    ("TemplatesAreNeverReplaced", "a Deny"),
    ("TemplatesAreNeverDeleted", "a Deny"),
    ("NothingWithoutTls", "a Deny"),
    (
        "AnyoneMayPublish",
        "the publisher is the customer who creates the stack",
    ),
    (
        "AnyoneMayForwardTheseSources",
        "its condition limits it to AWS's own sources",
    ),
];

fn is_listed(list: &[(&str, &str)], entry: &str) -> bool {
    list.iter().any(|(known, _)| *known == entry)
}

#[test]
fn policies_allow_only_listed_wildcards() {
    let mut met = Vec::new();
    for path in ALL {
        for (place, statement) in Template::read(path).statements() {
            // A statement without a Sid is identified by its policy's name.
            let sid = place.rsplit('/').next().unwrap_or_default();
            for turned in ["NotAction", "NotResource", "NotPrincipal"] {
                assert!(statement.get(turned).is_none(), "{path}{place}: {turned}");
            }
            assert!(!texts(&statement["Action"]).is_empty(), "{path}{place}");
            if statement["Effect"] == "Deny" {
                continue;
            }
            for action in texts(&statement["Action"]) {
                let entry = format!("{sid}: {action}");
                let fits = !action.contains('*') || is_listed(&ACTIONS, &entry);
                assert!(fits, "{path}{place} allows {action}");
                met.push(entry);
            }
            for resource in all_texts(&statement["Resource"]) {
                let entry = format!("{sid}: {resource}");
                let fits = !resource.contains('*') || is_listed(&RESOURCES, &entry);
                assert!(fits, "{path}{place} allows it on {resource}");
                met.push(entry);
            }
        }
    }
    for (known, _) in ACTIONS.iter().chain(&RESOURCES) {
        assert!(
            met.iter().any(|entry| entry == known),
            "{known} is in no template"
        );
    }
}

#[test]
fn only_listed_statements_allow_all_principals() {
    for path in ALL {
        for (place, statement) in Template::read(path).statements() {
            let principal = &statement["Principal"];
            let open = principal == "*" || texts(&principal["AWS"]).contains(&"*");
            let sid = statement["Sid"].as_str().unwrap_or_default();
            assert!(
                !open || is_listed(&ANYONE, sid),
                "{path}{place} is open to all principals"
            );
        }
    }
}

#[test]
fn every_function_has_its_own_role_that_only_lambda_can_assume() {
    let hub = Template::read(HUB);
    let functions = hub.resources("AWS::Serverless::Function");
    assert_eq!(functions.len(), 5);
    let roles = functions
        .iter()
        .map(|(_, it)| texts(&it["Properties"]["Role"])[0]);
    let mut roles: Vec<&str> = roles.filter_map(|role| role.strip_suffix(".Arn")).collect();
    roles.sort_unstable();
    let mut made: Vec<&str> = hub
        .resources("AWS::IAM::Role")
        .iter()
        .map(|(name, _)| *name)
        .collect();
    made.sort_unstable();
    assert_eq!(roles, made);
    for (name, role) in hub.resources("AWS::IAM::Role") {
        let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust.as_array().map(Vec::len), Some(1), "{name}");
        let only_lambda = serde_json::json!({"Service": "lambda.amazonaws.com"});
        assert_eq!(trust[0]["Principal"], only_lambda, "{name}");
        assert!(
            role["Properties"].get("ManagedPolicyArns").is_none(),
            "{name}"
        );
    }
}
