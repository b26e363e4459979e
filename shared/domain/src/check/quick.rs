//! A quick check of an account that was recently healthy: verifies that the hub can still assume
//! the role, and that it can't do so without the external ID. Any deviation triggers a full check.

use super::observed::AssumeOutcome;
use crate::aws::Role;

/// The result of a quick check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuickCheck {
    /// The recorded role can be assumed with its external ID, and not without it.
    Healthy,
    /// The result differs from that of a healthy account.
    Changed,
    /// AWS returned no usable response.
    Unclear,
}

impl QuickCheck {
    /// Evaluates AssumeRole with the external ID; `None` if the call without it is also needed.
    pub fn of_positive(role: &Role, outcome: &AssumeOutcome) -> Option<Self> {
        match outcome {
            AssumeOutcome::Granted(granted)
                if granted.role_unique_id == role.unique_id
                    && &granted.account == role.arn.account() =>
            {
                None
            }
            AssumeOutcome::Granted(_) | AssumeOutcome::Refused => Some(Self::Changed),
            AssumeOutcome::RegionDisabled | AssumeOutcome::Forbidden(_) => Some(Self::Changed),
            AssumeOutcome::Throttled | AssumeOutcome::Unreachable | AssumeOutcome::HubDenied(_) => {
                Some(Self::Unclear)
            }
        }
    }

    /// Evaluates AssumeRole without an external ID, after the call with it was granted.
    pub fn of_negative(outcome: &AssumeOutcome) -> Self {
        match outcome {
            AssumeOutcome::Refused => Self::Healthy,
            AssumeOutcome::Granted(_) => Self::Changed,
            AssumeOutcome::RegionDisabled | AssumeOutcome::Forbidden(_) => Self::Changed,
            AssumeOutcome::Throttled | AssumeOutcome::Unreachable | AssumeOutcome::HubDenied(_) => {
                Self::Unclear
            }
        }
    }
}
