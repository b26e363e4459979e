//! Parses the arguments, runs one command, and returns its exit code.

// The retries compile to one deeply nested future.
#![recursion_limit = "256"]

use std::process::ExitCode;

use clap::Parser;
use rolecall_admin::args::{Cli, Command};
use rolecall_admin::{publish, replay, users};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Publish(arguments) => publish::run(&arguments).await,
        Command::ReplayEvents(arguments) => replay::run(&arguments).await,
        Command::Users(command) => users::run(&command).await,
    };
    let exit = done.unwrap_or_else(|error| {
        eprintln!("{}", error.report());
        error.exit()
    });
    exit.into()
}
