//! The onboarding templates: golden files for every choice, and the rules that all of them follow.
//! `make generate` writes the files.

use crate::any_language::any_words;
use crate::common::generated::assert_generated;
use proptest::prelude::*;
use rolecall_domain::access::{AccessFile, Profile};
use rolecall_domain::aws::{AwsAccountId, Partition, Region};
use rolecall_domain::brand::{AsciiName, Contact};
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use rolecall_domain::link::template::TemplateVersion;
use rolecall_domain::template::{HubFacts, Template, TooMuch, VERSION};
use serde_json::{Value, json};

fn hub(partition: Partition, regions: usize) -> HubFacts {
    let account = "111111111111";
    let name = partition.as_str();
    let home = match partition {
        Partition::China => "cn-north-1",
        _ => "us-east-1",
    };
    let home = Region::parse(home).expect("valid");
    let others = partition.regions().filter(|region| *region != home);
    let others: Vec<Region> = others.collect();
    HubFacts {
        account_id: AwsAccountId::parse(account).expect("valid"),
        partition,
        served_regions: std::iter::once(home).chain(others).take(regions).collect(),
        trusted_principals: ["verifier", "broker"]
            .map(|path| format!("arn:{name}:iam::{account}:role/rolecall-hub/{path}/*"))
            .to_vec(),
        service_token: format!(
            "arn:${{AWS::Partition}}:sns:${{AWS::Region}}:{account}:rolecall-registration"
        ),
    }
}

fn words(en: &str) -> Value {
    json!({"en": en, "ja": "説明"})
}

/// The profiles with these names.
fn profiles(names: &[&str], partition: Partition) -> Vec<Profile> {
    let aws = partition.as_str();
    let file = json!({"profiles": {
        "inventory": {
            "title": words("Read your inventory"),
            "explain": words("Lists resources and their settings. Reads no data and changes nothing."),
            "managed_policies": [format!("arn:{aws}:iam::aws:policy/SecurityAudit")],
        },
        "volume-backup": {
            "title": words("Back up volumes"),
            "explain": words("Creates snapshots of volumes that have the tag backup."),
            "not": words("Deleting volumes."),
            "policy": {"Version": "2012-10-17", "Statement": [
                {"Sid": "Describe", "Effect": "Allow", "Resource": "*",
                 "Action": ["ec2:DescribeVolumes", "ec2:DescribeSnapshots"]},
                {"Sid": "Snapshot", "Effect": "Allow", "Action": "ec2:CreateSnapshot",
                 "Resource": format!("arn:{aws}:ec2:*:*:volume/*"),
                 "Condition": {"StringEquals": {"aws:ResourceTag/backup": "yes"},
                               "Bool": {"aws:SecureTransport": true}}},
                {"Sid": "CreateSnapshots", "Effect": "Allow", "Action": "ec2:CreateSnapshot",
                 "Resource": format!("arn:{aws}:ec2:*::snapshot/*")},
            ]},
        },
        "full-control": {
            "title": words("Change anything"),
            "explain": words("Creates, changes and deletes all resources."),
            "managed_policies": [format!("arn:{aws}:iam::aws:policy/AdministratorAccess")],
            "dangerous": true,
        },
    }});
    let file = AccessFile::read(&file, partition, 8000).expect("valid");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let chosen = file.chosen(Some(&names)).expect("known");
    chosen.into_iter().cloned().collect()
}

fn companions(roles: &Value, partition: Partition) -> Vec<RequestedRole> {
    let asked = Asked {
        partition,
        aws_account_id: None,
        hub: None,
    };
    read_all(roles, &asked).expect("valid")
}

fn template(names: &[&str], roles: &Value) -> Template {
    in_partition(Partition::Aws, 1, names, roles)
}

fn in_partition(partition: Partition, regions: usize, names: &[&str], roles: &Value) -> Template {
    Template {
        version: VERSION,
        hub: hub(partition, regions),
        product: AsciiName::parse("Example Backup").expect("valid"),
        contact: Some(Contact::parse("https://example.com/support").expect("valid")),
        profiles: profiles(names, partition),
        companion_roles: companions(roles, partition),
    }
}

/// Every golden file with its template: each option of each companion role at least once.
fn golden() -> Vec<(&'static str, Template)> {
    let switch = |options: Value| json!([{"kind": "switch-role", "options": options}]);
    let instance = |options: Value| json!([{"kind": "ec2-instance", "options": options}]);
    let hybrid = |options: Value| json!([{"kind": "ssm-hybrid", "options": options}]);
    let trusted = |more: Value| {
        let mut options = json!({"trusted_account_id": "333333333333"});
        let all = options.as_object_mut().expect("an object");
        all.extend(more.as_object().expect("an object").clone());
        switch(options)
    };
    let own = "arn:aws:iam::222222222222:policy/team/Own";
    vec![
        ("self-inspection-only", template(&[], &json!([]))),
        ("one-profile", template(&["inventory"], &json!([]))),
        ("dangerous-profile", template(&["full-control"], &json!([]))),
        (
            "two-profiles-and-switch-role",
            template(&["inventory", "volume-backup"], &trusted(json!({}))),
        ),
        (
            "switch-role-with-options",
            template(
                &["inventory"],
                &trusted(json!({
                    "policies": ["ReadOnlyAccess", own], "require_mfa": false,
                    "max_session_seconds": 7200, "path": "/companion/t/",
                })),
            ),
        ),
        (
            "ec2-instance",
            template(&["inventory"], &instance(json!({}))),
        ),
        (
            "ec2-instance-with-options",
            template(
                &["inventory"],
                &instance(json!({
                    "policies": ["AmazonSSMManagedInstanceCore", own], "trust_ssm": true,
                })),
            ),
        ),
        ("ssm-hybrid", template(&["inventory"], &hybrid(json!({})))),
        (
            "ssm-hybrid-with-options",
            template(
                &["inventory"],
                &hybrid(json!({
                    "directory_service": true, "cloudwatch_agent": true,
                    "s3_buckets": ["example-output", "example-logs"],
                    "patch_baseline_regions": ["eu-central-1"],
                })),
            ),
        ),
        (
            "china",
            in_partition(
                Partition::China,
                2,
                &["inventory", "volume-backup"],
                &instance(json!({"policies": ["AmazonSSMManagedInstanceCore"], "trust_ssm": true})),
            ),
        ),
        (
            "many-regions",
            in_partition(Partition::Aws, 21, &["inventory"], &json!([])),
        ),
    ]
}

#[test]
fn templates_match_their_golden_files() {
    for (name, template) in golden() {
        let path = format!("infra/onboarding/examples/{name}.yaml");
        assert_generated(&path, &template.text());
    }
}

#[test]
fn every_byte_is_ascii_and_every_line_short() {
    for (name, mut template) in golden() {
        for profile in &mut template.profiles {
            if let Some(policy) = &mut profile.policy {
                policy["Statement"][0]["Condition"] =
                    json!({"StringEquals": {"aws:ResourceTag/Größe": "\"é\": # ${x} {{a}}\n"}});
            }
        }
        let text = template.text();
        assert!(text.is_ascii(), "{name}");
        assert!(text.len() < 40_000, "{name}");
        let first = text.lines().next();
        assert_eq!(first, Some("AWSTemplateFormatVersion: \"2010-09-09\""));
    }
}

proptest! {
    /// Bug D3 of similar systems: one character that was not ASCII rolled the stack back, or came back as `?`.
    #[test]
    fn template_is_ascii_whatever_the_operator_writes(ja in any_words(), value in any_words()) {
        let mut template = template(&["inventory", "volume-backup"], &json!([]));
        for profile in &mut template.profiles {
            let words = [Some(&mut profile.title), Some(&mut profile.explain), profile.not.as_mut()];
            for words in words.into_iter().flatten() {
                words.ja.clone_from(&ja);
            }
        }
        let policy = template.profiles[1].policy.as_mut().expect("a policy");
        let condition = json!({"StringEquals": {format!("aws:ResourceTag/{value}"): value}});
        policy["Statement"][0]["Condition"] = condition;
        let text = template.text();
        let printable = |b: u8| b == b'\n' || (b' '..=b'~').contains(&b);
        prop_assert!(text.bytes().all(printable), "{}", text);
        // The English words of a profile, which templates show, are refused if they are not ASCII.
        if !ja.trim().is_ascii() {
            let file = json!({"profiles": {"inventory": {
                "title": {"en": ja, "ja": "x"}, "explain": words("x"), "managed_policies": [
                    "arn:aws:iam::aws:policy/SecurityAudit",
                ],
            }}});
            prop_assert!(AccessFile::read(&file, Partition::Aws, 8000).is_err());
        }
        prop_assert!(ja.is_ascii() || AsciiName::parse(ja.clone()).is_err());
    }
}

#[test]
fn template_with_one_managed_profile_is_short() {
    let text = template(&["inventory"], &json!([])).text();
    let lines = text.lines().count();
    assert!((120..=210).contains(&lines), "{lines} lines");
}

#[test]
fn templates_have_no_marker_of_the_renderer() {
    for (name, template) in golden() {
        let text = template.text();
        for marker in ["rendered", "Transform", "resolve:", "ImportValue"] {
            assert!(!text.contains(marker), "{marker} in {name}");
        }
    }
}

#[test]
fn id_depends_on_every_choice_and_on_nothing_else() {
    let one = template(&["inventory"], &json!([]));
    let same = template(&["inventory"], &json!([]));
    assert_eq!(one.id(), same.id());
    let stored = serde_json::to_string(&one).expect("JSON");
    let read: Template = serde_json::from_str(&stored).expect("readable");
    assert_eq!((read.id(), read.text()), (one.id(), one.text()));
    let mut ids = vec![one.id()];
    let mut changed = one.clone();
    changed.product = AsciiName::parse("Another").expect("valid");
    ids.push(changed.id());
    let mut changed = one.clone();
    changed.hub.served_regions = hub(Partition::Aws, 2).served_regions;
    ids.push(changed.id());
    let mut changed = one.clone();
    changed.profiles[0].title.en = "Other words".to_owned();
    ids.push(changed.id());
    let mut changed = one.clone();
    changed.version = TemplateVersion::parse("2.0.1").expect("valid");
    ids.push(changed.id());
    ids.extend(golden().into_iter().map(|(_, template)| template.id()));
    let count = ids.len();
    ids.sort();
    ids.dedup();
    // Only the first golden file with one profile is the same.
    assert_eq!(ids.len(), count - 1);
    assert!(one.key().starts_with("onboarding/2.1.0/") && one.key().ends_with("/role.yaml"));
}

/// Bug D4 of similar systems: an update that changes only a parameter, or a resource that the stack does
/// not have, is rejected.
#[test]
fn every_template_changes_a_property_of_a_resource_that_each_stack_has() {
    for (name, template) in golden() {
        let text = template.text();
        let tag = format!(
            "- {{Key: rolecall:template, Value: \"{}\"}}\n",
            template.id()
        );
        let (role, _) = text.split_once("\n  SelfInspection:").expect("resources");
        assert!(role.contains(&tag), "{name}");
    }
}

#[test]
fn choices_beyond_the_limits_of_a_role_are_refused() {
    for (name, template) in golden() {
        assert_eq!(template.check_limits(), Ok(()), "{name}");
    }
    let mut large = template(&["volume-backup"], &json!([]));
    let actions: Vec<String> = (0..500).map(|n| format!("ec2:Action{n:05}")).collect();
    let policy = large.profiles[0].policy.as_mut().expect("a policy");
    policy["Statement"][0]["Action"] = json!(actions);
    assert!(matches!(large.check_limits(), Err(TooMuch::Inline { .. })));
    let mut many = template(&["inventory"], &json!([]));
    let arns = (0..11).map(|n| format!("arn:aws:iam::aws:policy/P{n:02}"));
    many.profiles[0].managed_policies = arns.collect();
    let refused = TooMuch::Managed {
        count: 11,
        most: 10,
    };
    assert_eq!(many.check_limits(), Err(refused));
}
