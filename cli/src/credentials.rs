//! `rolecall credentials`: credentials from the hub for an account.

use crate::Settings;
use crate::args::{Credentials, Issue};
use crate::config;
use crate::error::{Error, Exit};
use crate::resolve;
use crate::terminal::Output;
use rolecall_client::Request;

/// Prints the hub's document, which the AWS CLI and SDKs read.
pub(crate) fn print(
    settings: Settings<'_>,
    args: &Credentials,
    notify: &dyn Fn(&str),
    output: &Output,
) -> Result<Exit, Error> {
    let document = issue(settings, &args.issue, &args.issue.account, notify)?;
    output.text(&document)
}

/// The hub's document, which is secret.
pub(crate) fn issue(
    (global, environment): Settings<'_>,
    issue: &Issue,
    account: &str,
    notify: &dyn Fn(&str),
) -> Result<String, Error> {
    let client = config::operator(global, environment, notify)?;
    let tenant = global.tenant.as_deref();
    let account_id = resolve::account(&client, tenant, account)?;
    client.call(&Request::from(issue.call(&account_id)))
}
