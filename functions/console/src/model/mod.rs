//! What the pages show of the API's responses. Other fields are ignored.

pub mod connect;
pub mod records;
pub mod roles;

use rolecall_domain::messages::Language;
use serde::Deserialize;

/// The operator's brand, in the language of the page.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Brand {
    pub product_name: String,
    /// A link that starts with `https://` or `mailto:`.
    pub contact: Option<String>,
    pub security_url: Option<String>,
    pub logo_url: Option<String>,
    /// In pixels, as the height.
    pub logo_width: Option<u32>,
    pub logo_height: Option<u32>,
    /// `#rrggbb`.
    pub accent_color: Option<String>,
    /// The language of people who prefer none.
    #[serde(default)]
    pub language: Language,
}

/// An access profile, as text for readers.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Access {
    pub name: String,
    pub title: String,
    pub explain: String,
    #[serde(rename = "not")]
    pub excluded: Option<String>,
    #[serde(default)]
    pub dangerous: bool,
}

/// What a new registration can choose.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Choices {
    pub home_region: String,
    pub regions: Vec<Region>,
    pub access: Vec<OfferedAccess>,
}

impl Choices {
    /// A profile by its name. One that is not offered anymore has only that.
    pub fn profile(&self, name: &str) -> Access {
        let mut offered = self.access.iter().map(|one| &one.access);
        let found = offered.find(|access| access.name == name).cloned();
        found.unwrap_or_else(|| Access {
            name: name.to_owned(),
            title: name.to_owned(),
            ..Access::default()
        })
    }
}

/// A Region to choose.
#[derive(Debug, Clone, Deserialize)]
pub struct Region {
    pub region: String,
    /// `callback` or `paste`.
    pub report_by: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OfferedAccess {
    #[serde(flatten)]
    pub access: Access,
    #[serde(rename = "default")]
    pub is_default: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct CompanionRole {
    pub kind: String,
    pub title: String,
    pub explain: String,
}

/// A check of a report.
#[derive(Debug, Clone, Deserialize)]
pub struct Check {
    pub code: String,
    /// `passed`, `warning`, `failed`, `inconclusive` or `skipped`.
    pub status: String,
    pub title: String,
    pub message: String,
    pub remedy: Option<String>,
    pub command: Option<String>,
}

/// How to update a stack to the requested access and roles.
#[derive(Debug, Clone, Deserialize)]
pub struct Update {
    pub console_url: String,
    /// The same with the AWS CLI.
    pub command: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}
