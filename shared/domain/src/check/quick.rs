//! A quick check at a role that was in good order not long ago: enough to see that the hub can still use
//! it and that nobody can without its external ID. Whatever looks different is looked at in full.

use super::observed::AssumeOutcome;
use crate::aws::Role;

/// What a quick check shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuickCheck {
    /// The recorded role answers to its external ID, and not without.
    Healthy,
    /// Something is not as it was.
    Changed,
    /// AWS gave no usable answer.
    Unclear,
}

impl QuickCheck {
    /// What AssumeRole with the external ID says; none when the one without has to be asked too.
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
            AssumeOutcome::Throttled | AssumeOutcome::Unreachable => Some(Self::Unclear),
        }
    }

    /// What AssumeRole without an external ID says, after the one with it was granted.
    pub fn of_negative(outcome: &AssumeOutcome) -> Self {
        match outcome {
            AssumeOutcome::Refused => Self::Healthy,
            AssumeOutcome::Granted(_) => Self::Changed,
            AssumeOutcome::RegionDisabled | AssumeOutcome::Forbidden(_) => Self::Changed,
            AssumeOutcome::Throttled | AssumeOutcome::Unreachable => Self::Unclear,
        }
    }
}
