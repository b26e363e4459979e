//! Tests of failures: a line with a code and a message, the causes, and the exit code.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::program::{ended, program};

/// A folder with an AWS CLI that runs this script.
fn aws_cli(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("aws");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable).expect("executable");
    folder
}

#[track_caller]
fn fails(arguments: &[&str], set: &[(&str, &str)], programs: &Path, exit: i32, report: &str) {
    let mut program = program(arguments, programs);
    let output = program.envs(set.iter().copied()).output().expect("it runs");
    let (code, out, err) = ended(&output);
    assert_eq!((code, err.trim_end()), (exit, report));
    assert_eq!(out, "");
}

#[test]
fn missing_region_exits_2() {
    let report = "error: region_missing: No AWS Region is set. Pass --region, or set AWS_REGION.";
    fails(&["publish", "--no-access"], &[], Path::new(""), 2, report);
}

#[test]
fn missing_credentials_exit_3_with_the_message_of_the_aws_cli() {
    let programs = aws_cli("echo 'Token has expired and refresh failed' >&2; exit 255");
    let report = "error: credentials_missing: No AWS credentials found. Set AWS_PROFILE, or sign \
                  in with `aws sso login`.\n  aws configure export-credentials --format process: Token \
                  has expired and refresh failed";
    let region = [("AWS_REGION", "us-east-1")];
    fails(&["replay-events"], &region, programs.path(), 3, report);
}

#[test]
fn unreachable_aws_exits_8() {
    let keys = r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}"#;
    let programs = aws_cli(&format!("echo '{keys}'"));
    // No program listens on the discard port.
    let set = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let mut program = program(&["publish", "--no-access"], programs.path());
    let output = program.envs(set).output().expect("it runs");
    let (code, _, err) = ended(&output);
    let begins = "error: aws_unreachable: DescribeStacks: could not reach AWS.\n";
    assert!(err.starts_with(begins), "{err}");
    assert_eq!(code, 8);
}

#[test]
fn publishing_nothing_exits_2_and_names_what_can_be_published() {
    let mut program = program(&["publish", "--dry-run"], Path::new(""));
    let (code, _, err) = ended(&program.output().expect("it runs"));
    assert_eq!(code, 2);
    for option in ["--access", "--no-access", "--brand", "--out"] {
        assert!(err.contains(option), "{err}");
    }
}
