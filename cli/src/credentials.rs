//! `rolecall credentials` and `rolecall exec`: credentials from the hub for an account.

use std::ffi::OsStr;
use std::process::Command;

use serde::Deserialize;

use crate::Settings;
use crate::args::{Credentials, Exec, Issue};
use crate::config;
use crate::error::{Error, Exit};
use crate::resolve;
use crate::terminal::Output;
use rolecall_client::Request;

/// Variables that would take precedence over the credentials, or name other ones.
const OTHER_SOURCES: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// The document of the hub. No Debug, because it is secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
    account_id: String,
    #[serde(rename = "region")]
    region: Option<String>,
}

/// Prints the hub's document, which the AWS CLI and SDKs read.
pub(crate) fn print(
    settings: Settings<'_>,
    args: &Credentials,
    notify: &dyn Fn(&str),
    output: &Output,
) -> Result<Exit, Error> {
    let document = issue(settings, &args.issue, notify)?;
    output.text(&document)
}

/// Runs the command with the credentials in its environment.
pub(crate) fn exec(
    settings: Settings<'_>,
    args: &Exec,
    notify: &dyn Fn(&str),
) -> Result<Exit, Error> {
    let document = issue(settings, &args.issue, notify)?;
    // The document is secret, so the error does not quote it.
    let issued: Issued = serde_json::from_str(&document)
        .map_err(|_| Error::InvalidResponse("it contains no credentials".to_owned()))?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Error::InvalidArguments("No command.".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for name in OTHER_SOURCES {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", &issued.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &issued.secret_access_key)
        .env("AWS_SESSION_TOKEN", &issued.session_token)
        .env("AWS_CREDENTIAL_EXPIRATION", &issued.expiration)
        .env("AWS_ACCOUNT_ID", &issued.account_id);
    if let Some(region) = args.region.as_ref().or(issued.region.as_ref()) {
        command
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region);
    }
    run(command, program)
}

fn issue(
    (global, environment): Settings<'_>,
    issue: &Issue,
    notify: &dyn Fn(&str),
) -> Result<String, Error> {
    let client = config::operator(global, environment, notify)?;
    let tenant = global.tenant.as_deref();
    let account_id = resolve::account(&client, tenant, &issue.account)?;
    client.call(&Request::from(issue.call(&account_id)))
}

/// Replaces this process, so that signals and the exit code are the command's.
#[cfg(unix)]
fn run(mut command: Command, program: &OsStr) -> Result<Exit, Error> {
    use std::os::unix::process::CommandExt;
    Err(not_started(program, command.exec()))
}

#[cfg(not(unix))]
fn run(mut command: Command, program: &OsStr) -> Result<Exit, Error> {
    let status = command
        .status()
        .map_err(|source| not_started(program, source))?;
    std::process::exit(status.code().unwrap_or(1))
}

fn not_started(program: &OsStr, source: std::io::Error) -> Error {
    Error::LocalFile {
        message: format!("Could not run {}.", program.to_string_lossy()),
        source: Some(source),
    }
}
