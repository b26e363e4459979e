use super::*;
use serde_json::json;

const REAL: &str = include_str!("../../../infra/onboarding/role.yaml");

/// The hub whose values are in the committed file.
fn example() -> HubFacts {
    HubFacts {
        account_id: "111111111111".to_owned(),
        partition: Partition::Aws,
        served_regions: vec!["us-east-1".to_owned()],
        trusted_principals: vec![
            "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".to_owned(),
        ],
        service_token:
            "arn:${AWS::Partition}:sns:${AWS::Region}:111111111111:rolecall-registration".to_owned(),
        operator_policy: None,
    }
}

fn facts() -> HubFacts {
    HubFacts {
        account_id: "999988887777".to_owned(),
        partition: Partition::Aws,
        served_regions: vec!["eu-west-1".to_owned()],
        trusted_principals: vec![
            "arn:aws:iam::999988887777:role/rolecall-hub/verifier/*".to_owned(),
        ],
        service_token: "arn:${AWS::Partition}:sns:${AWS::Region}:999988887777:topic".to_owned(),
        operator_policy: None,
    }
}

#[test]
fn template_is_rendered_with_the_hubs_values() {
    let rendered = render(REAL, &facts()).expect("valid");
    for line in [
        "      Id: \"999988887777\"",
        "  Served: !Equals [!Ref AWS::Region, eu-west-1]",
        "                  - \"arn:aws:iam::999988887777:role/rolecall-hub/verifier/*\"",
        "      ServiceToken: !Sub \"arn:${AWS::Partition}:sns:${AWS::Region}:999988887777:topic\"",
        "      Policies: []",
    ] {
        assert!(rendered.text.lines().any(|l| l == line), "missing: {line}");
    }
    assert!(
        !rendered.text.contains("111111111111"),
        "a value of the example hub remains"
    );
}

/// A change of the catalog must appear in the file that reviewers see.
#[test]
fn committed_file_is_rendered_for_the_example_hub() {
    let rendered = render(REAL, &example()).expect("valid").text;
    if std::env::var_os("ROLECALL_WRITE_DOCS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/onboarding/role.yaml");
        std::fs::write(path, &rendered).expect("written");
        return;
    }
    assert!(
        rendered == REAL,
        "run this test with ROLECALL_WRITE_DOCS=1, and review the change"
    );
}

#[test]
fn text_outside_the_blocks_is_unchanged() {
    let outside = |text: &str| {
        let mut inside = false;
        let keep = |line: &&str| {
            if line.trim_start() == END {
                inside = false;
            }
            let kept = !inside;
            inside = inside || line.trim_start().starts_with(BEGIN);
            kept
        };
        text.lines()
            .filter(keep)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let rendered = render(REAL, &facts()).expect("valid");
    assert_eq!(outside(&rendered.text), outside(REAL));
}

#[test]
fn rendering_twice_changes_nothing() {
    let once = render(REAL, &facts()).expect("valid");
    let twice = render(&once.text, &facts()).expect("valid");
    assert_eq!(once.sha256, twice.sha256);
}

#[test]
fn key_contains_version_and_hash() {
    let one = render(REAL, &facts()).expect("valid");
    let mut other = facts();
    other.account_id = "999988887778".to_owned();
    let other = render(REAL, &other).expect("valid");
    assert_ne!(one.key(), other.key());
    assert!(
        one.key()
            .starts_with(&format!("onboarding/{}-", one.version))
    );
    assert!(one.key().ends_with("/role.yaml"));
}

#[test]
fn missing_block_is_rejected_by_name() {
    for name in [
        "hub",
        "served-regions",
        "trusted-principals",
        "service-token",
        "preflight-token",
        "operator-policy",
        "companion-parameter-group",
        "companion-parameter-labels",
        "companion-parameters",
        "companion-conditions",
        "companion-roles",
        "companion-self-inspection",
        "companion-registration",
        "companion-outputs",
    ] {
        let without = cut(REAL, name);
        let error = render(&without, &facts()).expect_err("refused").to_string();
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
}

#[test]
fn block_without_an_end_is_rejected_by_name() {
    let broken = "      Version: \"1.0.0\"\n# >>> rendered: hub\nx\n";
    let error = render(broken, &facts()).expect_err("refused").to_string();
    assert!(error.contains("`hub` has no end"), "{error}");
}

#[test]
fn unknown_or_duplicate_block_is_rejected() {
    let unknown = format!("{REAL}# >>> rendered: surprise\n# <<< rendered\n");
    assert!(
        render(&unknown, &facts())
            .expect_err("refused")
            .to_string()
            .contains("`surprise`")
    );
    let doubled = format!("{REAL}# >>> rendered: hub\n# <<< rendered\n");
    assert!(
        render(&doubled, &facts())
            .expect_err("refused")
            .to_string()
            .contains("`hub`")
    );
}

#[test]
fn two_to_ten_regions_become_one_or() {
    let regions = names(10);
    let lines = served_block(&serving(&regions)).expect("valid");
    assert_eq!(lines.len(), 11);
    assert_eq!(lines[0], "Served: !Or");
    let last = &regions[9];
    assert_eq!(lines[10], format!("  - !Equals [!Ref AWS::Region, {last}]"));
}

#[test]
fn unknown_region_is_rejected() {
    for bad in [
        "xx-nowhere-9",
        "AWS::Region",
        "eu-central-9",
        "us-east-1]",
        "us-gov-west-1",
        "",
    ] {
        let facts = serving(&[bad.to_owned()]);
        assert!(served_block(&facts).is_err(), "{bad}");
    }
}

#[test]
fn more_than_ten_regions_become_several_ors() {
    let regions = names(21);
    let lines = served_block(&serving(&regions)).expect("valid");
    let third = format!("Served3: !Equals [!Ref AWS::Region, {}]", regions[20]);
    assert!(lines.contains(&third));
    let last: Vec<&str> = lines.iter().rev().take(4).map(String::as_str).collect();
    assert_eq!(
        last,
        [
            "  - !Condition Served3",
            "  - !Condition Served2",
            "  - !Condition Served1",
            "Served: !Or"
        ]
    );
}

#[test]
fn operator_policy_is_added_to_the_role() {
    let mut facts = facts();
    facts.operator_policy = Some(serde_json::json!({"Version": "2012-10-17", "Statement": []}));
    let rendered = render(REAL, &facts).expect("valid");
    assert!(
        rendered
            .text
            .contains("        - PolicyName: OperatorPolicy\n")
    );
    facts.operator_policy = Some(serde_json::json!({"no": "policy"}));
    assert!(render(REAL, &facts).is_err());
}

#[test]
fn operator_policy_is_read_from_a_rendered_template() {
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a: # <<< rendered/\"*"},
    ]});
    for policy in [None, Some(policy)] {
        let operator_policy = policy.clone();
        let rendered = render(
            REAL,
            &HubFacts {
                operator_policy,
                ..facts()
            },
        )
        .expect("valid");
        assert_eq!(operator_policy_of(&rendered.text).expect("a block"), policy);
    }
    let edited = REAL.replace("      Policies: []\n", "      Policies: [{}]\n");
    for other in ["", &cut(REAL, "operator-policy"), &edited] {
        assert!(operator_policy_of(other).is_err());
    }
}

#[test]
fn values_that_break_the_yaml_are_rejected() {
    let mut wrong = facts();
    wrong.trusted_principals = vec!["a\"\n- b".to_owned()];
    assert!(render(REAL, &wrong).is_err());
    let mut wrong = facts();
    wrong.served_regions = vec!["eu-west-1]".to_owned()];
    assert!(render(REAL, &wrong).is_err());
    let mut wrong = facts();
    wrong.account_id = "12345678901a".to_owned();
    assert!(render(REAL, &wrong).is_err());
}

fn serving(regions: &[String]) -> HubFacts {
    HubFacts {
        served_regions: regions.to_vec(),
        ..facts()
    }
}

fn names(count: usize) -> Vec<String> {
    let regions = Partition::Aws.regions().take(count);
    regions.map(|region| region.to_string()).collect()
}

fn cut(text: &str, name: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start() == format!("{BEGIN}{name}") {
            inside = true;
        }
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        if line.trim_start() == END {
            inside = false;
        }
    }
    kept
}

/// A version that the hub can't parse would make every registration fail with 500.
#[test]
fn unparsable_version_is_rejected() {
    let line = REAL
        .lines()
        .find(|line| line.starts_with("      Version: \""));
    let line = line.expect("the template has a version");
    for version in ["2026.1128.100000", "1.2", "1.2.3-rc1", "", "v1.2.3"] {
        let template = REAL.replace(line, &format!("      Version: \"{version}\""));
        let error = render(&template, &facts()).expect_err("refused");
        assert!(format!("{error:#}").contains(version), "{error:#}");
    }
}

fn with_policy(size: usize) -> Result<Rendered> {
    let policy = |resource: &str| json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": resource}]});
    let rest = policy("").to_string().len();
    let operator_policy = Some(policy(&"x".repeat(size - rest)));
    render(
        REAL,
        &HubFacts {
            operator_policy,
            ..facts()
        },
    )
}

/// IAM would reject a larger policy in every customer's account.
#[test]
fn too_large_operator_policy_is_rejected_with_its_size() {
    with_policy(OPERATOR_POLICY_AT_MOST).expect("exactly at the limit");
    let error = with_policy(OPERATOR_POLICY_AT_MOST + 1).expect_err("refused");
    let sentence = error.to_string();
    for number in ["5633", "5632", "10240", "4608"] {
        assert!(sentence.contains(number), "{sentence}");
    }
}

#[test]
fn policy_size_is_counted_without_whitespace_like_iam() {
    assert_eq!(
        inline_size("{ \"a\":\t[ \"b c\" ]\n}\u{a0}"),
        "{\"a\":[\"bc\"]}".len()
    );
}
