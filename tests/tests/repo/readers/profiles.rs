//! Every profile that the hub generates, in one file with a person's own profiles.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use rolecall_domain::aws::{RoleUniqueId, StackId};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::people::aws_config::{ProfileName, Source, aws_config};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_testing::companion_roles;
use rolecall_tests::in_process::hub;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{printed, python, scripts, tool};

const NAMES: [&str; 12] = [
    "Shop",
    "本番 環境",
    "決済 基盤",
    "決済 基盤",
    "a] b",
    "[default]",
    "#x = ; y",
    "Größe \\ \"x\"",
    "Продукт",
    "🚀",
    "-",
    "000000000012",
];

/// Profile names in the style of the AWS CLI and IAM Identity Center.
const SOURCES: [&str; 5] = [
    "default",
    "Shared-Services/AdministratorAccess",
    "012345678901:ReadOnlyAccess",
    "me@example.com",
    "a-name-of-more-than-sixty-four-characters-as-some-organizations-have-them-everywhere",
];

fn group(number: u32, name: &str) -> Result<Group> {
    let group = json!({
        "group_id": format!("grp_{number:032x}"), "tenant": "acme", "version": 1, "name": name,
        "color": "#112233", "created_at": "2026-01-01T00:00:00Z",
    });
    Ok(serde_json::from_value(group)?)
}

fn account(number: usize, name: &str) -> Result<Account> {
    let digits = format!("{number:012}");
    let stack = format!("arn:aws:cloudformation:eu-west-1:{digits}:stack/rolecall-1/abc");
    let account = json!({
        "account_id": format!("acc_{number:032x}"), "tenant": "acme", "version": 1,
        "group_id": format!("grp_{:032x}", 1), "registration_id": format!("reg_{number:032x}"),
        "name": name, "state": {"status": "active"}, "aws_account_id": digits,
        "role": {"arn": format!("arn:aws:iam::{digits}:role/rolecall/R"), "unique_id": "AROAEXAMPLEEXAMPLE123"},
        "external_id": "abc", "stack_id": stack, "template_version": "2.0.0",
        "template_id": "0".repeat(64), "allow_duplicate": false,
        "registered_at": "2026-01-01T00:00:00Z",
    });
    let mut account: Account = serde_json::from_value(account)?;
    let options = json!({"trusted_account_id": "333333333333", "policies": ["ReadOnlyAccess"],
        "max_session_seconds": 7200});
    let requested = json!([{"kind": "switch-role", "options": options}]);
    let requested = companion_roles(&hub(), &requested).remove(0);
    let role = format!("arn:aws:iam::{digits}:role/companion/Switch{number}");
    let stack = StackId::parse(stack)?;
    let made = DeployedRole::read(&stack, Kind::SWITCH_ROLE, &role, None);
    account.deployed_roles.push(DeployedRole {
        unique_id: Some(RoleUniqueId::parse("AROASWITCHSWITCHSWITC")?),
        ..made
            .context("a role")?
            .with_options(Some(&requested.options))
    });
    Ok(account)
}

/// A person's configuration file: their own lines, and two groups with the same accounts and names.
fn configuration(source: &str) -> Result<(String, BTreeMap<String, String>)> {
    let mut text = "[default]\nregion = eu-west-1\n".to_owned();
    if source != "default" {
        text.push_str(&format!("[profile {source}]\nregion = eu-west-1\n"));
    }
    let from = Source {
        profile: ProfileName::parse(source)?,
        is_user: false,
        mfa_device: None,
        region: None,
    };
    let mut expected = BTreeMap::new();
    for half in 0..2 {
        let numbered = NAMES.iter().enumerate();
        let accounts: Result<Vec<Account>> = numbered
            .map(|(at, name)| {
                let mut account = account(at + 1, name)?;
                let id = format!("acc_{:032x}", 100 * half + at + 1);
                account.account_id = rolecall_domain::ids::AccountId::parse(id)?;
                Ok(account)
            })
            .collect();
        let accounts = accounts?;
        let config = aws_config(&group(1, "開発 & Größe")?, &accounts, &from);
        let names = config
            .lines()
            .filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
        let roles = accounts
            .iter()
            .map(|account| account.deployed_roles[0].role_arn.to_string());
        expected.extend(names.map(str::to_owned).zip(roles));
        text.push_str(&format!(
            "\n# >>> rolecall grp_{half}\n{config}# <<< rolecall grp_{half}\n"
        ));
    }
    ensure!(text.is_ascii(), "{text}");
    ensure!(
        expected.len() == 2 * NAMES.len(),
        "two profiles have the same name: {text}"
    );
    Ok((text, expected))
}

/// Compares what a reader returns for each profile: role, source profile and session duration.
fn compare(reader: &str, read: &Value, expected: &BTreeMap<String, String>, source: &str) {
    for (profile, role) in expected {
        let found = &read[profile];
        assert_eq!(found["role_arn"], *role, "{reader}: {profile}: {found}");
        assert_eq!(found["source_profile"], source, "{reader}: {profile}");
        assert_eq!(found["region"], "eu-west-1", "{reader}: {profile}");
        // Some readers return a string, others a number.
        let seconds = found["duration_seconds"].to_string();
        assert_eq!(seconds.trim_matches('"'), "3600", "{reader}: {profile}");
    }
    let has_source = read.get(source).is_some();
    assert!(
        has_source,
        "{reader} does not find the source profile {source}"
    );
}

fn written(directory: &TempDir, text: &str) -> Result<std::path::PathBuf> {
    let path = directory.path().join("config");
    std::fs::write(&path, text)?;
    Ok(path)
}

#[test]
fn botocore_reads_every_profile() -> Result<()> {
    for source in SOURCES {
        let directory = tempfile::tempdir()?;
        let (text, expected) = configuration(source)?;
        let read = python("profiles.py", &[&written(&directory, &text)?])?;
        compare("botocore", &serde_json::from_str(&read)?, &expected, source);
    }
    Ok(())
}

/// Python before 3.7, and an AWS CLI without UTF-8 mode, decode the file with the locale's
/// encoding.
#[test]
fn aws_cli_reads_profiles_in_any_locale() -> Result<()> {
    let locales: [&[(&str, &str)]; 3] = [
        &[("LC_ALL", "C.UTF-8")],
        &[("LC_ALL", "POSIX")],
        &[
            ("LC_ALL", "POSIX"),
            ("PYTHONUTF8", "0"),
            ("PYTHONCOERCECLOCALE", "0"),
        ],
    ];
    let directory = tempfile::tempdir()?;
    let source = SOURCES[1];
    let (text, expected) = configuration(source)?;
    let path = written(&directory, &text)?;
    let ends = [expected.iter().next(), expected.iter().next_back()];
    for (locale, (profile, role)) in locales
        .iter()
        .flat_map(|locale| ends.iter().flatten().map(move |end| (locale, end)))
    {
        let mut command = tool("aws");
        command
            .args(["configure", "get", "role_arn", "--profile", profile])
            .env("AWS_CONFIG_FILE", &path)
            .env("AWS_SHARED_CREDENTIALS_FILE", directory.path().join("none"))
            .envs(locale.iter().copied());
        let read = printed(&mut command)?;
        assert_eq!(read.trim_end(), *role, "{locale:?}: {profile}");
    }
    Ok(())
}

#[test]
fn sdk_for_javascript_reads_every_profile() -> Result<()> {
    if !scripts()
        .join("node_modules/@smithy/shared-ini-file-loader")
        .is_dir()
    {
        println!("skipped: the SDK for JavaScript is not installed; run: make venv");
        return Ok(());
    }
    for source in SOURCES {
        let directory = tempfile::tempdir()?;
        let (text, expected) = configuration(source)?;
        let (path, none) = (written(&directory, &text)?, directory.path().join("none"));
        let script = scripts().join("profiles.mjs");
        let read = python("node.py", &[Path::new("node"), &script, &path, &none])?;
        compare(
            "JavaScript",
            &serde_json::from_str(&read)?,
            &expected,
            source,
        );
    }
    Ok(())
}

#[tokio::test]
async fn sdk_for_rust_reads_every_profile() -> Result<()> {
    for source in SOURCES {
        let directory = tempfile::tempdir()?;
        let (text, expected) = configuration(source)?;
        let files = EnvConfigFiles::builder()
            .with_file(EnvConfigFileKind::Config, written(&directory, &text)?)
            .build();
        let loaded = source::load(&Env::from_slice(&[]), &Fs::real(), &files).await?;
        let sections = EnvConfigSections::parse(loaded)?;
        let mut read = json!({});
        for name in sections.profiles() {
            let profile = sections.get_profile(name).context("a profile")?;
            let settings = ["role_arn", "source_profile", "region", "duration_seconds"];
            read[name] = settings
                .iter()
                .map(|key| ((*key).to_owned(), json!(profile.get(key))))
                .collect();
        }
        compare("Rust", &read, &expected, source);
    }
    Ok(())
}
