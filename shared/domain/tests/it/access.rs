//! Access files: valid files, each mistake with its position, and descriptions of differences.

use proptest::prelude::*;
use rolecall_domain::access::{AccessFile, MAX_SESSION_POLICIES, ProfileChange, ProfileName};
use rolecall_domain::aws::Partition;
use rolecall_domain::messages::{Language, Message};
use serde_json::{Value, json};

const LEFT: usize = 6_000;

fn policy(actions: &Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    })
}

fn words(en: &str) -> Value {
    json!({"en": en, "ja": "構成情報の参照"})
}

fn inventory() -> Value {
    json!({
        "title": words("Read your inventory"),
        "explain": words("Lists resources and their settings. Reads no data and changes nothing."),
        "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
    })
}

fn backup() -> Value {
    json!({
        "title": words("Back up volumes"),
        "explain": words("Creates snapshots of volumes."),
        "not": words("Never deletes a snapshot that it did not create."),
        "policy": policy(&json!(["ec2:CreateSnapshot", "ec2:DescribeVolumes"])),
    })
}

fn file() -> Value {
    json!({"profiles": {"inventory": inventory(), "backup": backup()}, "default": ["inventory"]})
}

fn read(file: &Value) -> AccessFile {
    AccessFile::read(file, Partition::Aws, LEFT).expect("a valid file")
}

/// Each mistake as `place: code`.
fn mistakes(file: &Value) -> Vec<String> {
    let errors = AccessFile::read(file, Partition::Aws, LEFT).expect_err("mistakes");
    let each = errors.iter();
    each.map(|error| format!("{}: {}", error.field, error.code))
        .collect()
}

/// The file with one value replaced, or removed where it is null.
fn with(pointer: &str, value: Value) -> Value {
    let mut changed = file();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = changed.pointer_mut(parent).expect("a parent");
    match parent {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(list) => list[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("{pointer}"),
    }
    changed
}

#[test]
fn valid_file_keeps_everything_it_declares() {
    let file = read(&file());
    let names: Vec<String> = file.profiles.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["backup", "inventory"]);
    let default: Vec<&str> = file.default.iter().map(|name| name.as_str()).collect();
    assert_eq!(default, ["inventory"]);
    let backup = file.chosen(Some(&["backup".to_owned()])).expect("known");
    assert_eq!(backup[0].name.policy_name(), "Access-backup");
    assert!(backup[0].not.is_some() && !backup[0].dangerous);
    let stored = serde_json::to_value(&file).expect("JSON");
    assert_eq!(
        serde_json::from_value::<AccessFile>(stored).expect("readable"),
        file
    );
}

#[test]
fn empty_file_has_no_profiles() {
    for empty in [
        json!({}),
        json!({"profiles": null, "default": null}),
        json!({"profiles": {}}),
    ] {
        assert_eq!(read(&empty), AccessFile::default());
    }
}

#[test]
fn each_mistake_is_reported_at_its_place() {
    let statement = "/profiles/backup/policy/Statement/0";
    for (pointer, value, expected) in [
        ("/profile", json!({}), "profile: unknown_field"),
        ("/profiles", json!([]), "profiles: invalid_type"),
        ("/default", json!("inventory"), "default: invalid_type"),
        ("/default/0", json!("stock"), "default[0]: unknown_profile"),
        ("/profiles/Backup", backup(), "profiles.Backup: invalid"),
        ("/profiles/..", backup(), "profiles...: invalid"),
        (
            "/profiles/backup",
            json!("x"),
            "profiles.backup: invalid_type",
        ),
        (
            "/profiles/backup/tittle",
            words("x"),
            "profiles.backup.tittle: unknown_field",
        ),
        (
            "/profiles/backup/title",
            json!(null),
            "profiles.backup.title: required",
        ),
        (
            "/profiles/backup/title",
            json!("Backups"),
            "profiles.backup.title: invalid_type",
        ),
        (
            "/profiles/backup/title/ja",
            json!(null),
            "profiles.backup.title.ja: required",
        ),
        (
            "/profiles/backup/title/ja",
            json!("\u{200b}"),
            "profiles.backup.title.ja: required",
        ),
        (
            "/profiles/backup/title/fr",
            json!("x"),
            "profiles.backup.title.fr: unknown_field",
        ),
        (
            "/profiles/backup/title/en",
            json!("Sauvegardé"),
            "profiles.backup.title.en: invalid",
        ),
        (
            "/profiles/backup/title/en",
            json!("a\nb"),
            "profiles.backup.title.en: invalid",
        ),
        (
            "/profiles/backup/title/en",
            json!("a".repeat(65)),
            "profiles.backup.title.en: too_long",
        ),
        (
            "/profiles/backup/title/en",
            json!("{{resolve:secretsmanager:x}}"),
            "profiles.backup.title.en: invalid",
        ),
        (
            &format!("{statement}/Resource"),
            json!("arn:aws:s3:::{{resolve:ssm:name}}"),
            "profiles.backup.policy: invalid",
        ),
        (
            &format!("{statement}/Condition"),
            json!({"StringEquals": {"Ref": "AWS::AccountId"}}),
            "profiles.backup.policy.Statement[0].Condition.StringEquals.Ref: invalid",
        ),
        (
            &format!("{statement}/Condition"),
            json!({"StringEquals": {"Fn::Sub": "x"}}),
            "profiles.backup.policy.Statement[0].Condition.StringEquals.Fn::Sub: invalid",
        ),
        (
            "/profiles/backup/explain/ja",
            json!("\u{202e}a"),
            "profiles.backup.explain.ja: invalid",
        ),
        (
            "/profiles/backup/not",
            json!([]),
            "profiles.backup.not: invalid_type",
        ),
        (
            "/profiles/backup/dangerous",
            json!("yes"),
            "profiles.backup.dangerous: invalid_type",
        ),
        (
            "/profiles/backup/policy",
            json!(null),
            "profiles.backup.managed_policies: required",
        ),
        (
            "/profiles/backup/policy",
            json!("{}"),
            "profiles.backup.policy: invalid_type",
        ),
        (
            "/profiles/inventory/managed_policies/0",
            json!("SecurityAudit"),
            "profiles.inventory.managed_policies[0]: invalid",
        ),
        (
            "/profiles/inventory/managed_policies/0",
            json!("arn:aws:iam::123456789012:policy/Own"),
            "profiles.inventory.managed_policies[0]: invalid",
        ),
        (
            "/profiles/inventory/managed_policies/0",
            json!("arn:aws-cn:iam::aws:policy/SecurityAudit"),
            "profiles.inventory.managed_policies[0]: invalid",
        ),
        (
            "/profiles/backup/policy/Version",
            json!("2008-10-17"),
            "profiles.backup.policy.Version: invalid",
        ),
        (
            "/profiles/backup/policy/Statement",
            json!([]),
            "profiles.backup.policy.Statement: required",
        ),
        (
            &format!("{statement}/Effect"),
            json!("allow"),
            "profiles.backup.policy.Statement[0].Effect: invalid",
        ),
        (
            &format!("{statement}/Action"),
            json!([]),
            "profiles.backup.policy.Statement[0].Action: required",
        ),
        (
            &format!("{statement}/Action"),
            json!(["ec2:CreateSnapshot", "CreateSnapshot"]),
            "profiles.backup.policy.Statement[0].Action[1]: invalid",
        ),
        (
            &format!("{statement}/NotAction"),
            json!("s3:*"),
            "profiles.backup.policy.Statement[0].NotAction: contradiction",
        ),
        (
            &format!("{statement}/Resource"),
            json!("bucket"),
            "profiles.backup.policy.Statement[0].Resource: invalid",
        ),
        (
            &format!("{statement}/Principal"),
            json!("*"),
            "profiles.backup.policy.Statement[0].Principal: invalid",
        ),
        (
            &format!("{statement}/Actions"),
            json!("s3:*"),
            "profiles.backup.policy.Statement[0].Actions: unknown_field",
        ),
        (
            &format!("{statement}/Sid"),
            json!("two words"),
            "profiles.backup.policy.Statement[0].Sid: invalid",
        ),
        (
            &format!("{statement}/Condition"),
            json!({"StringEquals": {"aws:RequestedRegion": {}}}),
            "profiles.backup.policy.Statement[0].Condition.StringEquals.aws:RequestedRegion: invalid_type",
        ),
    ] {
        assert_eq!(mistakes(&with(pointer, value)), [expected], "{pointer}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mut wrong = with("/profiles/backup/title/ja", json!(null));
    wrong["profiles"]["inventory"]["managed_policies"][0] = json!("x");
    wrong["default"] = json!(["nothing"]);
    let expected = [
        "profiles.backup.title.ja: required",
        "profiles.inventory.managed_policies[0]: invalid",
        "default[0]: unknown_profile",
    ];
    assert_eq!(mistakes(&wrong), expected);
}

#[test]
fn permissions_that_can_take_over_the_account_must_be_declared() {
    let place = "/profiles/backup/policy/Statement/0";
    for (element, value) in [
        ("Action", json!("*")),
        ("Action", json!(["ec2:Describe*", "IAM:*"])),
        ("Action", json!("sts:*")),
        ("Action", json!("organizations:**")),
        ("NotAction", json!("ec2:*")),
        (
            "NotAction",
            json!(["iam:Create*", "organizations:*", "sts:*"]),
        ),
    ] {
        let mut file = file();
        let statement = file.pointer_mut(place).and_then(Value::as_object_mut);
        let statement = statement.expect("a statement");
        statement.remove("Action");
        statement.insert(element.to_owned(), value.clone());
        let found = mistakes(&file);
        assert!(!found.is_empty(), "{value}");
        assert!(
            found
                .iter()
                .all(|one| one == "profiles.backup.policy: dangerous"),
            "{found:?}"
        );
        file["profiles"]["backup"]["dangerous"] = json!(true);
        assert_eq!(read(&file).profiles.len(), 2, "{value}");
    }
    for harmless in [
        json!("iam:Get*"),
        json!("sts:GetCallerIdentity"),
        json!("ec2:*"),
    ] {
        let file = with("/profiles/backup/policy/Statement/0/Action", harmless);
        assert_eq!(read(&file).profiles.len(), 2);
    }
    let denied = with(
        "/profiles/backup/policy/Statement/0",
        json!(
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
        ),
    );
    assert_eq!(read(&denied).profiles.len(), 2);
    for name in ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"] {
        let arn = json!(format!("arn:aws:iam::aws:policy/{name}"));
        let found = mistakes(&with("/profiles/inventory/managed_policies/0", arn));
        assert_eq!(found, ["profiles.inventory.managed_policies[0]: dangerous"]);
    }
}

/// A file with profiles of these policies and managed policies.
fn profiles(each: &[(Option<Value>, Vec<String>)]) -> Value {
    let profiles = each.iter().enumerate().map(|(index, (policy, managed))| {
        let profile = json!({
            "title": words("x"), "explain": words("x"), "policy": policy, "managed_policies": managed,
        });
        (format!("p{index}"), profile)
    });
    json!({"profiles": profiles.collect::<serde_json::Map<_, _>>()})
}

/// A policy with this many characters.
fn policy_of(size: usize) -> Value {
    let around = policy(&json!(["ec2:"])).to_string().len();
    policy(&json!([format!("ec2:{}", "a".repeat(size - around))]))
}

fn arns(range: std::ops::Range<usize>) -> Vec<String> {
    let each = range.map(|n| format!("arn:aws:iam::aws:policy/P{n:02}"));
    each.collect()
}

/// A registration can choose every profile, so all of them together must fit into one role.
#[test]
fn profiles_that_exceed_a_role_together_are_refused() {
    let sized = |last| profiles(&[2_000, 2_000, last].map(|size| (Some(policy_of(size)), vec![])));
    assert_eq!(read(&sized(LEFT - 4_000)).profiles.len(), 3);
    assert_eq!(mistakes(&sized(LEFT - 3_999)), ["profiles: too_long"]);
    let managed = |last| profiles(&[(None, arns(0..10)), (None, arns(8..last))]);
    assert_eq!(read(&managed(10)).profiles.len(), 2);
    assert_eq!(mistakes(&managed(11)), ["profiles: too_long"]);
}

/// Bug D1 of similar systems: a session with too large policies was refused in production.
#[test]
fn profile_that_exceeds_a_session_is_refused_at_its_place() {
    let arn = arns(0..1);
    let both = |size| profiles(&[(Some(policy_of(size)), arn.clone())]);
    let left = MAX_SESSION_POLICIES - arn[0].len();
    let session = |file: &AccessFile| {
        file.profiles
            .values()
            .next()
            .expect("one")
            .session_policies()
    };
    assert_eq!(session(&read(&both(left))).size(), MAX_SESSION_POLICIES);
    assert_eq!(mistakes(&both(left + 1)), ["profiles.p0.policy: too_long"]);
    let alone = |size| profiles(&[(Some(policy_of(size)), vec![])]);
    assert_eq!(read(&alone(MAX_SESSION_POLICIES)).profiles.len(), 1);
    let expected = ["profiles.p0.policy: too_long"];
    assert_eq!(mistakes(&alone(MAX_SESSION_POLICIES + 1)), expected);
    assert_eq!(read(&profiles(&[(None, arns(0..10))])).profiles.len(), 1);
    let expected = ["profiles.p0.managed_policies: too_long"];
    assert_eq!(mistakes(&profiles(&[(None, arns(0..11))])), expected);
    let long = (0..10).map(|n| format!("arn:aws:iam::aws:policy/{}{n}", "P".repeat(190)));
    assert_eq!(mistakes(&profiles(&[(None, long.collect())])), expected);
}

#[test]
fn session_policies_are_the_profiles_own() {
    let statement = "/profiles/backup/policy/Statement/0";
    let condition = json!({"StringEquals": {"aws:ResourceTag/team": "Büro"}});
    let file = read(&with(&format!("{statement}/Condition"), condition));
    let backup = &file.profiles[&ProfileName::parse("backup").expect("valid")];
    let session = backup.session_policies();
    let policy = session.policy.expect("a policy");
    assert!(
        policy.contains("Büro") && !policy.contains(": "),
        "{policy}"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&policy).ok(),
        backup.policy.clone()
    );
    let inventory = &file.profiles[&ProfileName::parse("inventory").expect("valid")];
    let session = inventory.session_policies();
    let arns = vec!["arn:aws:iam::aws:policy/SecurityAudit".to_owned()];
    assert_eq!((session.policy, session.policy_arns), (None, arns));
}

#[test]
fn registration_without_profiles_gets_the_default() {
    let file = read(&file());
    let named = |names: Option<&[String]>| -> Vec<String> {
        let chosen = file.chosen(names).expect("known");
        chosen.iter().map(|one| one.name.to_string()).collect()
    };
    assert_eq!(named(None), ["inventory"]);
    assert_eq!(named(Some(&[])), Vec::<String>::new());
    let both = [
        "inventory".to_owned(),
        "backup".to_owned(),
        "inventory".to_owned(),
    ];
    assert_eq!(named(Some(&both)), ["backup", "inventory"]);
    let errors = file.chosen(Some(&["inventory".to_owned(), "stock".to_owned()]));
    let errors = errors.expect_err("unknown");
    assert_eq!((errors.len(), errors[0].field.as_str()), (1, "access[1]"));
    assert_eq!(
        errors[0].to_string(),
        "No access profile is named \"stock\". The profiles are: backup and inventory."
    );
}

#[test]
fn difference_names_what_a_profile_allows_now_and_no_longer() {
    let texts = |new: &Value| -> Vec<String> {
        let (former, new) = (read(&file()), read(new));
        let changes = ProfileChange::between(former.profiles.values(), new.profiles.values());
        changes
            .iter()
            .map(|one| one.message().text(Language::English))
            .collect()
    };
    assert_eq!(texts(&file()), Vec::<String>::new());
    let actions = "/profiles/backup/policy/Statement/0/Action";
    for (pointer, value, expected) in [
        (
            actions,
            json!([
                "ec2:CreateSnapshot",
                "ec2:DescribeVolumes",
                "ec2:CreateTags"
            ]),
            "backup now also allows ec2:CreateTags.",
        ),
        (
            actions,
            json!("ec2:CreateSnapshot"),
            "backup no longer allows ec2:DescribeVolumes.",
        ),
        (
            "/profiles/backup/policy/Statement/0/Resource",
            json!("arn:aws:ec2:*:*:volume/*"),
            "backup no longer allows ec2:CreateSnapshot and ec2:DescribeVolumes.",
        ),
        (
            "/profiles/inventory/managed_policies",
            json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
            "inventory now also allows ReadOnlyAccess, and no longer allows SecurityAudit.",
        ),
        (
            actions,
            json!(["ec2:DescribeVolumes", "ec2:CreateSnapshot"]),
            "backup was rewritten, but allows the same.",
        ),
        (
            "/profiles/backup/title/en",
            json!("Back up"),
            "The description of backup changed, but not what it allows.",
        ),
    ] {
        assert_eq!(texts(&with(pointer, value)), [expected]);
    }
    let mut other = file();
    let profiles = other["profiles"].as_object_mut().expect("profiles");
    let backup = profiles.remove("backup").expect("one");
    profiles.insert("snapshots".to_owned(), backup);
    assert_eq!(texts(&other), ["backup was removed.", "snapshots is new."]);
}

/// Bug D2 of similar systems: two policies with one name, of which the last one wins, or a policy that keeps
/// its name under a new logical ID.
#[test]
fn profiles_never_share_a_policy_name_or_logical_id() {
    for (name, id) in [
        ("read", "AccessRead"),
        ("read-only", "AccessReadOnly"),
        ("readonly", "AccessReadonly"),
        ("s3-read2", "AccessS3Read2"),
    ] {
        let name = ProfileName::parse(name).expect("valid");
        assert_eq!(name.logical_id(), id);
    }
    for ambiguous in [
        "", "-a", "a-", "a--b", "a-1", "1a", "A", "a_b", "é", "a.b", "../a",
    ] {
        assert!(ProfileName::parse(ambiguous).is_err(), "{ambiguous}");
    }
}

proptest! {
    /// Names of the same letters, which differ in their hyphens and in a digit.
    #[test]
    fn distinct_profile_names_have_distinct_logical_ids(
        letters in "[a-c]{2,5}",
        hyphens in prop::array::uniform2(any::<u8>()),
        digits in prop::array::uniform2("[0-1]?"),
    ) {
        let name = |at: usize| {
            let parts = letters.chars().enumerate().map(|(place, letter)| {
                let is_apart = place > 0 && hyphens[at] >> place & 1 == 1;
                format!("{}{letter}", if is_apart { "-" } else { "" })
            });
            let text = parts.collect::<String>() + &digits[at];
            ProfileName::parse(text).expect("valid")
        };
        let (one, other) = (name(0), name(1));
        prop_assert_eq!(one == other, one.logical_id() == other.logical_id());
        prop_assert_eq!(one == other, one.policy_name() == other.policy_name());
    }
}
