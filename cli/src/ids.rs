//! Arguments that name a record. IDs are validated before any request, so that a mistyped ID is reported
//! immediately and a path needs no escaping. Groups and accounts have names, too: [`Named`] arguments are
//! replaced by IDs before a command builds its request.

use clap::Args;

/// The argument of a command about one group.
#[derive(Debug, Args)]
pub struct Group {
    /// Group: its ID or its name
    #[arg(value_parser = group_or_name)]
    pub group: String,
}

/// An argument that names a record by its ID, or in another way that takes a request to resolve.
#[derive(Debug)]
pub enum Named<'a> {
    Group(&'a mut String),
    Account(&'a mut String),
}

impl Group {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        vec![Named::Group(&mut self.group)]
    }
}

impl Account {
    pub fn named(&mut self) -> Vec<Named<'_>> {
        vec![Named::Account(&mut self.account)]
    }
}

impl Named<'_> {
    pub fn is_id(&self) -> bool {
        match self {
            Self::Group(text) => group(text).is_ok(),
            Self::Account(text) => account(text).is_ok(),
        }
    }
}

#[derive(Debug, Args)]
pub struct Registration {
    /// Registration ID
    #[arg(value_parser = registration)]
    pub registration: String,
}

#[derive(Debug, Args)]
pub struct Account {
    /// Account: its ID, its AWS account ID or its name
    #[arg(value_parser = account_or_name)]
    pub account: String,
}

#[derive(Debug, Args)]
pub struct OrphanedStack {
    /// Orphaned stack ID
    #[arg(value_name = "ORPHANED_STACK", value_parser = orphaned_stack)]
    pub orphaned_stack: String,
}

/// The option of a command that creates something.
#[derive(Debug, Args)]
pub struct IdempotencyKey {
    /// Create only once, even if the command runs again with this key within 24 hours
    #[arg(long, value_name = "KEY", value_parser = idempotency_key)]
    pub idempotency_key: Option<String>,
}

fn id(prefix: &str, what: &str, text: &str) -> Result<String, String> {
    let tail = text.strip_prefix(prefix).unwrap_or_default();
    let hexadecimal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if tail.len() == 32 && tail.bytes().all(hexadecimal) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{what} ID is {prefix} followed by 32 hexadecimal digits"
        ))
    }
}

pub fn group(text: &str) -> Result<String, String> {
    id("grp_", "a group", text)
}

pub fn registration(text: &str) -> Result<String, String> {
    id("reg_", "a registration", text)
}

pub fn account(text: &str) -> Result<String, String> {
    id("acc_", "an account", text)
}

/// An ID, or a name that does not look like one.
pub fn group_or_name(text: &str) -> Result<String, String> {
    match text.starts_with("grp_") {
        true => group(text),
        false => name(text),
    }
}

/// An ID, an AWS account ID, or a name that does not look like an ID.
pub fn account_or_name(text: &str) -> Result<String, String> {
    match text.starts_with("acc_") {
        true => account(text),
        false => name(text),
    }
}

/// No name has the form of another kind of ID, which is a mistake.
fn name(text: &str) -> Result<String, String> {
    let kinds = ["grp_", "acc_", "reg_", "stk_"];
    if text.trim().is_empty() {
        return Err("a name is not empty".to_owned());
    }
    match kinds.iter().find(|prefix| id(prefix, "", text).is_ok()) {
        Some(prefix) => Err(format!(
            "an ID that begins with {prefix} names another kind of record"
        )),
        None => Ok(text.to_owned()),
    }
}

pub fn orphaned_stack(text: &str) -> Result<String, String> {
    id("stk_", "an orphaned stack", text)
}

pub fn aws_account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an AWS account ID has 12 digits".to_owned())
    }
}

/// The tenant is a part of a path.
pub fn tenant(text: &str) -> Result<String, String> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.len() <= 128 && text.chars().all(valid) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("a tenant's name has letters, digits, hyphens, underscores and periods".to_owned())
    }
}

pub fn idempotency_key(text: &str) -> Result<String, String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=255).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("a key has 1 to 255 visible ASCII characters".to_owned())
    }
}
