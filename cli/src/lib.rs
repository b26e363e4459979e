//! Rolecall's command line, a client of the hub's public API (infra/openapi.yaml).
//!
//! Arguments ([`args`]) become a [`command`]: a request and a view. The [`client`] sends the request, and
//! the [`view`] lays out the response on the [`terminal`]. Only [`connect`] and the sign-in need more than
//! one request.

// Text of any language can't be cut at a number of bytes.
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod args;
pub mod aws;
mod browser;
pub mod client;
pub mod command;
pub mod complete;
pub mod config;
pub mod connect;
pub mod context;
mod contexts;
mod credentials;
pub mod error;
mod exec;
pub mod export;
mod files;
mod http;
mod ids;
mod login;
mod logout;
mod oidc;
mod resolve;
pub mod session;
pub mod terminal;
pub mod view;
mod whoami;
pub mod workload_token;

use serde_json::Value;

use args::{Action, Cli};
use client::Client;
use command::Command;
use config::Environment;
use error::{Error, Exit};
use ids::Named;
use terminal::{Format, Output, Terminal};
use view::View;
use view::clock::Clock;

/// The global options, and the environment variables.
type Settings<'a> = (&'a args::Global, &'a Environment);

/// Runs the command line.
pub fn run(cli: Cli, environment: &Environment) -> Exit {
    let clock = || Clock::new(config::now(), environment.time_zone.as_deref());
    let terminal = Terminal::new(environment.no_color, clock);
    let output = Output::new(cli.global.format(), environment.no_color, clock);
    run_action(cli, environment, &terminal, &output).unwrap_or_else(|error| {
        terminal.print_error(&error);
        if output.format == Format::Json {
            drop(output.json(&error.as_problem()));
        }
        error.exit()
    })
}

fn run_action(
    cli: Cli,
    environment: &Environment,
    terminal: &Terminal,
    output: &Output,
) -> Result<Exit, Error> {
    let (global, mut command) = (&cli.global, cli.command);
    let notify = |line: &str| terminal.note(line);
    let settings = (global, environment);
    command.check_scope(global)?;
    if let Some(group) = command.missing_group() {
        *group = Some(config::default_group(global, environment)?);
    }
    let client = || config::client(global, environment, &notify);
    let named = command.named();
    let resolving = match named.iter().all(Named::is_id) {
        true => None,
        false => {
            let client = client()?;
            resolve::all(&client, named)?;
            Some(client)
        }
    };
    let client = || resolving.map_or_else(client, Ok);
    let action = command.action()?;
    match action {
        Action::Completions(shell) => {
            let script = complete::script(shell).map_err(|source| Error::LocalFile {
                message: "Could not write the script.".to_owned(),
                source: Some(source),
            })?;
            output.text(&String::from_utf8_lossy(&script))
        }
        Action::Login(args) => login::run(settings, &args, terminal),
        Action::Logout => logout::run(settings, terminal),
        Action::Whoami => whoami::run(settings, &notify, output),
        Action::Context(command) => contexts::run(settings, command, terminal, output),
        Action::Call(command) => call(&client()?, &command, terminal, output),
        Action::Connect(args) => connect::run(&client()?, args, terminal, output),
        Action::Credentials(args) => credentials::print(settings, &args, &notify, output),
        Action::Exec(args) => exec::run(settings, &args, &notify),
        Action::Export(args) => export::run(&client()?, &args, settings, terminal, output),
        Action::WorkloadToken(args) => workload_token::run(&args, &environment.aws, terminal),
    }
}

fn call(
    client: &Client,
    command: &Command,
    terminal: &Terminal,
    output: &Output,
) -> Result<Exit, Error> {
    if let Some(confirmation) = &command.confirmation
        && terminal.can_ask()
    {
        let subject = client.call_json(&confirmation.subject)?;
        if !terminal.confirm(&(confirmation.question)(&subject)) {
            return Err(Error::Canceled);
        }
    }
    if command.all_pages {
        let page = client.all_pages(command.request.clone())?;
        return output.response(&page, command.view);
    }
    let body = client.call(&command.request)?;
    let exit = output.response(&body, command.view)?;
    if let (Format::Table, Some(cursor)) = (output.format, next_cursor(command, &body)) {
        terminal.note(&format!(
            "More results are available: use --all, or --cursor {cursor}"
        ));
    }
    Ok(exit)
}

fn next_cursor(command: &Command, body: &str) -> Option<String> {
    let View::Sections(_) = command.view else {
        return None;
    };
    let page: Value = serde_json::from_str(body).ok()?;
    page["next_cursor"].as_str().map(str::to_owned)
}
