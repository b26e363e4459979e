//! Rolecall's command line, over the hub's public API (infra/openapi.yaml).
//!
//! The way of a command: arguments ([`args`]) come down to a [`plan`] (a request and a view), the
//! [`hub`] is asked, the [`view`] is laid out on standard output. Only `connect` takes several steps.

pub mod args;
mod complaint;
pub mod connect;
pub mod environment;
pub mod exit;
pub mod failure;
pub mod hub;
pub mod output;
pub mod plan;
pub mod profiles;
pub mod request;
pub mod screen;
pub mod view;

use std::path::Path;
use std::time::Duration;

use clap::CommandFactory;
use serde_json::Value;

use args::{Cli, Format, Global, Task};
use environment::Environment;
use exit::Exit;
use failure::Failure;
use hub::{Address, Hub, Patience, Token};
use output::Output;
use plan::{Plan, Shown};
use screen::Screen;

/// Does what the command line says.
pub fn run(cli: Cli, environment: &Environment) -> Exit {
    let screen = Screen::new(environment.colourless);
    let output = Output::new(cli.global.output, environment.colourless);
    let result = perform(cli, environment, &screen, &output);
    result.unwrap_or_else(|failure| {
        complaint::tell(&failure, &screen);
        // The API's own JSON where there is any, and the same form where there is none.
        if output.format == Format::Json {
            drop(output.json(&failure.as_problem()));
        }
        failure.exit()
    })
}

fn perform(
    cli: Cli,
    environment: &Environment,
    screen: &Screen,
    output: &Output,
) -> Result<Exit, Failure> {
    let task = cli.command.task()?;
    if let Task::Completions(shell) = task {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "rolecall", &mut script);
        return output.text(&String::from_utf8_lossy(&script));
    }
    let hub = reach(&cli.global, environment, screen)?;
    match task {
        Task::Call(plan) => call(&hub, &plan, screen, output),
        Task::Connect(wish) => connect::run(&hub, wish, screen, output),
        Task::AwsConfig(wish) => match &wish.write {
            None => call(&hub, &wish.plan(), screen, output),
            Some(file) => profiles::write(&hub, &wish, file.as_deref(), environment, screen),
        },
        Task::Completions(_) => Ok(Exit::Done),
    }
}

/// The hub that the settings name. An argument wins over the environment.
fn reach<'a>(
    global: &Global,
    environment: &Environment,
    screen: &'a Screen,
) -> Result<Hub<'a>, Failure> {
    let url = global.api_url.as_ref().or(environment.api_url.as_ref());
    let url = url.ok_or_else(|| {
        Failure::Usage("Where is the hub? Set --api-url or ROLECALL_API_URL.".to_owned())
    })?;
    let address = Address::parse(url)?;
    let token = match (
        &global.token_file,
        &environment.token,
        &environment.token_file,
    ) {
        (Some(path), ..) => token_of(path)?,
        (None, Some(token), _) => token.clone(),
        (None, None, Some(path)) => token_of(Path::new(path))?,
        (None, None, None) => {
            return Err(Failure::NotSignedIn("There is no token.".to_owned()));
        }
    };
    let patience = Patience {
        pause: Duration::from_millis(global.retry_pause_ms),
    };
    Hub::new(address, token, patience, screen)
}

fn token_of(path: &Path) -> Result<Token, Failure> {
    let text = std::fs::read(path).and_then(|bytes| args::input::decoded(&bytes));
    text.map(Token::from).map_err(|error| {
        Failure::NotSignedIn(format!(
            "Can't read the token's file {}: {error}.",
            path.display()
        ))
    })
}

fn call(hub: &Hub, plan: &Plan, screen: &Screen, output: &Output) -> Result<Exit, Failure> {
    if plan.all_pages {
        return output.answer(&hub.all_pages(plan.request.clone())?, plan.shown);
    }
    let body = hub.call(&plan.request)?;
    let exit = output.answer(&body, plan.shown)?;
    if let (Format::Table, Some(cursor)) = (output.format, next_cursor(plan, &body)) {
        screen.note(&format!("There is more: --all, or --cursor {cursor}"));
    }
    Ok(exit)
}

fn next_cursor(plan: &Plan, body: &str) -> Option<String> {
    let Shown::By(_) = plan.shown else {
        return None;
    };
    let page: Value = serde_json::from_str(body).ok()?;
    page["next_cursor"].as_str().map(str::to_owned)
}
