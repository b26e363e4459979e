//! A tenant's named and colored set of accounts.

use super::version::versioned;
use crate::ids::GroupId;
use crate::text::{Color, Name, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub group_id: GroupId,
    pub tenant: Tenant,
    pub version: u64,
    pub name: Name,
    pub color: Color,
    pub created_at: Timestamp,
    /// While this is in the future, no account can join, because a deletion is verifying that the
    /// group is empty. Consistent reads after this write return all accounts that joined earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_until: Option<Timestamp>,
}

/// How many records of a group there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Without deregistered ones.
    pub accounts: usize,
    /// Accounts that are not active, see [`crate::record::account::Account::needs_attention`].
    pub accounts_needing_attention: usize,
    /// Registrations that are not recorded as ended.
    pub pending_registrations: usize,
}

/// How long a deletion may take before its mark expires.
const CLOSING: SignedDuration = SignedDuration::from_secs(60);

versioned!(Group);

impl Group {
    pub fn is_closing(&self, now: Timestamp) -> bool {
        self.closing_until.is_some_and(|until| now < until)
    }

    #[must_use]
    pub fn closing(&self, now: Timestamp) -> Self {
        Self {
            closing_until: Some(now + CLOSING),
            ..self.next()
        }
    }

    #[must_use]
    pub fn reopened(&self) -> Self {
        Self {
            closing_until: None,
            ..self.next()
        }
    }

    #[must_use]
    pub fn changed(&self, name: Option<Name>, color: Option<Color>) -> Self {
        Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            color: color.unwrap_or_else(|| self.color.clone()),
            ..self.next()
        }
    }
}
