//! Profiles for the AWS CLI and SDKs, one for each account whose role people can switch to. The
//! text is ASCII, because some programs decode the file with the locale's encoding. Profile names
//! are unique, because some programs reject the whole file if a name occurs twice.

use super::{SwitchRole, switch_role};
use crate::aws::Region;
use crate::messages::Rule;
use crate::record::account::Account;
use crate::record::group::Group;
use crate::text::romanize::slug;
use crate::text::{FieldError, checked_string};
use std::collections::BTreeSet;

checked_string!(
    /// The name of a profile in the user's own configuration: the characters that the SDKs allow
    /// (ASCII letters, digits, `_-/.%@:+`), and those that only the AWS CLI allows (`,=~()` and
    /// inner single spaces).
    ProfileName,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-/.%@:+,=~() ".contains(&b);
        let edges = text.starts_with(' ') || text.ends_with(' ');
        match text.len() {
            0 => Err(FieldError::new("required", Rule::Required)),
            1..=LONGEST_NAME if !edges && text.bytes().all(allowed) => Ok(()),
            1..=LONGEST_NAME => Err(FieldError::new("invalid", Rule::NotAProfileName)),
            _ => Err(FieldError::new("too_long", Rule::TooLong { most: LONGEST_NAME })),
        }
    }
);

const LONGEST_NAME: usize = 256;

checked_string!(
    /// The name of a virtual MFA device, usually the user's name.
    MfaDevice,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b);
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAnMfaDevice))
        }
    }
);

/// The credentials that a person uses to assume the roles.
#[derive(Debug, Clone)]
pub struct Source {
    pub profile: ProfileName,
    /// Whether the profile contains an IAM user's keys. With a role's credentials, sessions last at
    /// most an hour (role chaining).
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
    pub is_user: bool,
    pub mfa_device: Option<MfaDevice>,
    /// The Region of all profiles; `None` for each stack's own Region.
    pub region: Option<Region>,
}

/// The maximum duration of a session that was created by role chaining.
const CHAINED_SECONDS: u32 = 3600;

/// The maximum length of a group's or account's name in a profile name.
const LONGEST_WORD: usize = 40;

/// A profile for each account that people can switch to.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
pub fn aws_config(group: &Group, accounts: &[Account], source: &Source) -> String {
    let mut text = format!(
        "# The accounts of the group {} ({}).\n\
         # The profile {} must contain your credentials in the bastion account.\n",
        plain(group.name.as_str()),
        group.group_id,
        source.profile
    );
    let mut taken = BTreeSet::from([source.profile.to_string()]);
    for account in accounts.iter().filter(|account| account.is_connected()) {
        match switch_role(account) {
            Some(switch) => {
                let name = profile_name(group, account, &mut taken);
                text.push_str(&profile(&name, &switch, source));
            }
            None => {
                let (name, id) = (plain(account.name.as_str()), &account.aws_account_id);
                text.push_str(&format!(
                    "\n# Account {name} ({id}) has no role to switch to.\n"
                ));
            }
        }
    }
    text
}

fn profile(name: &str, switch: &SwitchRole<'_>, source: &Source) -> String {
    let account = switch.account;
    let region = source.region.as_ref().unwrap_or(account.stack_id.region());
    let mut text = format!(
        "\n# Account {}\n[profile {name}]\nrole_arn = {}\nsource_profile = {}\nregion = {region}\n",
        plain(account.name.as_str()),
        switch.role,
        source.profile
    );
    if let Some(seconds) = switch.session_seconds {
        let seconds = if source.is_user {
            seconds
        } else {
            seconds.min(CHAINED_SECONDS)
        };
        text.push_str(&format!("duration_seconds = {seconds}\n"));
    }
    if switch.mfa {
        let (partition, bastion) = (switch.role.partition().as_str(), &switch.bastion);
        let device = source.mfa_device.as_ref();
        let device = device.map_or("YOUR-USER-NAME", MfaDevice::as_str);
        text.push_str(&format!(
            "mfa_serial = arn:{partition}:iam::{bastion}:mfa/{device}\n"
        ));
    }
    text
}

/// Group, account, AWS account ID, and the tail of the account's Rolecall ID: independent of the
/// rest of the file, and distinct for each group, tenant and hub.
fn profile_name(group: &Group, account: &Account, taken: &mut BTreeSet<String>) -> String {
    let digits = account.aws_account_id.to_string();
    let words = [&group.name, &account.name].map(|name| slug(name.as_str(), LONGEST_WORD));
    let words = words
        .into_iter()
        .filter(|word| !word.is_empty() && *word != digits);
    let words: Vec<String> = words
        .chain([digits.clone(), account.account_id.tail().to_owned()])
        .collect();
    let name = words.join("-");
    let mut names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n}")));
    let free = names.find(|name| taken.insert(name.clone()));
    free.unwrap_or(name)
}

/// A name for a comment: unchanged if it is ASCII, otherwise romanized.
fn plain(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        name.to_owned()
    } else {
        slug(name, usize::MAX)
    }
}
