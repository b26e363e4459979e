//! Tests of the program as an operator runs it.

mod failures;
mod help;
mod program;
