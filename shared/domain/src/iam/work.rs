//! How much is compared before a comparison is given up: a customer writes the policies, and one
//! thread compares them for many accounts.

use super::error::PolicyError;

/// What a verification may spend, in characters of patterns that are held against one another.
///
/// The role's own policies hold ten thousand characters. A policy of names takes a hundredth of this;
/// the rest is for patterns whose wildcards have to be tried again and again.
pub const MOST: u64 = 5_000_000;

/// A stock of work: characters are held against one another until it is used up.
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

    /// Patterns that were held against one another.
    pub fn comparisons(&self) -> u64 {
        self.comparisons
    }

    pub(super) fn compare(&mut self) {
        self.comparisons += 1;
    }

    /// # Errors
    /// When there is nothing left.
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
