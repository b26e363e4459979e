//! Records of a tenant: groups, registrations, accounts, orphaned stacks.

use super::{Check, Update};
use rolecall_domain::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub struct Group {
    pub group_id: String,
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    #[serde(default)]
    pub account_count: usize,
    /// Accounts that are unhealthy or disconnected.
    #[serde(default)]
    pub attention_count: usize,
    #[serde(default)]
    pub pending_registration_count: usize,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Registration {
    pub registration_id: String,
    pub group_id: String,
    /// `pending`, `completed`, `expired` or `revoked`.
    pub status: String,
    pub account_name: Option<String>,
    /// The only AWS account that the link can connect.
    pub aws_account_id: Option<String>,
    pub region: Option<String>,
    pub report_by: String,
    pub stack_name: String,
    pub quick_create_url: Option<String>,
    pub connect_url: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub account_id: Option<String>,
    pub progress: Option<super::connect::Progress>,
    pub last_attempt: Option<LastAttempt>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct LastAttempt {
    pub title: String,
    pub detail: String,
    pub attempted_at: Timestamp,
    pub stack: super::connect::Stack,
    pub report: Option<Report>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    pub verdict: String,
    pub checked_at: Timestamp,
    #[serde(default)]
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    pub account_id: String,
    pub group_id: String,
    pub name: String,
    /// `active`, `unhealthy`, `disconnected` or `deregistered`.
    pub status: String,
    pub aws_account_id: String,
    pub role_arn: String,
    pub external_id: String,
    pub stack_name: String,
    pub region: String,
    pub console_url: String,
    pub template_version: String,
    #[serde(default)]
    pub requested_access: Vec<String>,
    /// Describes how the account's template differs from the newest one.
    pub template_difference: Option<Value>,
    pub registered_at: Timestamp,
    pub last_checked_at: Option<Timestamp>,
    pub next_check_at: Option<Timestamp>,
    /// The codes of the checks that failed or have a warning.
    #[serde(default)]
    pub findings: Vec<String>,
    #[serde(default)]
    pub companion_roles: Vec<Companion>,
    pub last_report: Option<Report>,
    pub orphaned_stack_id: Option<String>,
    pub customer_url: Option<String>,
    pub sessions_until: Option<Timestamp>,
    /// Not in lists.
    pub update: Option<Update>,
}

impl Account {
    pub fn is_connected(&self) -> bool {
        matches!(self.status.as_str(), "active" | "unhealthy")
    }
}

/// A companion role as requested, as deployed, and as checked.
#[derive(Debug, Clone, Deserialize)]
pub struct Companion {
    pub kind: String,
    /// `planned`, `unchecked`, `passed`, `failed` or `inconclusive`. Not in lists.
    pub state: Option<String>,
    pub role_arn: Option<String>,
    pub instance_profile_arn: Option<String>,
    #[serde(default)]
    pub options: Option<Value>,
    #[serde(default)]
    pub requested_options: Option<Value>,
    #[serde(default)]
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrphanedStack {
    pub orphaned_stack_id: String,
    pub account_id: Option<String>,
    /// Not in lists.
    pub account_name: Option<String>,
    pub stack_name: String,
    pub region: String,
    pub aws_account_id: String,
    pub console_url: String,
    pub remedy: Option<String>,
    pub delete_command: Option<String>,
    #[serde(default)]
    pub stack_protected: bool,
    /// `orphaned`, `deleting`, `gone` or `dismissed`.
    pub status: String,
    pub proof: String,
    #[serde(default)]
    pub stale: bool,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    pub opened_at: Timestamp,
    pub last_checked_at: Option<Timestamp>,
    pub next_check_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Evidence {
    pub kind: String,
    pub at: Timestamp,
    /// The stack's status.
    pub status: Option<String>,
    pub reason: Option<String>,
    pub who: Option<String>,
}

/// An entry of an account's history.
#[derive(Debug, Clone, Deserialize)]
pub struct HistoryEntry {
    pub event: String,
    pub at: Timestamp,
    /// Such as `user:<subject>`, `service:<role name>`, `stack`, `customer` or `hub`.
    pub actor: String,
    pub actor_name: Option<String>,
    pub actor_email: Option<String>,
}

impl HistoryEntry {
    /// The name of a person or a service; `None` for the hub itself.
    pub fn who(&self) -> Option<&str> {
        let person = self.actor_name.as_deref().or(self.actor_email.as_deref());
        person.or_else(|| {
            let (kind, name) = self.actor.split_once(':')?;
            matches!(kind, "user" | "service" | "workload").then_some(name)
        })
    }
}

/// A session of the person who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: String,
    pub is_current: bool,
    pub started_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// The browser, as it identifies itself.
    pub browser: String,
}

/// The result of a simulation of actions.
#[derive(Debug, Clone, Deserialize)]
pub struct Simulated {
    /// Why there are no results.
    pub reason: Option<String>,
    pub results: Vec<SimulatedAction>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct SimulatedAction {
    pub action: String,
    /// `allowed`, `explicitly_denied`, `implicitly_denied` or `unknown`.
    pub decision: String,
    pub because: String,
}
