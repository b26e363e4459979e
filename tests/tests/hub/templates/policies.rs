//! Checks every policy in every template.

use crate::templates::template::{ALL, HUB, Template, all_texts, onboarding_examples, texts};

/// Allowed wildcards in actions, with the reason.
const ACTIONS: [(&str, &str); 0] = [];

/// Allowed wildcards in resources, with the reason.
const RESOURCES: [(&str, &str); 13] = [
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
        "ReadAwsManagedPolicies: arn:aws:iam::aws:policy/*",
        "AWS managed policies are public and the same in every account",
    ),
    (
        "ReadAwsManagedPolicies: arn:aws-cn:iam::aws:policy/*",
        "the same in China",
    ),
    (
        "ExplainRefusals: *",
        "sts:DecodeAuthorizationMessage supports no resources; only with an EC2 instance role",
    ),
    (
        "OwnBuckets: arn:aws:s3:::example-logs/*",
        "objects in a bucket that the customer chose",
    ),
    (
        "OwnBuckets: arn:aws:s3:::example-output/*",
        "objects in another one",
    ),
    (
        "PatchBaselineSnapshots: arn:aws:s3:::patch-baseline-snapshot-eu-central-1/*",
        "AWS's documented bucket, in a Region that the customer chose",
    ),
    (
        "ReadThroughTheOperatorsApi: arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/GET/operator/v1/*",
        "a managed policy that the operator attaches: every GET of the operator's API, and nothing else",
    ),
    (
        "UseTheOperatorsApi: arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/*/operator/v1/*",
        "a managed policy that the operator attaches: the whole operator's API, and nothing else",
    ),
    (
        "ReadTheStreams: ${Table.Arn}/stream/*",
        "a stream's name is its creation time; the table is fixed",
    ),
    (
        "ReadTheStreams: ${ReceiptsTable.Arn}/stream/*",
        "the same for the table of receipts",
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

fn all() -> impl Iterator<Item = Template> {
    ALL.into_iter()
        .map(Template::read)
        .chain(onboarding_examples())
}

fn is_listed(list: &[(&str, &str)], entry: &str) -> bool {
    list.iter().any(|(known, _)| *known == entry)
}

#[test]
fn policies_allow_only_listed_wildcards() {
    let mut met = Vec::new();
    for template in all() {
        let path = &template.path;
        for (place, statement) in template.statements() {
            // The operator's own policies, which publishing checks.
            if place.contains("/Access") {
                continue;
            }
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
    for template in all() {
        let path = &template.path;
        for (place, statement) in template.statements() {
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

/// The role with which `publish` proves session policies.
const PROOF: &str = "SessionProofRole";

#[test]
fn role_that_proves_session_policies_may_do_nothing_and_no_customer_trusts_it() {
    let hub = Template::read(HUB);
    let role = hub.at(&format!("/Resources/{PROOF}/Properties"));
    for policies in ["Policies", "ManagedPolicyArns"] {
        assert!(role.get(policies).is_none(), "{policies}");
    }
    assert_eq!(role["Path"], "/rolecall-hub/publishing/");
    let trust = &role["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().map(Vec::len), Some(1));
    let hub_only = serde_json::json!({"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"});
    assert_eq!(trust[0]["Principal"], hub_only);
    let attached =
        hub.resources("AWS::IAM::Policy").len() + hub.resources("AWS::IAM::RolePolicy").len();
    assert_eq!(attached, 0);
}

#[test]
fn every_function_has_its_own_role_that_only_lambda_can_assume() {
    let hub = Template::read(HUB);
    let functions = hub.resources("AWS::Serverless::Function");
    assert_eq!(functions.len(), 7);
    let roles = functions
        .iter()
        .map(|(_, it)| texts(&it["Properties"]["Role"])[0]);
    let mut roles: Vec<&str> = roles.filter_map(|role| role.strip_suffix(".Arn")).collect();
    roles.sort_unstable();
    let mut of_functions = hub.resources("AWS::IAM::Role");
    of_functions.retain(|(name, _)| *name != PROOF);
    let mut made: Vec<&str> = of_functions.iter().map(|(name, _)| *name).collect();
    made.sort_unstable();
    assert_eq!(roles, made);
    for (name, role) in of_functions {
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
