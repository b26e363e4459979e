//! The ports in memory, for tests: they really behave. One contract suite holds [`MemoryStore`]
//! and the real table to the same promises.

mod checkups;
mod commit;
mod customers;
mod host;
mod keys;
mod lists;
mod requests;
mod store;

pub use customers::{Asked, FakeCustomers, FakeRole, FakeSession, FakeStack, Trouble};
pub use host::FakeHost;
pub use keys::FakeKeys;
pub use store::MemoryStore;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A test that panicked says so itself; the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
