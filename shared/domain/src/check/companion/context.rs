//! What a check of a companion role may look at.

use crate::aws::{AwsAccountId, StackId};
use crate::check::observed::{ObservedRole, Read, RoleFacts};
use crate::check::outcome::Outcome;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::ids::AccountId;
use crate::messages::CompanionMessage;
use crate::remedy::Remedy;
use std::collections::BTreeMap;

/// What else is known of the role's account.
#[derive(Debug, Clone, Copy)]
pub struct AccountFacts<'a> {
    /// The hub's own account: no companion role is for it.
    pub hub: &'a AwsAccountId,
    /// Which versions of the customer's own policies the hub saw first, by ARN.
    pub known_policies: &'a BTreeMap<String, String>,
    /// The permissions boundary that the stack gives all its roles.
    pub boundary: Option<&'a str>,
    /// The stack that makes the role, where it can be updated.
    pub stack: Option<&'a StackId>,
    /// The tenant's other accounts that have such a role in the same AWS account.
    pub alike: &'a [AccountId],
}

/// All that a check may look at.
pub(super) struct CompanionContext<'a> {
    pub(super) deployed: &'a DeployedRole,
    pub(super) observed: &'a ObservedRole,
    pub(super) account: &'a AccountFacts<'a>,
    /// None where the options in force are not known.
    pub(super) expected: Option<ExpectedRole>,
}

impl CompanionContext<'_> {
    pub(super) fn role(&self) -> Option<&RoleFacts> {
        self.observed.role.seen()
    }

    /// The role as it is and as it should be, where both are known.
    pub(super) fn both(&self) -> Option<(&RoleFacts, &ExpectedRole)> {
        Some((self.role()?, self.expected.as_ref()?))
    }

    pub(super) fn role_name(&self) -> String {
        self.deployed.role_arn.name().to_owned()
    }
}

/// What was read, or what a check comes to without it.
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
