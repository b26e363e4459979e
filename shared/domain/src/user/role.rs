//! The permissions of a user in a tenant.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A user's role in a tenant. Each role includes the permissions of the roles before it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    #[default]
    Viewer,
    /// Connects, checks and renames accounts.
    Member,
    /// Deregisters accounts, changes their access, dismisses orphaned stacks, and deletes groups.
    Owner,
}

impl Role {
    /// In ascending order.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Member, Self::Owner];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }

    /// The role with exactly this name. `None` for every other spelling.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether the role is at least `least`.
    pub fn may(self, least: Self) -> bool {
        self >= least
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
