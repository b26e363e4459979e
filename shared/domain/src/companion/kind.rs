//! A role kind from the catalog, identified by its name.

use super::catalog;
use super::spec::RoleKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;

/// A role kind from the catalog, identified by its name.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Kind(&'static RoleKind);

impl Kind {
    pub fn parse(name: &str) -> Option<Self> {
        RoleKind::named(name).map(Self)
    }

    pub const SWITCH_ROLE: Self = Self(&catalog::SWITCH_ROLE);

    /// The kinds that can be requested.
    pub fn companions() -> impl Iterator<Item = Self> {
        RoleKind::companions().map(Self)
    }
}

impl Deref for Kind {
    type Target = RoleKind;
    fn deref(&self) -> &RoleKind {
        self.0
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> Self {
        kind.0.name
    }
}

impl TryFrom<String> for Kind {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name).ok_or_else(|| format!("unknown role kind {name}"))
    }
}
