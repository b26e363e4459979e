//! The work budget of policy comparisons. Customers write the policies, and one thread compares
//! them for many accounts.

use super::error::PolicyError;

/// The budget of one verification, in compared pattern characters.
///
/// A role's own policies have up to ten thousand characters. Policies without wildcards use about
/// 1% of the budget; the rest is for patterns whose wildcards need backtracking.
pub const MOST: u64 = 5_000_000;

/// A budget that is spent on comparisons.
#[derive(Debug, Clone)]
pub struct Work {
    left: u64,
    comparisons: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            left: MOST,
            comparisons: 0,
        }
    }
}

impl Work {
    pub fn spent(&self) -> u64 {
        MOST - self.left
    }

    /// The number of compared pairs of patterns.
    pub fn comparisons(&self) -> u64 {
        self.comparisons
    }

    pub(super) fn compare(&mut self) {
        self.comparisons += 1;
    }

    /// # Errors
    /// If the budget is used up.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), PolicyError> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(PolicyError::TooLarge)
            }
        }
    }
}
