//! The API's requests and responses. Fields that no caller accesses individually are kept in
//! `rest`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::link::{InvalidLink, QuickCreateLink};

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    pub group_id: String,
    pub name: String,
    pub color: String,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    pub registration_id: String,
    pub group_id: String,
    pub status: String,
    pub account_name: Option<String>,
    pub aws_account_id: Option<String>,
    pub region: Option<String>,
    pub external_id: String,
    pub stack_name: String,
    pub template_url: String,
    pub template_version: String,
    pub template_id: String,
    /// Names of access profiles.
    pub access: Vec<String>,
    /// Present only while the registration is pending.
    pub quick_create_url: Option<String>,
    /// The page on which the customer reviews and opens the link.
    #[serde(default)]
    pub connect_url: Option<String>,
    pub expires_at: String,
    pub created_at: String,
    pub account_id: Option<String>,
    pub progress: Option<Progress>,
    pub last_attempt: Option<LastAttempt>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A stack that is being created.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    pub stack_id: String,
    pub aws_account_id: String,
    pub region: String,
    pub started_at: String,
}

/// The last attempt that failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LastAttempt {
    pub code: String,
    pub title: String,
    pub detail: String,
    pub attempted_at: String,
    pub stack: FailedStack,
    pub report: Option<Report>,
}

impl LastAttempt {
    pub fn check(&self, code: &str) -> Option<&Check> {
        self.report.as_ref()?.check(code)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FailedStack {
    pub stack_name: String,
    pub stack_id: String,
    pub region: String,
    pub aws_account_id: String,
    pub console_url: String,
    pub delete_command: Option<String>,
}

impl Registration {
    /// The parsed quick-create link.
    ///
    /// # Errors
    /// If the registration is no longer pending.
    pub fn link(&self) -> Result<QuickCreateLink, InvalidLink> {
        QuickCreateLink::parse(self.quick_create_url.as_deref().unwrap_or_default())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub account_id: String,
    pub group_id: String,
    pub name: String,
    pub status: String,
    pub health: Option<String>,
    pub aws_account_id: String,
    pub stack_name: String,
    pub stack_id: String,
    pub region: String,
    pub console_url: String,
    pub template_id: String,
    /// Names of access profiles.
    pub requested_access: Vec<String>,
    /// The page on which the customer sees the account. Lists don't have it.
    #[serde(default)]
    pub customer_url: Option<String>,
    pub last_report: Option<Report>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The result of a verification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    pub verdict: String,
    pub checked_at: String,
    pub checks: Vec<Check>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Report {
    pub fn check(&self, code: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.code == code)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Check {
    pub code: String,
    pub status: String,
    pub title: String,
    pub message: String,
    pub remedy: Option<String>,
    pub command: Option<String>,
    pub evidence: Option<Value>,
}

/// The response to a deregistration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deregistered {
    pub account: Account,
    pub orphaned_stack: OrphanedStack,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrphanedStack {
    pub orphaned_stack_id: String,
    pub stack_name: String,
    pub stack_id: String,
    pub region: String,
    pub aws_account_id: String,
    pub console_url: String,
    pub remedy: Option<String>,
    pub delete_command: Option<String>,
    pub status: String,
    pub reason: Option<String>,
    pub evidence: Vec<Value>,
    pub age_seconds: u64,
    pub next_check_at: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub tenant: String,
    pub subject: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// `viewer`, `member` or `owner`.
    pub role: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditEntry {
    pub sequence: u64,
    pub event: String,
    pub at: String,
    pub actor: Value,
    /// The names in a user's token. They are informational: `actor` identifies the user.
    #[serde(default)]
    pub actor_name: Option<String>,
    #[serde(default)]
    pub actor_email: Option<String>,
    /// The name of the role's session, if the actor is a service of the operator.
    #[serde(default)]
    pub session_name: Option<String>,
    pub cause: String,
    pub record: Value,
}

/// `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: String,
    pub detail: String,
    pub request_id: String,
    #[serde(default)]
    pub errors: Vec<FieldError>,
    pub report: Option<Report>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub code: String,
    pub message: String,
}

/// The parameters of a new registration.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewRegistration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The URL to which the connect page sends the customer afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_duplicate: Option<bool>,
    /// Names of access profiles; `None` for the operator's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub companion_roles: Option<Value>,
}

impl NewRegistration {
    pub fn named(name: &str) -> Self {
        Self {
            account_name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

/// A file for another program, with its details.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exported {
    pub content: String,
    pub account_count: usize,
    pub omitted: Vec<Omitted>,
    /// Identifies the profiles among others in a file. Only the format `aws-config` has it.
    pub block: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An account that an export omits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Omitted {
    pub account_id: String,
    pub aws_account_id: String,
    pub name: String,
    pub reason: String,
}
