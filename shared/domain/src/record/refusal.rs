//! Why a step is refused, in words for the person who can act on it.

use crate::check::{Check, Report};
use crate::problem::Code;
use crate::remedy::{Reader, Remedy};

/// A refusal: what (the code), in one sentence, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub code: Code,
    pub detail: String,
    /// For a user of the tenant.
    user: String,
    /// For who creates the stack.
    customer: String,
    pub report: Option<Box<Report>>,
}

impl Refusal {
    pub fn new(code: Code, detail: impl Into<String>, remedy: &Remedy) -> Self {
        Self {
            code,
            detail: detail.into(),
            user: remedy.sentence(Reader::User),
            customer: remedy.sentence(Reader::Customer),
            report: None,
        }
    }

    /// What the report's decisive check says.
    pub fn of_report(code: Code, report: &Report) -> Self {
        let decisive = report.decisive();
        let detail = decisive.map_or_else(
            || "The verification did not pass.".to_owned(),
            |check| format!("{}: {}", check.code.as_str(), check.message),
        );
        let words = |words: fn(&Check) -> Option<&String>| {
            decisive.and_then(words).cloned().unwrap_or_default()
        };
        Self {
            code,
            detail,
            user: words(|check| check.remedy.as_ref()),
            customer: words(|check| check.remedy_for_customer.as_ref()),
            report: Some(Box::new(report.clone())),
        }
    }

    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// `<code>: <sentence> <remedy>`, for the stack's events: CloudFormation shows printable ASCII
    /// only.
    pub fn reason(&self) -> String {
        let text = format!("{}: {} {}", self.code.as_str(), self.detail, self.customer);
        let shown = |c: char| match c {
            ' '..='~' => c,
            c if c.is_control() => ' ',
            _ => '?',
        };
        text.trim_end().chars().map(shown).collect()
    }

    /// Sentence and remedy, as the API shows them.
    pub fn message(&self) -> String {
        format!("{} {}", self.detail, self.user)
            .trim_end()
            .to_owned()
    }
}
