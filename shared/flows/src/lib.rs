//! What more than one function does: look at a customer's account, try to register it, check it
//! again, follow a leftover stack. Each flow reads, lets the domain decide, and commits; where a
//! record changed meanwhile it reads and decides again.

pub mod attempt;
pub mod check_account;
pub mod follow_stack;
pub mod hear_of_closing;
pub mod letting_go;
pub mod observe;
mod patience;
pub mod published;
pub mod update_role;
pub mod wind_up;

use rolecall_domain::Timestamp;
use rolecall_domain::check::Hub;
use rolecall_domain::ids::IdSeed;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store, StoreError};
use rolecall_domain::settings::Settings;

/// What a flow works with.
#[derive(Debug)]
pub struct Context<S, C, H> {
    pub store: S,
    pub customers: C,
    pub host: H,
    pub settings: Settings,
    pub hub: Hub,
}

/// Why a flow did not come to an end.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept changing the same records.
    #[error("the records kept changing")]
    Contended,
    /// A record is gone that is never deleted.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A commit met something that its change can't meet: a fault in the code.
    #[error("a commit was refused for a reason that it can't have")]
    Unexpected(#[source] CommitError),
}

impl FlowError {
    /// Whether the same again may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_)) | Self::Contended => true,
            // The same again costs little, and a person hears of it if it never passes.
            Self::Missing(_) | Self::Unexpected(_) => true,
            Self::Store(StoreError::Corrupt { .. }) => false,
        }
    }
}

/// Customers' accounts that one invocation works on at once. A check is up to nine calls at once,
/// nearly all of it waiting; with more, calls would wait for a small function's share of a
/// processor for so long that they time out.
pub const CHECKS_AT_ONCE: usize = 32;

/// How often a flow decides again before it gives up.
pub const DECISIONS: usize = 8;

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    pub fn now(&self) -> Timestamp {
        self.host.now()
    }

    /// What a new id is made from.
    pub fn id_seed(&self) -> IdSeed {
        IdSeed {
            at: self.now(),
            random: self.random(),
        }
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.host.fill(&mut bytes);
        bytes
    }

    /// A number in 0..1 that spreads what would otherwise happen at once.
    pub fn jitter(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.random())) / f64::from(u32::MAX)
    }
}

/// Sorts out a commit that must not fail but for a record that changed meanwhile:
/// true when it was applied, false when it is to be decided again.
///
/// # Errors
/// The store's, and [`FlowError::Unexpected`] for anything that the change can't have met.
pub fn applied(result: Result<(), CommitError>) -> Result<bool, FlowError> {
    match result {
        Ok(()) => Ok(true),
        Err(CommitError::Stale) => Ok(false),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(
            error @ (CommitError::Held(_)
            | CommitError::Connected(_)
            | CommitError::GroupClosed
            | CommitError::Answered
            | CommitError::KeyUsed),
        ) => Err(FlowError::Unexpected(error)),
    }
}
