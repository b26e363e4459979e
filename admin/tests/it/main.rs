//! Tests of the program as an operator runs it.

mod failures;
mod fake_aws;
mod files;
mod help;
mod program;
mod publishing;
mod replaying;
