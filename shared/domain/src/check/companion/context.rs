//! The input of companion role checks.

use crate::aws::{AwsAccountId, StackId};
use crate::check::observed::{ObservedRole, Read, RoleFacts};
use crate::check::outcome::Outcome;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::ids::AccountId;
use crate::messages::CompanionMessage;
use crate::remedy::Remedy;
use crate::remedy::command::Command;
use std::collections::{BTreeMap, BTreeSet};

/// Facts about the account that the role belongs to.
#[derive(Debug, Clone, Copy)]
pub struct AccountFacts<'a> {
    /// The hub's own account, which no companion role may trust.
    pub hub: &'a AwsAccountId,
    /// The versions of customer-managed policies that the hub observed first, by ARN.
    pub known_policies: &'a BTreeMap<String, String>,
    /// Policies whose remembered version no longer exists.
    pub gone_versions: &'a BTreeSet<String>,
    /// The permissions boundary that the stack sets on all its roles.
    pub boundary: Option<&'a str>,
    /// The stack that creates the role, if it can be updated.
    pub stack: Option<&'a StackId>,
    /// The commands that CloudFormation requires before an update of the stack.
    pub before_update: &'a [Command],
    /// The tenant's other accounts that connect the same AWS account and have a role of this kind.
    pub duplicates: &'a [AccountId],
}

/// All input of a check.
pub(super) struct CompanionContext<'a> {
    pub(super) deployed: &'a DeployedRole,
    pub(super) observed: &'a ObservedRole,
    pub(super) account: &'a AccountFacts<'a>,
    /// `None` if the options in force are unknown.
    pub(super) expected: Option<ExpectedRole>,
}

impl CompanionContext<'_> {
    pub(super) fn role(&self) -> Option<&RoleFacts> {
        self.observed.role.seen()
    }

    /// The observed and the expected role, if both are known.
    pub(super) fn both(&self) -> Option<(&RoleFacts, &ExpectedRole)> {
        Some((self.role()?, self.expected.as_ref()?))
    }

    pub(super) fn role_name(&self) -> String {
        self.deployed.role_arn.name().to_owned()
    }
}

/// Returns the value that was read, or the outcome of a check that needed it.
pub(super) fn seen<T>(read: &Read<T>) -> Result<&T, Box<Outcome>> {
    let outcome = match read {
        Read::Seen(value) => return Ok(value),
        Read::Denied(denial) => {
            let action = denial.action;
            let message = CompanionMessage::HubRoleNotAllowed { action };
            Outcome::inconclusive(&message, Remedy::RestoreHubRole)
        }
        Read::NotFound => Outcome::skipped(&CompanionMessage::NoRole),
        Read::Throttled => Outcome::inconclusive(&CompanionMessage::Throttled, Remedy::TryAgain),
        Read::Unreachable => Outcome::inconclusive(&CompanionMessage::Unanswered, Remedy::TryAgain),
    };
    Err(Box::new(outcome))
}
