//! When something is checked next, and how often it may be asked for. This is no state: it changes
//! without an audit entry.

mod check_schedule;
mod next_check;
pub mod pace;
mod subject;

pub use check_schedule::{CheckSchedule, DueCheck, KeptReport};
pub use next_check::StackCheckResult;
pub use subject::Subject;
