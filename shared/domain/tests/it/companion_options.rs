//! The options of companion roles: requests and defaults.

use proptest::prelude::*;
use rolecall_domain::aws::{AwsAccountId, Partition};
use rolecall_domain::companion::spec::{RoleKind, Takes};
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use serde_json::{Value, json};

const CUSTOMER: &str = "222222222222";

fn read(list: &Value) -> Result<Vec<RequestedRole>, Vec<(String, &'static str)>> {
    let customer = AwsAccountId::parse(CUSTOMER).expect("valid");
    let hub = AwsAccountId::parse("111111111111").expect("valid");
    let asked = Asked {
        partition: Partition::Aws,
        aws_account_id: Some(&customer),
        hub: Some(&hub),
    };
    let all = |wrong: Vec<_>| wrong.into_iter();
    read_all(list, &asked).map_err(|wrong| {
        all(wrong)
            .map(|one: rolecall_domain::text::FieldError| (one.field, one.code))
            .collect()
    })
}

fn one(kind: &str, options: Value) -> Value {
    json!([{"kind": kind, "options": options}])
}

#[test]
fn omitted_options_have_defaults() {
    let roles = read(&json!([
        {"kind": "ssm-hybrid"},
        {"kind": "ec2-instance", "options": null},
        {"kind": "switch-role", "options": {"trusted_account_id": "333333333333"}},
    ]))
    .expect("valid");
    let shown = serde_json::to_value(&roles).expect("JSON");
    assert_eq!(
        shown,
        json!([
            {"kind": "switch-role", "options": {
                "trusted_account_id": "333333333333",
                "policies": ["ViewOnlyAccess"],
                "require_mfa": true,
                "max_session_seconds": 3600,
                "path": "/companion/",
            }},
            {"kind": "ec2-instance", "options": {
                "policies": ["AmazonEC2ReadOnlyAccess"],
                "trust_ssm": false,
            }},
            {"kind": "ssm-hybrid", "options": {
                "directory_service": false,
                "cloudwatch_agent": false,
                "s3_buckets": [],
                "patch_baseline_regions": [],
            }},
        ])
    );
    let again: Vec<RequestedRole> = serde_json::from_value(shown).expect("stored roles parse");
    assert_eq!(again, roles);
}

#[test]
fn invalid_options_are_reported_with_their_field() {
    let bastion = |id: &str| one("switch-role", json!({"trusted_account_id": id}));
    let ec2 = |options| one("ec2-instance", options);
    let hybrid = |options| one("ssm-hybrid", options);
    let core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    let cases: Vec<(Value, &str, &str)> = vec![
        (json!("switch-role"), "companion_roles", "invalid"),
        (json!(["switch-role"]), "companion_roles[0]", "invalid"),
        (json!([{}]), "companion_roles[0].kind", "required"),
        (
            one("root", json!({})),
            "companion_roles[0].kind",
            "unknown_kind",
        ),
        (
            one("automation", json!({})),
            "companion_roles[0].kind",
            "always_there",
        ),
        (
            json!([{"kind": "ssm-hybrid"}, {"kind": "ssm-hybrid"}]),
            "companion_roles[1].kind",
            "duplicate",
        ),
        (
            json!([{"kind": "ssm-hybrid", "x": 1}]),
            "companion_roles[0].x",
            "unknown_field",
        ),
        (
            one("ssm-hybrid", json!([])),
            "companion_roles[0].options",
            "invalid",
        ),
        (
            one("switch-role", json!({})),
            "companion_roles[0].options.trusted_account_id",
            "required",
        ),
        (
            bastion("33333333333"),
            "companion_roles[0].options.trusted_account_id",
            "invalid",
        ),
        (
            bastion(CUSTOMER),
            "companion_roles[0].options.trusted_account_id",
            "own_account",
        ),
        (
            bastion("111111111111"),
            "companion_roles[0].options.trusted_account_id",
            "hub_account",
        ),
        (
            ec2(json!({"polices": []})),
            "companion_roles[0].options.polices",
            "unknown_option",
        ),
        (
            ec2(json!({"policies": []})),
            "companion_roles[0].options.policies",
            "invalid",
        ),
        (
            ec2(json!({"policies": ["S3"]})),
            "companion_roles[0].options.policies",
            "invalid",
        ),
        (
            ec2(json!({"policies": ["arn:aws:iam::aws:role/x"]})),
            "companion_roles[0].options.policies",
            "invalid",
        ),
        (
            ec2(json!({"policies": ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]})),
            "companion_roles[0].options.policies",
            "invalid",
        ),
        (
            ec2(json!({"policies": ["arn:aws:iam::444444444444:policy/x"]})),
            "companion_roles[0].options.policies",
            "other_account",
        ),
        (
            ec2(json!({"policies": core})),
            "companion_roles[0].options.policies",
            "invalid",
        ),
        (
            ec2(json!({"trust_ssm": "yes"})),
            "companion_roles[0].options.trust_ssm",
            "invalid",
        ),
        (
            ec2(json!({"trust_ssm": true})),
            "companion_roles[0].options.trust_ssm",
            "contradiction",
        ),
        (
            hybrid(json!({"s3_buckets": ["A"]})),
            "companion_roles[0].options.s3_buckets",
            "invalid",
        ),
        (
            hybrid(json!({"s3_buckets": "b"})),
            "companion_roles[0].options.s3_buckets",
            "invalid",
        ),
        (
            hybrid(json!({"s3_buckets": ["aa1", "aa2", "aa3", "aa4", "aa5", "aa6"]})),
            "companion_roles[0].options.s3_buckets",
            "invalid",
        ),
        (
            hybrid(json!({"patch_baseline_regions": ["cn-north-1"]})),
            "companion_roles[0].options.patch_baseline_regions",
            "invalid",
        ),
        (
            hybrid(json!({"patch_baseline_regions": ["everywhere"]})),
            "companion_roles[0].options.patch_baseline_regions",
            "invalid",
        ),
    ];
    for (list, field, code) in cases {
        assert_eq!(read(&list), Err(vec![(field.to_owned(), code)]), "{list}");
    }
    for (name, value) in [
        ("max_session_seconds", json!(3599)),
        ("max_session_seconds", json!(43201)),
        ("max_session_seconds", json!("3600")),
        ("max_session_seconds", json!(3600.5)),
        ("max_session_seconds", json!(-3600)),
        ("max_session_seconds", json!(1e300)),
        ("path", json!("/")),
        ("path", json!("/companion/a b/")),
        ("path", json!("/companion//")),
        ("path", json!("/companion/people/")),
        ("path", json!("/rolecall/")),
        ("path", json!("/rolecall/companion/")),
        ("policies", json!(["AdministratorAccess", "ViewOnlyAccess"])),
    ] {
        let mut options = json!({"trusted_account_id": "333333333333"});
        options[name] = value;
        let wrong = read(&one("switch-role", options.clone())).expect_err("refused");
        assert_eq!(wrong.len(), 1, "{options}");
        assert!(wrong[0].0.ends_with(name), "{wrong:?}");
    }
}

#[test]
fn integral_number_with_fraction_is_accepted() {
    for number in ["7200", "7200.0", "7.2e3"] {
        let seconds: Value = serde_json::from_str(number).expect("JSON");
        let options = json!({"trusted_account_id": "333333333333", "max_session_seconds": seconds});
        let roles = read(&one("switch-role", options)).expect("valid");
        assert_eq!(roles[0].options.number("max_session_seconds"), Some(7200));
    }
}

#[test]
fn known_aws_policy_is_identified_by_name() {
    let view = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    let own = "arn:aws:iam::222222222222:policy/team/People";
    let options = json!({"trusted_account_id": "333333333333", "policies": [own, view, view]});
    let roles = read(&one("switch-role", options)).expect("valid");
    assert_eq!(roles[0].options.list("policies"), ["ViewOnlyAccess", own]);
}

/// Any options that the API accepts.
fn any_options(kind: &'static RoleKind) -> impl Strategy<Value = Value> {
    let each: Vec<BoxedStrategy<(String, Value)>> = kind
        .options
        .iter()
        .map(|spec| {
            let value: BoxedStrategy<Value> = match &spec.takes {
                Takes::AccountId => "[03-9]{12}".prop_map(Value::from).boxed(),
                Takes::Flag { .. } => any::<bool>().prop_map(Value::from).boxed(),
                Takes::Seconds { least, most, .. } => {
                    (*least..=*most).prop_map(Value::from).boxed()
                }
                Takes::RolePath => "/companion/([A-Za-z0-9_.-]{1,2}/){0,1}"
                    .prop_map(Value::from)
                    .boxed(),
                Takes::Policies { .. } => {
                    let arn = "arn:aws:iam::(aws|222222222222):policy/[A-Za-z0-9_+.@/-]{0,9}[a-z]";
                    proptest::collection::vec(arn, 1..4)
                        .prop_map(Value::from)
                        .boxed()
                }
                Takes::Buckets => {
                    proptest::collection::vec("[a-z0-9][a-z0-9-]{1,20}[a-z0-9]", 0..4)
                        .prop_map(Value::from)
                        .boxed()
                }
                Takes::Regions => proptest::collection::vec("eu-(west|north)-[1-9]", 0..4)
                    .prop_map(Value::from)
                    .boxed(),
            };
            let name = spec.name.to_owned();
            value.prop_map(move |value| (name.clone(), value)).boxed()
        })
        .collect();
    each.prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
}

proptest! {
    #[test]
    fn accepted_options_are_stored_and_read_back(
        (name, options) in (0..RoleKind::companions().count()).prop_flat_map(|at| {
            let kind = RoleKind::companions().nth(at).expect("a kind");
            (Just(kind.name), any_options(kind))
        })
    ) {
        if let Ok(roles) = read(&one(name, options)) {
            let stored = serde_json::to_value(&roles).expect("JSON");
            let back: Vec<RequestedRole> = serde_json::from_value(stored.clone()).expect("stored");
            prop_assert_eq!(&back, &roles);
            prop_assert_eq!(read(&stored), Ok(roles));
        }
    }
}
