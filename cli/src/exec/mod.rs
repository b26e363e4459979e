//! `rolecall exec`: runs a command with credentials for an account.
//!
//! The credentials are in the command's environment, which every program reads and which can't change while the
//! command runs. With `--renew`, they are at a loopback endpoint instead, as in a container of Amazon ECS, and the
//! AWS CLI and the SDKs read them again before they expire.

mod answer;
mod child;
mod endpoint;
mod renewal;

use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::Settings;
use crate::args::Exec;
use crate::config;
use crate::credentials::issue;
use crate::error::{Error, Exit};
use crate::terminal::Terminal;
use crate::view::clock::Clock;
use endpoint::Endpoint;
use renewal::{Document, Renewal};

/// Variables that would take precedence over the credentials, or name other ones.
const OTHER_SOURCES: [&str; 13] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// The files whose profile `default` takes precedence over an endpoint.
const FILES: [&str; 2] = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];

#[cfg(windows)]
const NO_FILE: &str = "NUL";
#[cfg(not(windows))]
const NO_FILE: &str = "/dev/null";

/// The document of the hub. No Debug, because it is secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
    account_id: String,
    /// The account's ID in the hub.
    #[serde(rename = "account_id")]
    id: String,
    #[serde(rename = "region")]
    region: Option<String>,
}

impl Issued {
    fn read(document: &str) -> Result<Self, Error> {
        // The document is secret, so the error does not quote it.
        serde_json::from_str(document)
            .map_err(|_| Error::InvalidResponse("it contains no credentials".to_owned()))
    }
}

/// Runs the command. With credentials in its environment, it replaces this process.
pub(crate) fn run(
    settings: Settings<'_>,
    args: &Exec,
    notify: &dyn Fn(&str),
) -> Result<Exit, Error> {
    if args.renew && args.issue.is_short() {
        return Err(Error::InvalidArguments(
            "With --renew, the credentials are valid for 30m to 1h. SDKs renew them 15 minutes before they expire."
                .to_owned(),
        ));
    }
    let document = issue(settings, &args.issue, &args.issue.account, notify)?;
    let issued = Issued::read(&document)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Error::InvalidArguments("No command.".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for name in OTHER_SOURCES {
        command.env_remove(name);
    }
    command.env("AWS_ACCOUNT_ID", &issued.account_id);
    if let Some(region) = args.region.as_ref().or(issued.region.as_ref()) {
        command
            .env("AWS_REGION", region)
            .env("AWS_DEFAULT_REGION", region);
    }
    if args.renew {
        return renewed(settings, args, command, (document, issued));
    }
    command
        .env("AWS_ACCESS_KEY_ID", &issued.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &issued.secret_access_key)
        .env("AWS_SESSION_TOKEN", &issued.session_token)
        .env("AWS_CREDENTIAL_EXPIRATION", issued.expiration.to_string());
    child::replace(command)
}

/// Serves the credentials until the command ends, and returns its exit code.
fn renewed(
    settings: Settings<'_>,
    args: &Exec,
    mut command: Command,
    (document, issued): (String, Issued),
) -> Result<Exit, Error> {
    let endpoint = Endpoint::open()?;
    command
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url())
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", endpoint.token());
    for name in FILES {
        command.env(name, NO_FILE);
    }
    let first = Document::new(document, issued.expiration);
    let renewal = Arc::new(Renewal::new(first, config::now()));
    endpoint.serve(renewal.clone());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let environment = settings.1;
            let zone = environment.time_zone.as_deref();
            let terminal = Terminal::new(environment.no_color, || Clock::new(config::now(), zone));
            renewal.run(&|| renew(settings, args, &issued), &|error| {
                terminal.note("The credentials could not be renewed. The next attempt follows.");
                terminal.print_error(error);
            });
        });
        match child::wait(command) {
            // A renewal that is in progress does not delay the exit.
            Ok(code) => std::process::exit(code),
            Err(error) => {
                renewal.stop();
                Err(error)
            }
        }
    })
}

/// Other credentials of the same account, whatever its name is now.
fn renew(settings: Settings<'_>, args: &Exec, former: &Issued) -> Result<Document, Error> {
    let document = issue(settings, &args.issue, &former.id, &|_| {})?;
    let issued = Issued::read(&document)?;
    if issued.account_id != former.account_id {
        let why = "it has credentials of another AWS account";
        return Err(Error::InvalidResponse(why.to_owned()));
    }
    Ok(Document::new(document, issued.expiration))
}
