//! Runs the `credential_process` lines through the tools that split and run them: botocore and the AWS CLI
//! (Python's `shlex`), and the SDK for JavaScript (a shell).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use rolecall_domain::access::ProfileName;
use rolecall_domain::export::{Candidate, CredentialCommand, Format, Options, Scope, Via, export};
use rolecall_domain::text::{Name, Tenant};
use tempfile::TempDir;

use super::profiles::account;
use super::{printed, python, scripts, tool};

/// A program that prints credentials whose access key ID is made of its arguments.
const PROGRAM: &str = "#!/bin/sh
[ $# -eq 5 ] || { echo \"$# arguments: $*\" >&2; exit 1; }
printf '{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\"}' \"$1.$3.$5\"
";

/// A configuration file whose profile `shop` runs a program in the directory.
fn configuration(directory: &TempDir) -> Result<(PathBuf, String)> {
    let program = directory.path().join("rolecall");
    fs::write(&program, PROGRAM)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let account = account(1, "Shop")?;
    let expected = format!("--context=prod.{}.inventory", account.account_id);
    let candidate = Candidate {
        account,
        group_name: Name::parse("Production")?,
        access: vec![ProfileName::parse("inventory")?],
    };
    let command = format!("{} --context=prod", program.display());
    let options = Options {
        format: Format::AwsConfig,
        scope: Scope::Tenant(Tenant::parse("acme")?),
        access: None,
        region: None,
        profile_template: Some(rolecall_domain::export::ProfileTemplate::parse("{name}")?),
        via: Via::CredentialProcess(CredentialCommand::parse(command)?),
    };
    let done = export(&[candidate], &options).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let path = directory.path().join("config");
    fs::write(&path, done.text)?;
    Ok((path, expected))
}

#[test]
fn botocore_runs_the_line_with_the_intended_arguments() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (config, expected) = configuration(&directory)?;
    let read = python("process.py", &[&config, Path::new("shop")])?;
    assert_eq!(read.trim(), expected);
    Ok(())
}

#[test]
fn aws_cli_runs_the_line_with_the_intended_arguments() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (config, expected) = configuration(&directory)?;
    let mut command = tool("aws");
    command
        .args(["configure", "list", "--profile", "shop"])
        .env_remove("AWS_ACCESS_KEY_ID")
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", directory.path().join("none"));
    let read = printed(&mut command)?;
    // It masks all but the last four characters. The program fails if it gets other arguments.
    let end = &expected[expected.len() - 4..];
    let is_masked = read.contains(&format!("*{end} "));
    ensure!(is_masked && read.contains("custom-process"), "{read}");
    Ok(())
}

#[test]
fn sdk_for_javascript_runs_the_line_with_the_intended_arguments() -> Result<()> {
    let module = "node_modules/@aws-sdk/credential-provider-process";
    if !scripts().join(module).is_dir() {
        println!("skipped: the SDK for JavaScript is not installed; run: make venv");
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let (config, expected) = configuration(&directory)?;
    let script = scripts().join("process.mjs");
    let none = directory.path().join("none");
    let arguments = [
        Path::new("node"),
        &script,
        &config,
        &none,
        Path::new("shop"),
    ];
    let read = python("node.py", &arguments)?;
    assert_eq!(read.trim(), expected);
    Ok(())
}
