//! Exports: the connected accounts as files that other programs read. Each format has its own module, which
//! writes the accounts that can be used. The others are listed with the reason, in comments where the format has
//! them.

mod aws_config;
mod backstage;
mod c7n_org;
mod cloudquery;
mod command;
mod csv;
mod format;
mod json;
mod names;
mod prowler;
mod quoted;
mod scope;
mod steampipe;
mod yace;

pub use aws_config::{MfaDevice, SourceProfile, SwitchFrom, Via};
pub use command::CredentialCommand;
pub use format::Format;
pub use names::ProfileTemplate;
pub use scope::Scope;

use crate::access::ProfileName;
use crate::aws::{AwsAccountId, Region};
use crate::ids::AccountId;
use crate::messages::{Language, Message, Omission};
use crate::people::switch_role;
use crate::record::account::{Account, AccountState};
use crate::text::Name;
use std::collections::BTreeMap;

/// An account that an export may contain.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub account: Account,
    pub group_name: Name,
    /// The access profiles of the template that the account's stack reported.
    pub access: Vec<ProfileName>,
}

/// What to export.
#[derive(Debug, Clone)]
pub struct Options {
    pub format: Format,
    pub scope: Scope,
    /// Only accounts that have granted this access profile.
    pub access: Option<ProfileName>,
    /// The Region of every profile; `None` for the Region of each stack.
    pub region: Option<Region>,
    pub profile_template: Option<ProfileTemplate>,
    /// How the profiles of `aws-config` get credentials.
    pub via: Via,
}

/// A file, and the accounts that it does not contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    pub text: String,
    /// The number of accounts in the file.
    pub account_count: usize,
    pub omitted: Vec<Omitted>,
}

/// An account that is not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omitted {
    pub account_id: AccountId,
    pub aws_account_id: AwsAccountId,
    pub name: Name,
    pub reason: Omission,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// No account can be used, and the program would misunderstand an empty list.
    NothingUsable,
    /// Two profiles would have this name, or it is reserved.
    NameTaken { name: String },
}

/// Writes the accounts in this format. Deregistered accounts are not part of an export.
///
/// # Errors
/// If the program could not read the file, or would misunderstand it.
pub fn export(candidates: &[Candidate], options: &Options) -> Result<Export, Refused> {
    let (usable, omitted) = sorted_out(candidates, options);
    if usable.is_empty() && !options.format.can_be_empty() {
        return Err(Refused::NothingUsable);
    }
    let body = match options.format {
        Format::AwsConfig => aws_config::write(&usable, options)?,
        Format::C7nOrg => c7n_org::write(&usable),
        Format::Prowler => prowler::write(&usable),
        Format::Cloudquery => cloudquery::write(&usable),
        Format::Steampipe => steampipe::write(&usable, options)?,
        Format::Yace => yace::write(&usable),
        Format::Backstage => backstage::write(&usable),
        Format::Json => json::write(&usable),
        Format::Csv => csv::write(&usable),
    };
    let text = match options.format.has_comments() {
        true => commented(&body, usable.len(), &omitted, options),
        false => body,
    };
    Ok(Export {
        text,
        account_count: usable.len(),
        omitted,
    })
}

/// The accounts that the file contains, in the order of their IDs, and the others.
fn sorted_out<'a>(
    candidates: &'a [Candidate],
    options: &Options,
) -> (Vec<&'a Candidate>, Vec<Omitted>) {
    let mut registered: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| !candidate.account.is_deregistered())
        .collect();
    registered.sort_by(|a, b| a.account.account_id.cmp(&b.account.account_id));
    let mut listed: BTreeMap<&AwsAccountId, &AccountId> = BTreeMap::new();
    let (mut usable, mut omitted) = (Vec::new(), Vec::new());
    for candidate in registered {
        let account = &candidate.account;
        let known = listed.get(&account.aws_account_id);
        let known = known.filter(|_| options.format.has_each_aws_account_once());
        let reason = reason(candidate, options).or_else(|| {
            let other = known?.to_string();
            Some(Omission::SameAwsAccount { other })
        });
        match reason {
            Some(reason) => omitted.push(Omitted {
                account_id: account.account_id.clone(),
                aws_account_id: account.aws_account_id.clone(),
                name: account.name.clone(),
                reason,
            }),
            None => {
                listed.insert(&account.aws_account_id, &account.account_id);
                usable.push(candidate);
            }
        }
    }
    (usable, omitted)
}

/// Why the account can't be used, if it can't.
fn reason(candidate: &Candidate, options: &Options) -> Option<Omission> {
    let account = &candidate.account;
    let is_aws_config = options.format == Format::AwsConfig;
    if let (true, Via::SwitchRole(_)) = (is_aws_config, &options.via) {
        // People's roles do not depend on the hub's own.
        return match account.state() {
            AccountState::Active | AccountState::Unhealthy => {
                let has_role = switch_role(account).is_some();
                (!has_role).then_some(Omission::NoSwitchRole)
            }
            _ => Some(Omission::Disconnected),
        };
    }
    match account.state() {
        AccountState::Active => {}
        AccountState::Unhealthy => return Some(Omission::Unhealthy),
        AccountState::Disconnected { .. } | AccountState::Deregistered { .. } => {
            return Some(Omission::Disconnected);
        }
    }
    match &options.access {
        Some(access) => {
            let access_name = access.to_string();
            let granted = candidate.access.contains(access);
            (!granted).then_some(Omission::AccessNotGranted { access_name })
        }
        None if is_aws_config && candidate.access.is_empty() => Some(Omission::NoAccessGranted),
        None => None,
    }
}

/// The file with comments that say what it contains and what it does not.
fn commented(body: &str, count: usize, omitted: &[Omitted], options: &Options) -> String {
    let accounts = match count {
        1 => "1 account".to_owned(),
        many => format!("{many} accounts"),
    };
    let mut text = format!("# Rolecall: {accounts} of {}.\n", options.scope.label());
    text.push_str(body);
    if !omitted.is_empty() {
        text.push_str("\n# Left out:\n");
    }
    for one in omitted {
        text.push_str(&format!(
            "# {} ({}, {}): {}\n",
            quoted::plain(one.name.as_str()),
            one.aws_account_id,
            one.account_id,
            one.reason.text(Language::English)
        ));
    }
    text
}
