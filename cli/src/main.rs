//! `rolecall`, the hub's command line.

use std::process::ExitCode;

use clap::Parser;
use rolecall_cli::args::Cli;
use rolecall_cli::config::Environment;

fn main() -> ExitCode {
    rolecall_cli::complete::run();
    let environment = Environment::read(&|name| std::env::var(name).ok());
    rolecall_cli::run(Cli::parse(), &environment).into()
}
