//! Exports for other programs than AWS's own.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_domain::access::ProfileName;
use rolecall_domain::export::{Candidate, CredentialCommand, Format, Options, Scope, Via, export};
use rolecall_domain::text::{Name, Tenant};
use rolecall_local::paths::Tree;
use serde_json::Value;

use super::profiles::{NAMES, account, written};
use super::{printed, scripts};

/// Names that the programs could misunderstand, and all others.
const NASTY: [&str; 4] = ["\"}: ${HOME} %{if x} 'y' \\", "yes", "1e3", "- x: [*y, &z]"];

fn candidates() -> Result<Vec<Candidate>> {
    let numbered = (1..).zip(NAMES.iter().chain(&NASTY));
    let each = numbered.map(|(number, name)| {
        Ok(Candidate {
            account: account(number, name)?,
            group_name: Name::parse("Production")?,
            access: vec![ProfileName::parse("inventory")?],
        })
    });
    each.collect()
}

fn exported(candidates: &[Candidate], format: Format) -> Result<String> {
    let options = Options {
        format,
        scope: Scope::Tenant(Tenant::parse("acme")?),
        access: Some(ProfileName::parse("inventory")?),
        region: None,
        profile_template: None,
        via: Via::CredentialProcess(CredentialCommand::default()),
    };
    let done = export(candidates, &options).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    Ok(done.text)
}

/// What a script prints that reads the file with a program in its own environment.
fn read_by(script: &str, text: &str, arguments: &[&str]) -> Result<Option<Vec<Value>>> {
    let python = Tree::default().root().join(".venv-exports/bin/python");
    if !python.is_file() {
        println!("skipped: the programs are not installed; run: make .venv-exports/.installed");
        return Ok(None);
    }
    let directory = tempfile::tempdir()?;
    let path = written(&directory, text)?;
    let mut command = Command::new(python);
    command
        .arg(scripts().join(script))
        .arg(path)
        .args(arguments);
    // Not the emulator's, if a hub is running.
    command
        .env_remove("AWS_ENDPOINT_URL")
        .env("LC_ALL", "POSIX");
    Ok(Some(serde_json::from_str(&printed(&mut command)?)?))
}

fn selected_by_c7n_org(text: &str, tag: &str) -> Result<Option<Vec<Value>>> {
    read_by("accounts.py", text, &[tag])
}

#[test]
fn c7n_org_selects_accounts_by_tag() -> Result<()> {
    let candidates = candidates()?;
    let text = exported(&candidates, Format::C7nOrg)?;
    for tag in ["tenant:acme", "group:production", "access:inventory"] {
        let Some(read) = selected_by_c7n_org(&text, tag)? else {
            return Ok(());
        };
        assert_eq!(read.len(), candidates.len(), "{tag}");
        let names: BTreeSet<&str> = read.iter().filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(names.len(), candidates.len(), "each has its own folder");
        for (found, candidate) in read.iter().zip(&candidates) {
            let account = &candidate.account;
            assert_eq!(found["account_id"], account.aws_account_id.as_str());
            assert_eq!(found["display_name"], account.name.as_str());
            assert_eq!(found["role"], account.role.arn.as_str());
            assert_eq!(found["external_id"], account.external_id.as_str());
            assert_eq!(
                found["vars"]["rolecall_account_id"],
                account.account_id.as_str()
            );
            assert_eq!(found["provider"], "aws");
            assert_eq!(found["resolved"], serde_json::json!(["eu-west-1"]));
        }
    }
    let none = selected_by_c7n_org(&text, "group:other")?;
    assert_eq!(none, Some(Vec::new()));
    let empty = selected_by_c7n_org(&exported(&[], Format::C7nOrg)?, "tenant:acme")?;
    assert_eq!(empty, Some(Vec::new()));
    Ok(())
}

/// Written from the programs' sources, which no registry has in a form that a test can run.
#[test]
fn yaml_formats_match_the_schemas_of_their_programs() -> Result<()> {
    for format in [
        Format::Prowler,
        Format::Cloudquery,
        Format::Yace,
        Format::Backstage,
    ] {
        let path = format!("schemas/{}.json", format.as_str());
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(scripts().join(path))?)?;
        let validator = jsonschema::draft202012::new(&schema)?;
        let mut texts = vec![exported(&candidates()?, format)?];
        if format.can_be_empty() {
            texts.push(exported(&[], format)?);
        }
        for text in texts {
            let value: Value = serde_saphyr::from_str(&text)?;
            let errors = validator.iter_errors(&value);
            let errors: Vec<String> = errors
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            ensure!(errors.is_empty(), "{format:?}: {errors:#?}\n{text}");
        }
    }
    Ok(())
}

/// The settings that Steampipe's AWS plugin knows.
#[test]
fn steampipe_connections_are_valid_hcl() -> Result<()> {
    let candidates = candidates()?;
    let text = exported(&candidates, Format::Steampipe)?;
    let Some(read) = read_by("connections.py", &text, &[])? else {
        return Ok(());
    };
    let mut connections = BTreeMap::new();
    // Each block has one name.
    for block in read {
        let name = block[0][0].as_str().context("a name")?.to_owned();
        let settings = block[0][1].clone();
        let former = connections.insert(name.clone(), settings);
        ensure!(former.is_none(), "{name} occurs twice");
    }
    let all = connections
        .remove("rolecall_all")
        .context("an aggregator")?;
    assert_eq!(all["type"], "aggregator");
    let listed = all["connections"].as_array().context("a list")?;
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let named: BTreeSet<&str> = connections.keys().map(String::as_str).collect();
    assert_eq!(listed, named);
    assert_eq!(named.len(), candidates.len());
    for (name, settings) in &connections {
        assert_eq!(settings["plugin"], "aws", "{name}");
        assert_eq!(settings["regions"], serde_json::json!(["*"]), "{name}");
        ensure!(settings["profile"].is_string(), "{name}: {settings}");
        assert_eq!(
            settings.as_object().map(serde_json::Map::len),
            Some(3),
            "{name}"
        );
    }
    let empty = read_by("connections.py", &exported(&[], Format::Steampipe)?, &[])?;
    assert_eq!(empty, Some(Vec::new()), "no aggregator without connections");
    Ok(())
}

/// Python's reader skips the byte order mark only as `utf-8-sig`, which is what spreadsheets do.
#[test]
fn csv_has_the_same_cells_for_pythons_reader() -> Result<()> {
    let candidates = candidates()?;
    let directory = tempfile::tempdir()?;
    let path = written(&directory, &exported(&candidates, Format::Csv)?)?;
    let read: Vec<Value> = serde_json::from_str(&super::python("cells.py", &[&path])?)?;
    assert_eq!(read.len(), candidates.len());
    for (row, candidate) in read.iter().zip(&candidates) {
        let account = &candidate.account;
        assert_eq!(row["account_id"], account.account_id.as_str());
        let name = row["name"].as_str().context("a name")?;
        assert_eq!(name.trim_start_matches('\''), account.name.as_str());
        let guarded = account.name.as_str().starts_with('-');
        assert_eq!(name.starts_with('\''), guarded, "{name}");
        assert_eq!(row["external_id"], account.external_id.as_str());
        assert_eq!(row["access"], "inventory");
    }
    Ok(())
}
