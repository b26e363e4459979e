//! Arguments that name a resource by its id. Ids are validated before any request, so that a mistyped id
//! is reported at once and a path needs no escaping.

use clap::Args;

/// The argument of a command about one group.
#[derive(Debug, Args)]
pub struct Group {
    /// Group ID
    #[arg(value_parser = group)]
    pub group: String,
}

#[derive(Debug, Args)]
pub struct Registration {
    /// Registration ID
    #[arg(value_parser = registration)]
    pub registration: String,
}

#[derive(Debug, Args)]
pub struct Account {
    /// Account ID
    #[arg(value_parser = account)]
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
    match aws_account(text) {
        Ok(_) => Err(
            "this is an AWS account ID; use the account's ID in the hub, which begins with acc_"
                .to_owned(),
        ),
        Err(_) => id("acc_", "an account", text),
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
