//! Rolecall's promises, which must hold under any faults.

mod at_a_commit;
mod at_the_end;
mod credentials;
mod to_callers;

pub use at_a_commit::at_a_commit;
pub use at_the_end::in_the_end;
pub use credentials::{check_credentials, check_deregistration, is_deregistered};
pub use to_callers::{check_api_response, check_delivery, check_response_to_cloudformation};

use rolecall_domain::Timestamp;
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::audit::Record;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::template::TemplateId;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Every account, registration and refused stack holds its guards.
    Guards,
    /// A stack or role belongs to at most one account.
    OneAccount,
    /// A tenant connects an AWS account twice only if duplicates are allowed.
    OneConnection,
    /// An account's group exists.
    Group,
    /// Records only change in ways that their life cycle allows.
    Life,
    /// Every change has an audit entry, numbered without gaps, with the record after the change.
    Audit,
    /// Every CloudFormation request gets a response in time.
    Answered,
    /// All responses to one request are identical and well-formed.
    SameAnswer,
    /// Responses to CloudFormation and API callers are true.
    Told,
    /// An idempotency key creates at most one record.
    Idempotency,
    /// Every event arrives, there are no false events, and every record can be rebuilt from them.
    Delivered,
    /// A stack whose role is assumable is never gone.
    Gone,
    /// Every orphaned stack is tracked and has a next check.
    Orphans,
    /// Without faults, the stored state converges to the real state.
    Settled,
    /// Every link that the API shows has its template in the bucket, as it is on record.
    Published,
    /// The counters of each tenant equal its records.
    Counted,
    /// Who follows the feed of changes misses none.
    Feed,
    /// No credentials leave after a deregistration was answered, whose answer says until when the earlier
    /// ones live. Every issue has a receipt.
    KillSwitch,
    NoPanic,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    pub promise: Promise,
    pub what: String,
    pub at: Timestamp,
}

/// The state that the promises are checked against.
#[derive(Default)]
pub struct Book {
    /// Every record after its last commit.
    records: BTreeMap<String, Record>,
    /// Deleted records, with the number of their last entry.
    deleted: BTreeMap<String, u64>,
    stacks: BTreeMap<StackId, String>,
    roles: BTreeMap<RoleArn, String>,
    /// The record that each idempotency key created, by tenant, route and key.
    made: BTreeMap<(String, String, String), String>,
    /// All idempotency keys that were sent.
    pub asked: BTreeSet<String>,
    /// Stacks whose stack info was pasted and rejected, with the time of the first attempt.
    pasted: BTreeMap<(RegistrationId, StackId), Timestamp>,
    /// The templates of all links that the API showed.
    pub shown: BTreeSet<TemplateId>,
    /// When the deregistration of an account was first answered, and until when its sessions live
    /// according to the answer.
    deregistered: BTreeMap<String, (Timestamp, Option<Timestamp>)>,
    /// When the last session that was issued for an account ends.
    issued: BTreeMap<String, Timestamp>,
    /// The account that each registration created.
    connected: BTreeMap<String, String>,
}

impl Book {
    /// The account that a registration created, according to the responses.
    pub fn account_of(&self, registration_id: &str) -> Option<String> {
        self.connected.get(registration_id).cloned()
    }
}
