//! The program, as an operator runs it.

mod failures;
mod help;
mod program;
