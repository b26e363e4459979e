//! Credentials for customers' accounts: which service receives which credentials, and for how long.
//!
//! A session is limited to one access profile, and issued only while the account is active and its proof is
//! fresh. [`decide`] makes the decision, and a [`Receipt`] records each session.

mod decision;
mod issued;
mod proof;
mod receipt;
mod request;
mod session;

pub use decision::{Decision, IssueRefusal, Known, decide, is_still_valid};
pub use issued::Credentials;
pub use proof::{BrokerProof, Finding, PROOF_KEPT_FOR, ProofResult};
pub use receipt::{RECEIPT_KEPT_FOR, Receipt};
pub use request::{
    DEFAULT_SECONDS, GivenName, IssueRequest, LEAST_SECONDS, MOST_SECONDS, SessionSeconds,
};
pub use session::{SessionName, SessionPolicy};
