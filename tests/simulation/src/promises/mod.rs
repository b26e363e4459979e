//! What Rolecall promises, whatever goes wrong.

mod at_a_commit;
mod at_the_end;
mod to_callers;

pub use at_a_commit::at_a_commit;
pub use at_the_end::in_the_end;
pub use to_callers::{about_a_delivery, about_a_response, about_an_answer};

use rolecall_domain::Timestamp;
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::audit::Record;
use rolecall_domain::ids::RegistrationId;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// No account without its guards, no registration and no refused stack either.
    Guards,
    /// No stack, and no role, in two accounts.
    OneAccount,
    /// The same AWS account twice in a tenant only where that was allowed.
    OneConnection,
    /// An account's group exists.
    Group,
    /// Only steps that the life of a record has.
    Life,
    /// Every step has its entry, numbered without a gap, that tells the record as it then is.
    Audit,
    /// Every CloudFormation request is answered, in time.
    Answered,
    /// All answers to one request are the same, and well-formed.
    SameAnswer,
    /// What CloudFormation and callers are told is so.
    Told,
    /// One idempotency key, one thing made.
    Idempotency,
    /// Every event arrives, and none that did not happen; every record can be told from them.
    Delivered,
    /// No stack is called gone whose role still answers.
    Gone,
    /// No orphaned stack is forgotten, and each has its next check.
    Orphans,
    /// When nothing fails any more, what is recorded becomes what is true.
    Settled,
    NoPanic,
}

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    pub promise: Promise,
    pub what: String,
    pub at: Timestamp,
}

/// What was promised so far.
#[derive(Default)]
pub struct Book {
    /// Every record as the commits made it.
    records: BTreeMap<String, Record>,
    /// Deleted ones: what the last entry said.
    deleted: BTreeMap<String, u64>,
    stacks: BTreeMap<StackId, String>,
    roles: BTreeMap<RoleArn, String>,
    /// What each idempotency key made, by tenant, route and key.
    made: BTreeMap<(String, String, String), String>,
    /// Every idempotency key that was sent.
    pub asked: BTreeSet<String>,
    /// Stacks whose paste for a registration was refused, and when first.
    pasted: BTreeMap<(RegistrationId, StackId), Timestamp>,
    /// The account that a registration led to.
    connected: BTreeMap<String, String>,
}

impl Book {
    /// The account that a registration is said to have led to.
    pub fn account_of(&self, registration_id: &str) -> Option<String> {
        self.connected.get(registration_id).cloned()
    }
}
