//! The operator's brand: the product that a customer connects to, and the contact. Everything that customers
//! see shows it. The operator declares it in one file.

mod accent;
mod file;
mod link;
mod logo;

pub use accent::{Accent, DARK_BACKGROUND, LIGHT_BACKGROUND};
pub use file::BrandFile;
pub use link::{Contact, HttpsLink, Origin, ReturnUrl};
pub use logo::{Logo, LogoFormat, MAX_LOGO_BYTES};

use crate::messages::{BrandRule, Language, Rule};
use crate::text::{FieldError, checked_string};
use serde::{Deserialize, Serialize};

/// The characters that a name may contain in addition to letters, digits and spaces. None of them can end a
/// quoted text, because a name is in double quotes in YAML, in HTML attributes and in shell commands.
const MARKS: &str = ". , - _ + & ' ( ) / : ? @ #";
const MAX_NAME: usize = 64;

checked_string!(
    /// A name for templates and stacks: 1 to 64 ASCII characters, a letter or a digit first.
    AsciiName,
    |text| {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let legal = |c: char| c.is_ascii_alphanumeric() || MARKS.contains(c);
        if !first || !text.chars().all(legal) {
            let rule = BrandRule::NotAnAsciiName { marks: MARKS };
            return Err(FieldError::new("invalid", Rule::Brand { rule }));
        }
        if text.len() > MAX_NAME {
            return Err(FieldError::new("too_long", Rule::TooLong { most: MAX_NAME }));
        }
        Ok(())
    }
);

/// The name of the operator's product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub en: String,
    pub ja: String,
    /// For templates and stacks.
    pub ascii: AsciiName,
}

impl Product {
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Japanese => &self.ja,
        }
    }
}

/// If nothing is published, the [default](Brand::default).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    pub product: Product,
    /// Always present in a published brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_page: Option<HttpsLink>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    pub accent: Accent,
    pub default_language: Language,
    /// The origins that pages may send a customer back to, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub return_origins: Vec<Origin>,
}

impl Brand {
    /// Whether pages may send a customer back to this URL: its whole origin is one of
    /// [`return_origins`](Self::return_origins), as browsers parse it.
    pub fn allows_return_url(&self, url: &str) -> bool {
        let origin = Origin::of_url(url);
        origin.is_some_and(|origin| self.return_origins.contains(&origin))
    }
}

impl Default for Brand {
    fn default() -> Self {
        let name = "Rolecall".to_owned();
        Self {
            product: Product {
                en: name.clone(),
                ja: name.clone(),
                ascii: AsciiName(name),
            },
            contact: None,
            security_page: None,
            logo: None,
            accent: Accent::default(),
            default_language: Language::default(),
            return_origins: Vec::new(),
        }
    }
}
