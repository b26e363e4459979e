//! When subjects are checked next, and rate limits. Changes to them need no audit entry.

mod check_schedule;
mod next_check;
pub mod pace;
mod subject;

pub use check_schedule::{CheckSchedule, DueCheck, KeptReport};
pub use next_check::StackCheckResult;
pub use subject::Subject;
