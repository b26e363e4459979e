//! Permissions policies that an operator wrote: everything that IAM would reject is reported with its position.

use rolecall_domain::aws::Partition;
use rolecall_domain::iam::identity_policy::mistakes;
use serde_json::{Value, json};

fn statement() -> Value {
    json!({"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"})
}

fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The valid statement with one element set.
fn with(element: &str, value: Value) -> Value {
    let mut changed = statement();
    changed[element] = value;
    changed
}

fn without(element: &str) -> Value {
    let mut changed = statement();
    changed.as_object_mut().expect("an object").remove(element);
    changed
}

/// Each mistake as `place: code`.
fn found(policy: &Value, partition: Partition) -> Vec<String> {
    let mistakes = mistakes(policy, partition);
    let each = mistakes.iter();
    each.map(|one| format!("{}: {}", one.field, one.code))
        .collect()
}

#[test]
fn policies_that_iam_accepts_have_no_mistakes() {
    for valid in [
        policy(&statement()),
        json!({"Version": "2012-10-17", "Id": "x", "Statement": statement()}),
        policy(&with("Action", json!("*"))),
        policy(&with("Sid", json!(""))),
        policy(&with(
            "Resource",
            json!([
                "arn:aws:s3:::a/${aws:username}/*",
                "arn:aws:ec2:*:*:volume/*"
            ]),
        )),
        policy(&with(
            "Condition",
            json!({"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}, "Bool": {"aws:SecureTransport": true}}),
        )),
        policy(&json!({"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::a"})),
    ] {
        assert_eq!(
            found(&valid, Partition::Aws),
            Vec::<String>::new(),
            "{valid}"
        );
    }
}

#[test]
fn each_mistake_is_reported_at_its_place() {
    for (changed, expected) in [
        (with("Principal", json!("*")), "Principal: invalid"),
        (
            with("NotPrincipal", json!({"AWS": "*"})),
            "NotPrincipal: invalid",
        ),
        (without("Resource"), "Resource: required"),
        (with("Resource", json!([])), "Resource: required"),
        (with("Resource", json!("bucket")), "Resource: invalid"),
        (
            with("Resource", json!(["*", "arn:aws-cn:s3:::a"])),
            "Resource[1]: invalid",
        ),
        (with("Resource", json!("arn:*:s3:::a")), "Resource: invalid"),
        (
            with("Resource", json!("urn:aws:s3:::a")),
            "Resource: invalid",
        ),
        (
            with("NotResource", json!("*")),
            "NotResource: contradiction",
        ),
        (without("Action"), "Action: required"),
        (with("Action", json!("GetObject")), "Action: invalid"),
        (with("Action", json!("s3:")), "Action: invalid"),
        (with("Action", json!("s*:Get")), "Action: invalid"),
        (
            with("Action", json!(["s3:Get Object"])),
            "Action[0]: invalid",
        ),
        (with("Action", json!([1])), "Action[0]: invalid_type"),
        (with("NotAction", json!("s3:*")), "NotAction: contradiction"),
        (without("Effect"), "Effect: invalid"),
        (with("Effect", json!("allow")), "Effect: invalid"),
        (with("Sid", json!("two words")), "Sid: invalid"),
        (with("Sid", json!(1)), "Sid: invalid"),
        (with("Actions", json!("s3:*")), "Actions: unknown_field"),
        (with("Condition", json!([])), "Condition: invalid_type"),
        (
            with("Condition", json!({"Bool": "x"})),
            "Condition.Bool: invalid_type",
        ),
        (
            with("Condition", json!({"Bool": {"aws:SecureTransport": []}})),
            "Condition.Bool.aws:SecureTransport: invalid_type",
        ),
    ] {
        let expected = format!("Statement[0].{expected}");
        assert_eq!(found(&policy(&changed), Partition::Aws), [expected]);
    }
    for (document, expected) in [
        (json!([]), ": invalid_type"),
        (json!({"Statement": [statement()]}), "Version: invalid"),
        (
            json!({"Version": "2008-10-17", "Statement": [statement()]}),
            "Version: invalid",
        ),
        (json!({"Version": "2012-10-17"}), "Statement: required"),
        (
            json!({"Version": "2012-10-17", "Statement": []}),
            "Statement: required",
        ),
        (
            json!({"Version": "2012-10-17", "Statement": ["x"]}),
            "Statement[0]: invalid_type",
        ),
        (
            json!({"Version": "2012-10-17", "Statement": [statement()], "Name": "x"}),
            "Name: unknown_field",
        ),
        (
            json!({"Version": "2012-10-17", "Statement": [statement(), statement()]}),
            "Statement[1].Sid: duplicate",
        ),
        (
            policy(&with("Resource", json!("arn:aws:s3:::日本"))),
            ": invalid",
        ),
    ] {
        assert_eq!(found(&document, Partition::Aws), [expected], "{document}");
    }
}

#[test]
fn resources_must_be_in_the_partition_of_the_hub() {
    for (partition, other) in [
        (Partition::China, "arn:aws:s3:::a"),
        (Partition::GovCloud, "arn:aws:s3:::a"),
        (Partition::Aws, "arn:aws-us-gov:s3:::a"),
    ] {
        let own = format!("arn:{}:s3:::a", partition.as_str());
        let valid = policy(&with("Resource", json!(own)));
        assert_eq!(found(&valid, partition), Vec::<String>::new());
        let wrong = policy(&with("Resource", json!(other)));
        assert_eq!(found(&wrong, partition), ["Statement[0].Resource: invalid"]);
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mut wrong = with("Principal", json!("*"));
    wrong["Action"] = json!("GetObject");
    wrong["Resource"] = json!("bucket");
    let expected =
        ["Principal", "Action", "Resource"].map(|at| format!("Statement[0].{at}: invalid"));
    assert_eq!(found(&policy(&wrong), Partition::Aws), expected);
}
