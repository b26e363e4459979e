//! The formats of other programs, read by parsers of their notations and compared with their rules.

use super::{NAMES, all_names, candidate, deregistered, exported, options, unhealthy};
use crate::people::account;
use rolecall_domain::export::{Candidate, Export, Format, Refused, export};
use rolecall_domain::messages::Omission;
use serde_json::Value;
use std::collections::BTreeSet;

fn yaml(export: &Export) -> Value {
    assert!(export.text.is_ascii(), "{}", export.text);
    serde_saphyr::from_str(&export.text).expect("YAML")
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().expect("a list");
    let name = |item: &Value| item[key].as_str().expect("text").to_owned();
    items.iter().map(name).collect()
}

/// A usable account, an unhealthy one, a deregistered one, and a second record of the first AWS account.
fn several() -> [Candidate; 4] {
    let mut again = account(9, "Again", None);
    again.aws_account_id = account(1, "x", None).aws_account_id;
    [
        candidate(again, &["inventory"]),
        candidate(account(1, "Shop", None), &["inventory"]),
        candidate(unhealthy(2, "本番"), &["inventory"]),
        candidate(deregistered(3, "Left"), &["inventory"]),
    ]
}

#[test]
fn only_usable_accounts_are_listed_and_the_others_have_a_reason() {
    for format in Format::ALL {
        let done = exported(&several(), format);
        let reasons: Vec<(&str, &Omission)> = done
            .omitted
            .iter()
            .map(|one| (one.name.as_str(), &one.reason))
            .collect();
        let other = "acc_00000000000000000000000000000001".to_owned();
        let twice = Omission::SameAwsAccount { other };
        let expected = match format.has_each_aws_account_once() {
            true => vec![("本番", &Omission::Unhealthy), ("Again", &twice)],
            false => vec![("本番", &Omission::Unhealthy)],
        };
        assert_eq!(reasons, expected, "{format:?}");
        let listed = 3 - expected.len();
        assert_eq!(done.account_count, listed, "{format:?}");
        let comment =
            "# honban (000000000002, acc_00000000000000000000000000000002): Its checks fail.";
        assert_eq!(
            done.text.contains(comment),
            format.has_comments(),
            "{format:?}"
        );
        assert!(!done.text.contains("Left\""), "{format:?}: deregistered");
        let mark = done.text.starts_with('\u{feff}');
        assert_eq!(mark, format == Format::Csv, "{format:?}: byte order mark");
    }
}

/// CloudQuery and YACE would read the AWS account that they run in.
#[test]
fn export_without_usable_accounts_is_a_valid_file_or_refused() {
    let none = [candidate(unhealthy(1, "Shop"), &["inventory"])];
    for format in Format::ALL {
        for candidates in [&none[..], &[]] {
            let done = export(candidates, &options(format));
            if !format.can_be_empty() {
                assert_eq!(done, Err(Refused::NothingUsable), "{format:?}");
                continue;
            }
            let done = done.expect("a file");
            assert_eq!(done.account_count, 0);
            match format {
                Format::C7nOrg => assert_eq!(yaml(&done)["accounts"], serde_json::json!([])),
                Format::Prowler => assert_eq!(yaml(&done), serde_json::json!([])),
                Format::Backstage => {
                    assert_eq!(yaml(&done)["aws"]["accounts"], serde_json::json!([]));
                }
                Format::Json => assert_eq!(done.text, ""),
                Format::Csv => assert_eq!(done.text.lines().count(), 1),
                _ => assert!(
                    done.text
                        .lines()
                        .all(|line| line.is_empty() || line.starts_with('#')),
                    "{}",
                    done.text
                ),
            }
        }
    }
    let refused = Format::ALL
        .into_iter()
        .filter(|format| !format.can_be_empty());
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [Format::Cloudquery, Format::Yace]
    );
}

/// c7n-org names folders after accounts.
#[test]
fn c7n_org_names_are_unique_folders_and_keep_the_readable_name() {
    let read = yaml(&exported(&all_names(), Format::C7nOrg));
    let accounts = &read["accounts"];
    let found = names(accounts, "name");
    let unique: BTreeSet<&String> = found.iter().collect();
    assert_eq!(unique.len(), NAMES.len());
    let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    assert!(found.iter().all(|name| name.bytes().all(safe)), "{found:?}");
    assert_eq!(names(accounts, "display_name"), NAMES);
    let first = &accounts[0];
    assert_eq!(first["account_id"], "000000000001");
    assert_eq!(
        first["tags"],
        serde_json::json!(["tenant:acme", "group:production", "access:inventory"])
    );
    assert_eq!(first["regions"], serde_json::json!(["eu-west-1"]));
}

/// Prowler accepts aliases of 3 to 100 characters.
#[test]
fn prowler_aliases_have_a_valid_length() {
    let mut candidates = all_names();
    candidates.push(candidate(account(99, &"長".repeat(64), None), &[]));
    let read = yaml(&exported(&candidates, Format::Prowler));
    for alias in names(&read, "alias") {
        let length = alias.chars().count();
        assert!((3..=100).contains(&length), "{alias}");
    }
    let first = &read[3];
    assert_eq!(first["provider"], "aws");
    assert_eq!(first["uid"], "000000000004");
    assert_eq!(first["alias"], "本番 (000000000004)");
    assert_eq!(first["auth_method"], "role");
    assert_eq!(
        first["credentials"]["external_id"],
        candidates[3].account.external_id.as_str()
    );
    assert_eq!(
        first["credentials"]["role_arn"],
        candidates[3].account.role.arn.as_str()
    );
    assert_eq!(first["credentials"]["duration_seconds"], 3600);
}

/// CloudQuery replaces `${HOME}` by a variable of its environment.
#[test]
fn cloudquery_names_contain_no_variables() {
    let done = exported(&all_names(), Format::Cloudquery);
    assert!(!done.text.contains("${"), "{}", done.text);
    let first = &yaml(&done)["accounts"][0];
    assert_eq!(first["id"], "000000000001");
    assert_eq!(first["default_region"], "eu-west-1");
    for key in [
        "account_name",
        "role_arn",
        "external_id",
        "role_session_name",
    ] {
        assert!(first[key].is_string(), "{key}: {first}");
    }
}

#[test]
fn yace_and_backstage_have_the_role_of_each_account() {
    let candidates = all_names();
    let role = &candidates[0].account.role.arn;
    let external_id = candidates[0].account.external_id.as_str();
    let yace = yaml(&exported(&candidates, Format::Yace));
    assert_eq!(yace["roles"].as_array().map(Vec::len), Some(NAMES.len()));
    assert_eq!(yace["roles"][0]["roleArn"], role.as_str());
    assert_eq!(yace["roles"][0]["externalId"], external_id);
    let backstage = yaml(&exported(&candidates, Format::Backstage));
    let first = &backstage["aws"]["accounts"][0];
    // As Backstage builds it.
    let text = |key: &str| first[key].as_str().expect("text").to_owned();
    let digits = role.account();
    let built = format!(
        "arn:{}:iam::{digits}:role/{}",
        text("partition"),
        text("roleName")
    );
    assert_eq!(built, role.as_str());
    assert_eq!(first["externalId"], external_id);
}

/// Lowercase letters, digits and underscores, at most 63 characters.
#[test]
fn steampipe_connections_have_valid_unique_names() {
    let mut candidates = all_names();
    candidates.push(candidate(
        account(99, &"long name ".repeat(6), None),
        &["inventory"],
    ));
    let done = exported(&candidates, Format::Steampipe);
    let lines = done.text.lines();
    let names = lines.filter_map(|line| line.strip_prefix("connection \"")?.strip_suffix("\" {"));
    let names: Vec<&str> = names.collect();
    let unique: BTreeSet<&&str> = names.iter().collect();
    assert_eq!(
        (names.len(), unique.len()),
        (candidates.len() + 1, candidates.len() + 1)
    );
    for name in &names {
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let valid = name.bytes().all(safe) && name.starts_with(|c: char| c.is_ascii_lowercase());
        assert!(valid && name.len() <= 63, "{name}");
    }
    assert_eq!(names.last(), Some(&"rolecall_all"));
}

/// The profiles that Steampipe uses come from the other export.
#[test]
fn steampipe_uses_the_profiles_of_aws_config() {
    let with_access = |format| rolecall_domain::export::Options {
        access: Some(super::access("inventory")),
        ..options(format)
    };
    let text = |format| {
        export(&all_names(), &with_access(format))
            .expect("exported")
            .text
    };
    let (config, connections) = (text(Format::AwsConfig), text(Format::Steampipe));
    let used = connections.lines();
    let used = used.filter_map(|line| line.strip_prefix("  profile = \"")?.strip_suffix('"'));
    let used: Vec<&str> = used.collect();
    assert_eq!(used.len(), NAMES.len());
    for profile in used {
        assert!(
            config.contains(&format!("[profile {profile}]\n")),
            "{profile}"
        );
    }
}

#[test]
fn json_lines_have_one_object_per_account() {
    let done = exported(&all_names(), Format::Json);
    let lines = done
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    assert_eq!(lines.len(), NAMES.len());
    for (line, name) in lines.iter().zip(NAMES) {
        let normalized = rolecall_domain::text::Name::parse(name).expect("a name");
        assert_eq!(line["name"], normalized.as_str());
        for key in [
            "account_id",
            "tenant",
            "group_id",
            "group_name",
            "status",
            "aws_account_id",
            "partition",
            "region",
            "role_arn",
            "external_id",
        ] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
        assert_eq!(line["access"], serde_json::json!(["inventory"]));
    }
}

/// Cells that people read are guarded against formulas, and no others are changed.
#[test]
fn csv_has_a_row_per_account_and_guards_names_only() {
    let done = exported(&all_names(), Format::Csv);
    let text = done
        .text
        .strip_prefix('\u{feff}')
        .expect("a byte order mark");
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), NAMES.len() + 1);
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    let columns = rows[0].split(',').count();
    assert_eq!(columns, 12);
    assert!(
        rows[4].starts_with("acc_00000000000000000000000000000004,acme,"),
        "{}",
        rows[4]
    );
    assert!(
        rows[4].contains(",Production,\"本番\",active,000000000004,aws,eu-west-1,arn:aws:iam::")
    );
    assert!(rows[21].contains(",\"'=1+1\","), "{}", rows[21]);
    assert!(rows[10].contains(",\"'-\","), "{}", rows[10]);
    assert!(
        rows[20].contains(",\"\"\"}: ${HOME} %{if} 'x' \\\","),
        "{}",
        rows[20]
    );
}
