//! A Steampipe connection file. The AWS plugin has no setting for an external ID, so the connections use the profiles
//! of `aws-config`, exported with the same options.
//! <https://steampipe.io/docs/managing/connections>

use super::names::{self, ProfileNames};
use super::{Candidate, Options, Refused};

/// The name of the connection to all accounts.
const ALL: &str = "rolecall_all";

/// Connections are schemas in Postgres, whose names have at most 63 characters.
const LONGEST_WORD: usize = 30;

pub(super) fn write(accounts: &[&Candidate], options: &Options) -> Result<String, Refused> {
    let mut profiles = ProfileNames::new(options, false, &[]);
    let mut text = String::new();
    let mut connections = Vec::new();
    for candidate in accounts {
        let profile = profiles.next(candidate, options.access.as_ref())?;
        let connection = connection(candidate);
        text.push_str(&format!(
            "\nconnection \"{connection}\" {{\n  plugin  = \"aws\"\n  profile = \"{profile}\"\n  \
             regions = [\"*\"]\n}}\n"
        ));
        connections.push(connection);
    }
    // Steampipe does not start with an aggregator that has no connections.
    if !connections.is_empty() {
        let each = connections.iter().map(|name| format!("    \"{name}\",\n"));
        text.push_str(&format!(
            "\nconnection \"{ALL}\" {{\n  plugin      = \"aws\"\n  type        = \"aggregator\"\n  \
             connections = [\n{}  ]\n}}\n",
            each.collect::<String>()
        ));
    }
    Ok(text)
}

/// Lowercase letters, digits and underscores, starting with a letter. The account's ID makes it unique.
fn connection(candidate: &Candidate) -> String {
    let account = &candidate.account;
    let mut word = names::named("{name}", candidate, None).replace('-', "_");
    word.truncate(LONGEST_WORD);
    let (digits, id) = (&account.aws_account_id, account.account_id.tail());
    match word.trim_end_matches('_') {
        "" => format!("aws_{digits}_{id}"),
        word if word == digits.as_str() => format!("aws_{digits}_{id}"),
        word => format!("aws_{word}_{digits}_{id}"),
    }
}
