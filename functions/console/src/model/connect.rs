//! Responses below `/connect/v1`.

use super::{Access, Brand, Check, CompanionRole, Update};
use rolecall_domain::Timestamp;
use rolecall_domain::messages::Language;
use rolecall_domain::pages::{ConnectState, CustomerState};
use serde::Deserialize;
use serde_json::Value;

/// A registration as the customer's administrator sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct ConnectPage {
    pub state: ConnectState,
    pub account_name: Option<String>,
    /// The only AWS account that the link can connect.
    pub aws_account_id: Option<String>,
    pub region: Option<String>,
    /// `callback` or `paste`.
    pub report_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub brand: Brand,
    /// The language of customers who prefer none.
    #[serde(default)]
    pub locale: Language,
    pub hub_account_id: String,
    #[serde(default)]
    pub access: Vec<Access>,
    #[serde(default)]
    pub companion_roles: Vec<CompanionRole>,
    /// Set while a stack can be created.
    pub quick_create_url: Option<String>,
    pub stack_name: String,
    pub template_url: Option<String>,
    pub template_sha256: Option<String>,
    pub required_permissions: Option<Value>,
    pub progress: Option<Progress>,
    pub last_attempt: Option<Attempt>,
    pub account: Option<Connected>,
    pub return_url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Progress {
    pub aws_account_id: String,
    pub region: String,
    pub started_at: Timestamp,
}

/// The last attempt that was refused.
#[derive(Debug, Clone, Deserialize)]
pub struct Attempt {
    pub title: String,
    pub detail: String,
    pub remedy: Option<String>,
    pub command: Option<String>,
    pub attempted_at: Timestamp,
    pub stack: Stack,
    #[serde(default)]
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Stack {
    pub stack_name: String,
    pub region: String,
    pub aws_account_id: String,
    pub console_url: String,
    pub delete_command: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Connected {
    pub aws_account_id: String,
    pub connected_at: Timestamp,
    pub customer_url: Option<String>,
}

/// An account as its owner, the customer, sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct Customer {
    pub state: CustomerState,
    pub name: String,
    pub aws_account_id: String,
    pub region: String,
    pub stack_name: String,
    pub console_url: String,
    pub connected_at: Timestamp,
    pub last_checked_at: Option<Timestamp>,
    pub brand: Brand,
    #[serde(default)]
    pub access: Vec<Access>,
    #[serde(default)]
    pub companion_roles: Vec<CompanionRole>,
    /// The checks that failed or have a warning.
    #[serde(default)]
    pub checks: Vec<Check>,
    pub orphaned_stack: Option<Orphaned>,
    /// For a deregistered account, the time when the last session ends.
    pub sessions_until: Option<Timestamp>,
    pub delete_command: Option<String>,
    pub update: Option<Update>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Orphaned {
    /// `orphaned`, `deleting`, `gone` or `dismissed`.
    pub status: String,
    /// `available`, or `unavailable` where the deletion can't be proven.
    pub proof: String,
    pub delete_command: Option<String>,
}

/// Credentials that one of the operator's services received.
#[derive(Debug, Clone, Deserialize)]
pub struct Receipt {
    pub service: String,
    pub profile: String,
    /// Only on the customer's page. `None` for a profile that the stack no longer gives.
    #[serde(default)]
    pub profile_title: Option<String>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}
