//! When something is checked next, and how often it may be asked for. This is no state: it changes
//! without an audit entry.

mod checkup;
mod next_check;
pub mod pace;
mod subject;

pub use checkup::{Checkup, DueCheck, KeptReport};
pub use next_check::StackLook;
pub use subject::Subject;
