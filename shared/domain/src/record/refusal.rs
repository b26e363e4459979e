//! The reason why a request is rejected, written for the person who can act on it.

use crate::check::{Check, Report};
use crate::messages::{Language, Localized, Message, Reason};
use crate::problem::Code;
use crate::remedy::{Reader, Remedy};
use serde::{Deserialize, Serialize};

/// A rejection: its code, the reason, and the remedy.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub code: Code,
    texts: Box<Texts>,
    pub report: Option<Box<Report>>,
}

/// What is wrong and what to do, for one reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Explanation {
    pub title: Localized,
    pub detail: Localized,
    pub remedy: Localized,
    /// For a shell with the AWS CLI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Texts {
    detail: Localized,
    /// For a user of the tenant.
    user: Localized,
    /// For the person who creates the stack.
    customer: Localized,
}

impl Refusal {
    pub fn new(code: Code, detail: &impl Message, remedy: &Remedy) -> Self {
        Self {
            code,
            texts: Box::new(Texts {
                detail: detail.localized(),
                user: remedy.instruction(Reader::User),
                customer: remedy.instruction(Reader::Customer),
            }),
            report: None,
        }
    }

    /// Builds a rejection from the report's decisive check.
    pub fn of_report(code: Code, report: &Report) -> Self {
        let decisive = report.decisive();
        let detail = decisive.map_or_else(
            || Reason::NotVerified.localized(),
            |check| {
                let code = Localized::untranslated(format!("{}: ", check.code.as_str()));
                code.joined(&check.message)
            },
        );
        let words = |words: fn(&Check) -> Option<&Localized>| {
            decisive.and_then(words).cloned().unwrap_or_default()
        };
        Self {
            code,
            texts: Box::new(Texts {
                detail,
                user: words(|check| check.remedy.as_ref()),
                customer: words(|check| check.remedy_for_customer.as_ref()),
            }),
            report: Some(Box::new(report.clone())),
        }
    }

    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// `<code>: <sentence> <remedy>` for the stack's events. CloudFormation shows only printable
    /// ASCII.
    pub fn reason(&self) -> String {
        let Texts {
            detail, customer, ..
        } = &*self.texts;
        let text = detail.then(customer).text(Language::English);
        let text = format!("{}: {text}", self.code.as_str());
        let shown = |c: char| match c {
            ' '..='~' => c,
            c if c.is_control() => ' ',
            _ => '?',
        };
        text.trim_end().chars().map(shown).collect()
    }

    /// What is wrong and what to do, for the person who creates the stack.
    pub fn for_customer(&self) -> Explanation {
        let decisive = self.report.as_deref().and_then(Report::decisive);
        Explanation {
            title: decisive.map_or_else(|| self.code.title().localized(), Check::title),
            detail: decisive.map_or_else(|| self.texts.detail.clone(), |it| it.message.clone()),
            remedy: self.texts.customer.clone(),
            command: decisive.and_then(|check| check.command.clone()),
        }
    }

    /// The reason and the remedy, for a user of the tenant.
    pub fn message(&self) -> Localized {
        self.texts.detail.then(&self.texts.user)
    }
}
