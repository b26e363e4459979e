//! Every profile that the hub generates, in one file with a person's own profiles.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::{RoleUniqueId, StackId};
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::export::{
    Candidate, CredentialCommand, Format, Options, Scope, SourceProfile, SwitchFrom, Via, export,
};
use rolecall_domain::ids::AccountId;
use rolecall_domain::record::account::Account;
use rolecall_domain::text::{Name, Tenant};
use rolecall_testing::companion_roles;
use rolecall_tests::in_process::hub;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{printed, python, scripts, tool};

pub const NAMES: [&str; 13] = [
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
    "a # b ; c",
];

/// Profile names in the style of the AWS CLI and IAM Identity Center.
const SOURCES: [&str; 5] = [
    "default",
    "Shared-Services/AdministratorAccess",
    "012345678901:ReadOnlyAccess",
    "me@example.com",
    "a-name-of-more-than-sixty-four-characters-as-some-organizations-have-them-everywhere",
];

pub fn account(number: usize, name: &str) -> Result<Account> {
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

/// What a reader must find in a profile.
type Settings = BTreeMap<&'static str, String>;

/// The candidates of one export. Two exports have the same accounts and names.
fn candidates(half: usize) -> Result<Vec<Candidate>> {
    let numbered = NAMES.iter().enumerate();
    let each = numbered.map(|(at, name)| {
        let mut account = account(at + 1, name)?;
        account.account_id = AccountId::parse(format!("acc_{:032x}", 100 * half + at + 1))?;
        Ok(Candidate {
            account,
            group_name: Name::parse("開発 & Größe")?,
            access: vec![ProfileName::parse("inventory")?],
        })
    });
    each.collect()
}

/// A person's configuration file: their own lines, and two exports of each kind. In the file of each kind, the
/// accounts have the same names.
fn configuration(source: &str) -> Result<(String, BTreeMap<String, Settings>)> {
    let mut text = "[default]\nregion = eu-west-1\n".to_owned();
    if source != "default" {
        text.push_str(&format!("[profile {source}]\nregion = eu-west-1\n"));
    }
    let switching = Via::SwitchRole(SwitchFrom {
        profile: SourceProfile::parse(source)?,
        is_user: false,
        mfa_device: None,
    });
    let asking = Via::CredentialProcess(CredentialCommand::parse("/opt/rolecall --context=prod")?);
    let mut expected = BTreeMap::new();
    for (half, via) in [&switching, &asking, &switching, &asking]
        .into_iter()
        .enumerate()
    {
        let candidates = candidates(half)?;
        let options = Options {
            format: Format::AwsConfig,
            scope: Scope::Tenant(Tenant::parse("acme")?),
            access: None,
            region: None,
            profile_template: None,
            via: via.clone(),
        };
        let config = export(&candidates, &options).map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let names = config
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("[profile ")?.strip_suffix(']'));
        let settings = candidates.iter().map(|candidate| settings(candidate, via));
        expected.extend(names.map(str::to_owned).zip(settings));
        let config = config.text;
        text.push_str(&format!(
            "\n# >>> rolecall hub/{half} 0\n{config}# <<< rolecall hub/{half}\n"
        ));
    }
    ensure!(text.is_ascii(), "{text}");
    ensure!(
        expected.len() == 4 * NAMES.len(),
        "two profiles have the same name: {text}"
    );
    Ok((text, expected))
}

fn settings(candidate: &Candidate, via: &Via) -> Settings {
    let account = &candidate.account;
    let id = &account.account_id;
    let mut settings = Settings::from([
        ("region", "eu-west-1".to_owned()),
        ("rolecall_account_id", id.to_string()),
    ]);
    match via {
        Via::SwitchRole(from) => settings.extend([
            ("role_arn", account.deployed_roles[0].role_arn.to_string()),
            ("source_profile", from.profile.to_string()),
            ("duration_seconds", "3600".to_owned()),
        ]),
        Via::CredentialProcess(command) => {
            let line = format!("{command} credentials {id} --access inventory");
            settings.insert("credential_process", line);
        }
    }
    settings.insert("rolecall_name", account.name.to_string());
    settings
}

/// Compares what a reader returns for each profile.
fn compare(reader: &str, read: &Value, expected: &BTreeMap<String, Settings>, source: &str) {
    for (profile, settings) in expected {
        let found = &read[profile];
        for (setting, value) in settings {
            // Some readers return a string, others a number.
            let text = match &found[setting] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let text = match *setting {
                "rolecall_name" => serde_json::from_str(&text).unwrap_or(text),
                _ => text,
            };
            assert_eq!(text, *value, "{reader}: {profile}: {setting}: {found}");
        }
    }
    let has_source = read.get(source).is_some();
    assert!(
        has_source,
        "{reader} does not find the source profile {source}"
    );
}

pub fn written(directory: &TempDir, text: &str) -> Result<std::path::PathBuf> {
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
    for (locale, (profile, settings)) in locales
        .iter()
        .flat_map(|locale| ends.iter().flatten().map(move |end| (locale, end)))
    {
        let mut command = tool("aws");
        command
            .args([
                "configure",
                "get",
                "rolecall_account_id",
                "--profile",
                profile,
            ])
            .env("AWS_CONFIG_FILE", &path)
            .env("AWS_SHARED_CREDENTIALS_FILE", directory.path().join("none"))
            .envs(locale.iter().copied());
        let read = printed(&mut command)?;
        let id = &settings["rolecall_account_id"];
        assert_eq!(read.trim_end(), *id, "{locale:?}: {profile}");
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
            let settings = expected.values().flat_map(BTreeMap::keys);
            read[name] = settings
                .map(|key| ((*key).to_owned(), json!(profile.get(key))))
                .collect();
        }
        compare("Rust", &read, &expected, source);
    }
    Ok(())
}
