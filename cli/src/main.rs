//! `rolecall`: the hub's command line. Arguments become a request, its answer becomes a view.

use std::process::ExitCode;

use clap::Parser;
use rolecall_cli::args::Cli;
use rolecall_cli::environment::Environment;

fn main() -> ExitCode {
    let environment = Environment::read(&|name| std::env::var(name).ok());
    rolecall_cli::run(Cli::parse(), &environment).into()
}
