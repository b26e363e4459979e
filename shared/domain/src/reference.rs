//! The reference pages of error codes and check codes: one page per code, in every language.

use crate::check::CheckCode;
use crate::messages::{Language, Message, ReferenceLabel};
use crate::problem::Code;

/// The subject of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Error(Code),
    Check(CheckCode),
}

impl Topic {
    pub fn all() -> impl Iterator<Item = Self> {
        let errors = Code::ALL.iter().copied().map(Self::Error);
        errors.chain(CheckCode::ALL.iter().copied().map(Self::Check))
    }

    pub fn find(code: &str) -> Option<Self> {
        Self::all().find(|topic| topic.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Error(code) => code.as_str(),
            Self::Check(code) => code.as_str(),
        }
    }

    /// An error's title, or the title of a failed check.
    pub fn title(self, language: Language) -> String {
        match self {
            Self::Error(code) => code.title().text(language),
            Self::Check(code) => code.failed_title().text(language),
        }
    }

    /// The code's meaning, and what to do about it.
    pub fn explanation(self, language: Language) -> String {
        match self {
            Self::Error(code) => code.reference().text(language),
            Self::Check(code) => code.reference().text(language),
        }
    }

    /// Whether it is an error code or a check code.
    pub fn kind(self) -> ReferenceLabel {
        match self {
            Self::Error(_) => ReferenceLabel::Error,
            Self::Check(_) => ReferenceLabel::Check,
        }
    }

    /// An error's HTTP status, or both titles of a check.
    pub fn facts(self, language: Language) -> Vec<(ReferenceLabel, String)> {
        match self {
            Self::Error(code) => vec![(ReferenceLabel::Status, code.status().to_string())],
            Self::Check(code) => vec![
                (ReferenceLabel::Passed, code.passed_title().text(language)),
                (ReferenceLabel::Failed, code.failed_title().text(language)),
            ],
        }
    }
}
