//! Every policy in every template.

use crate::templates::template::{ALL, HUB, Template, all_texts, texts};

/// Wildcards in actions that are allowed, and why.
const ACTIONS: [(&str, &str); 0] = [];

/// Wildcards in resources that are allowed, and why.
const RESOURCES: [(&str, &str); 9] = [
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
        "AWS's own policies: public texts, the same in every account",
    ),
    (
        "ExplainEc2InstanceRefusals: *",
        "sts:DecodeAuthorizationMessage takes no resource; only where instances get a role",
    ),
    (
        "OwnBuckets: /*",
        "the objects of the buckets that the customer names",
    ),
    (
        "OwnBuckets: /*,arn:aws:s3:::",
        "the same, between two buckets",
    ),
    (
        "PatchBaselineSnapshots: /*",
        "AWS's own buckets, in the Regions that the customer names; documented so",
    ),
    (
        "PatchBaselineSnapshots: /*,arn:aws:s3:::patch-baseline-snapshot-",
        "the same, between two Regions",
    ),
    (
        "ReadTheStream: ${Table.Arn}/stream/*",
        "a stream's name is the time of its making; the table is named",
    ),
];

/// Anybody may do these, and why.
const ANYONE: [(&str, &str); 4] = [
    (
        "AnyoneReadsTheTemplate",
        "the console reads with the customer's credentials",
    ),
    ("NothingWithoutTls", "a Deny"),
    (
        "AnyoneMayPublish",
        "the publisher is whoever creates the stack",
    ),
    (
        "AnyoneMayForwardTheseSources",
        "held to AWS's own sources by its condition",
    ),
];

fn is_listed(list: &[(&str, &str)], entry: &str) -> bool {
    list.iter().any(|(known, _)| *known == entry)
}

#[test]
fn no_policy_allows_a_wildcard_that_is_not_listed_here_with_its_reason() {
    let mut met = Vec::new();
    for path in ALL {
        for (place, statement) in Template::read(path).statements() {
            // A statement without a Sid is called by its policy's name.
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
fn only_what_is_listed_here_is_open_to_everybody() {
    for path in ALL {
        for (place, statement) in Template::read(path).statements() {
            let principal = &statement["Principal"];
            let open = principal == "*" || texts(&principal["AWS"]).contains(&"*");
            let sid = statement["Sid"].as_str().unwrap_or_default();
            assert!(
                !open || is_listed(&ANYONE, sid),
                "{path}{place} is open to everybody"
            );
        }
    }
}

#[test]
fn every_function_has_a_role_of_its_own_that_only_lambda_takes() {
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
