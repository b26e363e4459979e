//! Profiles for the AWS CLI and SDKs. The text is ASCII, because some programs decode the file with the locale's
//! encoding. Profile names are unique, because some programs reject the whole file if a name occurs twice.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use super::command::CredentialCommand;
use super::names::ProfileNames;
use super::{Candidate, Options, Refused, quoted};
use crate::access::ProfileName;
use crate::messages::Rule;
use crate::people::{SwitchRole, switch_role};
use crate::text::{FieldError, checked_string};

checked_string!(
    /// The name of a profile in the user's own configuration: the characters that the SDKs allow
    /// (ASCII letters, digits, `_-/.%@:+`), and those that only the AWS CLI allows (`,=~()` and
    /// inner single spaces).
    SourceProfile,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-/.%@:+,=~() ".contains(&b);
        let edges = text.starts_with(' ') || text.ends_with(' ');
        match text.chars().count() {
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

/// How a profile gets credentials.
#[derive(Debug, Clone)]
pub enum Via {
    /// A program asks the hub for credentials: one profile for each granted access profile.
    CredentialProcess(CredentialCommand),
    /// People switch to the account's companion role with their own credentials.
    SwitchRole(SwitchFrom),
}

impl Via {
    pub const CREDENTIAL_PROCESS: &'static str = "credential-process";
    pub const SWITCH_ROLE: &'static str = "switch-role";

    pub fn as_str(&self) -> &'static str {
        match self {
            Self::CredentialProcess(_) => Self::CREDENTIAL_PROCESS,
            Self::SwitchRole(_) => Self::SWITCH_ROLE,
        }
    }
}

/// The credentials with which people switch roles.
#[derive(Debug, Clone)]
pub struct SwitchFrom {
    pub profile: SourceProfile,
    /// Whether the profile contains an IAM user's keys. With a role's credentials, sessions last at
    /// most an hour (role chaining).
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
    pub is_user: bool,
    pub mfa_device: Option<MfaDevice>,
}

/// The maximum duration of a session that was created by role chaining.
const CHAINED_SECONDS: u32 = 3600;

pub(super) fn write(accounts: &[&Candidate], options: &Options) -> Result<String, Refused> {
    match &options.via {
        Via::CredentialProcess(command) => processes(accounts, command, options),
        Via::SwitchRole(from) => switches(accounts, from, options),
    }
}

fn processes(
    accounts: &[&Candidate],
    command: &CredentialCommand,
    options: &Options,
) -> Result<String, Refused> {
    let mut names = ProfileNames::new(options, options.access.is_none(), &[]);
    let mut text = String::new();
    for candidate in accounts {
        let chosen = |access: &&ProfileName| {
            let only = options.access.as_ref();
            only.is_none_or(|only| only == *access)
        };
        for access in candidate.access.iter().filter(chosen) {
            let name = names.next(candidate, Some(access))?;
            text.push_str(&section(&name, candidate, options));
            text.push_str(&format!(
                "credential_process = {command} credentials {} --access {access}\n",
                candidate.account.account_id
            ));
        }
    }
    Ok(text)
}

fn switches(
    accounts: &[&Candidate],
    from: &SwitchFrom,
    options: &Options,
) -> Result<String, Refused> {
    let source = from.profile.as_str();
    let mut names = ProfileNames::new(options, false, &[source]);
    let mut text =
        format!("# The profile {source} must contain your credentials in the bastion account.\n");
    for candidate in accounts {
        if let Some(switch) = switch_role(&candidate.account) {
            let name = names.next(candidate, None)?;
            text.push_str(&section(&name, candidate, options));
            text.push_str(&switch_settings(&switch, from));
        }
    }
    Ok(text)
}

/// The header of a profile, and what every profile has. Readers ignore the settings that they don't know.
fn section(name: &str, candidate: &Candidate, options: &Options) -> String {
    let account = &candidate.account;
    let region = options.region.as_ref();
    let region = region.unwrap_or(account.stack_id.region());
    format!(
        "\n[profile {name}]\nrolecall_name = {}\nrolecall_account_id = {}\nregion = {region}\n",
        quoted::setting(account.name.as_str()),
        account.account_id
    )
}

fn switch_settings(switch: &SwitchRole<'_>, from: &SwitchFrom) -> String {
    let mut text = format!(
        "role_arn = {}\nsource_profile = {}\n",
        switch.role, from.profile
    );
    if let Some(seconds) = switch.session_seconds {
        let seconds = if from.is_user {
            seconds
        } else {
            seconds.min(CHAINED_SECONDS)
        };
        text.push_str(&format!("duration_seconds = {seconds}\n"));
    }
    if switch.mfa {
        let (partition, bastion) = (switch.role.partition().as_str(), &switch.bastion);
        let device = from.mfa_device.as_ref();
        let device = device.map_or("YOUR-USER-NAME", MfaDevice::as_str);
        text.push_str(&format!(
            "mfa_serial = arn:{partition}:iam::{bastion}:mfa/{device}\n"
        ));
    }
    text
}
