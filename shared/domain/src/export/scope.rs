//! What an export covers.

use super::quoted::plain;
use crate::ids::GroupId;
use crate::text::romanize::slug;
use crate::text::{Name, Tenant, legible};

/// The accounts that an export covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Group {
        group_id: GroupId,
        name: Name,
    },
    Tenant(Tenant),
    /// All tenants.
    Hub,
}

/// The longest part of a file name, in characters. File systems take 255 bytes, and a character has four at most.
const LONGEST: usize = 55;

impl Scope {
    /// For a comment, in ASCII.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Group { group_id, name } => {
                format!("the group {} ({group_id})", plain(name.as_str()))
            }
            Self::Tenant(tenant) => format!("the tenant {tenant}"),
            Self::Hub => "all tenants".to_owned(),
        }
    }

    /// For a file name, in ASCII.
    pub fn slug(&self) -> String {
        match self {
            Self::Group { group_id, name } => match slug(name.as_str(), LONGEST) {
                word if word.is_empty() => group_id.to_string(),
                word => word,
            },
            Self::Tenant(tenant) => tenant.to_string(),
            Self::Hub => "all".to_owned(),
        }
    }

    /// For a file name, as people wrote it, without characters that file systems reserve.
    pub fn file_name(&self) -> String {
        let Self::Group { name, .. } = self else {
            return self.slug();
        };
        let reserved = |c: char| c.is_control() || "/\\:*?\"<>|%".contains(c);
        let safe = |c: char| if reserved(c) { '-' } else { c };
        let name: String = name.as_str().chars().map(safe).collect();
        legible::start(&name, LONGEST, LONGEST).to_owned()
    }

    /// Identifies the scope among those of a hub, without white space.
    pub fn id(&self) -> String {
        match self {
            Self::Group { group_id, .. } => group_id.to_string(),
            Self::Tenant(tenant) => format!("tenant-{tenant}"),
            Self::Hub => "hub".to_owned(),
        }
    }
}
