//! In-memory implementations of the ports, for tests. One contract suite tests [`MemoryStore`] and
//! the real table. [`Machine`] runs code that is generic over the ports one step at a time, in an
//! order that a seed determines; [`InTurn`] is where calls are delayed and fail.

mod bucket;
mod claims;
mod commit;
mod customers;
mod directory;
mod host;
mod in_turn;
mod inside;
mod issuer;
mod keys;
mod lists;
mod machine;
mod offering;
mod receipts;
mod requests;
mod schedules;
mod sessions;
mod sign_in;
mod store;

pub use bucket::MemoryBucket;
pub use claims::owners;
pub use customers::{
    Asked, AskedToIssue, FakeCustomers, FakeRole, FakeSession, FakeStack, Trouble,
};
pub use host::FakeHost;
pub use in_turn::{Gate, InTurn, Moment};
pub use issuer::{DISCOVERY, KEYS, ROOTS as ISSUER_ROOTS, SentForm, TestIssuer};
pub use keys::{FakeKeys, KeysOf, NoIssuers};
pub use machine::{Machine, Running, steps_of};
pub use offering::{companion_roles, offering, onboarding, template};
pub use receipts::MemoryQueue;
pub use sessions::{MemorySessions, PlainSealer};
pub use sign_in::FakeIssuer;
pub use store::MemoryStore;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panicking test reports its own failure; other tests can continue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
