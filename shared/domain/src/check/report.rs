//! The result of a verification: all checks by code, and a verdict.

pub use crate::messages::CheckCode;

use super::observed::StackStatus;
use crate::access::ProfileName;
use crate::aws::{RoleArn, SeenStack};
use crate::companion::Kind;
use crate::messages::{Detail, Localized, Message, OpenTitle};
use crate::remedy::{Reader, Remedy};
use crate::template::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The evidence key for a stack with termination protection.
pub(super) const STACK_PROTECTED: &str = "stack_protected";

/// The evidence key for the stack's status.
pub(super) const STACK_STATUS: &str = "stack_status";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub verdict: Verdict,
    pub checked_at: Timestamp,
    pub checks: Vec<Check>,
    /// The access profiles of the stack's template, if the hub has a record of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Vec<ProfileName>>,
    /// The template to which the link in this report updates the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Box<Template>>,
    /// Reports of companion roles. They don't affect the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companion_roles: Vec<CompanionReport>,
    /// The versions of customer-managed policies that the hub observed first, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given_policies: BTreeMap<String, String>,
    /// The stack as last read, in this check or an earlier one.
    #[serde(default, skip_serializing_if = "SeenStack::is_default")]
    pub stack: SeenStack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Passed,
    Failed,
    Inconclusive,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub code: CheckCode,
    pub status: CheckStatus,
    /// The finding and its meaning, for readers who don't know IAM.
    pub message: Localized,
    /// What a user of the tenant can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Localized>,
    /// The same for the person who creates the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_for_customer: Option<Localized>,
    /// The same for the customer whose account is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_for_connected_customer: Option<Localized>,
    /// The command that fixes it, for a shell with the AWS CLI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Facts by name; never a token or an external ID.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Passed,
    Failed,
    Warning,
    Inconclusive,
    Skipped,
}

/// How a stack's template compares with the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateComparison<'a> {
    Skipped,
    Same,
    /// A description of the difference.
    Different(&'a Localized),
}

impl Verdict {
    /// A failed check outweighs an inconclusive one, which outweighs passed ones.
    pub fn of(statuses: impl Iterator<Item = CheckStatus> + Clone) -> Self {
        let any = |status| statuses.clone().any(|one| one == status);
        if any(CheckStatus::Failed) {
            Self::Failed
        } else if any(CheckStatus::Inconclusive) {
            Self::Inconclusive
        } else {
            Self::Passed
        }
    }
}

impl Report {
    pub fn new(checked_at: Timestamp, checks: Vec<Check>) -> Self {
        Self {
            verdict: Verdict::of(checks.iter().map(|check| check.status)),
            checked_at,
            checks,
            access: None,
            update: None,
            companion_roles: Vec::new(),
            given_policies: BTreeMap::new(),
            stack: SeenStack::default(),
        }
    }

    /// A report for rejections that are not based on a check.
    pub fn failed_without_checks(checked_at: Timestamp) -> Self {
        Self {
            verdict: Verdict::Failed,
            checked_at,
            checks: Vec::new(),
            access: None,
            update: None,
            companion_roles: Vec::new(),
            given_policies: BTreeMap::new(),
            stack: SeenStack::default(),
        }
    }

    /// A report for verifications that did not finish in time.
    pub fn out_of_time(checked_at: Timestamp) -> Self {
        let check = Check {
            code: CheckCode::RoleUnassumable,
            status: CheckStatus::Inconclusive,
            message: Detail::AwsTimedOut.localized(),
            remedy: Some(Remedy::TryAgain.instruction(Reader::User)),
            remedy_for_customer: None,
            remedy_for_connected_customer: None,
            command: None,
            evidence: BTreeMap::new(),
        };
        Self::new(checked_at, vec![check])
    }

    /// The first check whose status determined the verdict.
    pub fn decisive(&self) -> Option<&Check> {
        let wanted = match self.verdict {
            Verdict::Passed => return None,
            Verdict::Failed => CheckStatus::Failed,
            Verdict::Inconclusive => CheckStatus::Inconclusive,
        };
        self.checks.iter().find(|check| check.status == wanted)
    }

    /// The command that CloudFormation requires before an update of the stack; `None` if it accepts
    /// one.
    pub fn before_update(&self) -> Option<&str> {
        let mut checks = self.checks.iter();
        let status = checks.find(|check| check.code == CheckCode::StackUnexpectedState)?;
        let named = status.evidence.get(STACK_STATUS)?.first()?;
        let needed = StackStatus::parse(named).needs_rollback();
        status.command.as_deref().filter(|_| needed)
    }

    pub fn template_comparison(&self) -> TemplateComparison<'_> {
        let mut checks = self.checks.iter();
        let check = checks.find(|check| check.code == CheckCode::TemplateOutdated);
        match check.map(|check| (check.status, &check.message)) {
            Some((CheckStatus::Passed, _)) => TemplateComparison::Same,
            Some((CheckStatus::Warning, message)) => TemplateComparison::Different(message),
            _ => TemplateComparison::Skipped,
        }
    }

    pub fn status_of(&self, code: CheckCode) -> Option<CheckStatus> {
        self.checks
            .iter()
            .find(|check| check.code == code)
            .map(|check| check.status)
    }
}

impl Check {
    /// The title that matches the check's status.
    pub fn title(&self) -> Localized {
        let title = self.code.passed_title();
        match self.status {
            CheckStatus::Passed => title,
            CheckStatus::Failed | CheckStatus::Warning => self.code.failed_title(),
            CheckStatus::Inconclusive => OpenTitle::Inconclusive { title }.localized(),
            CheckStatus::Skipped => OpenTitle::Skipped { title }.localized(),
        }
    }
}

/// The results of one companion role's checks. They say nothing about the hub's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanionReport {
    pub kind: Kind,
    pub role_arn: RoleArn,
    pub verdict: Verdict,
    pub checks: Vec<Check>,
}
