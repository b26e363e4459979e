//! `rolecall-local`: the local hub and the demo.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use rolecall_local::console::{self, Visit};
use rolecall_local::deploy::Options;
use rolecall_local::hub_file::HubFile;
use rolecall_local::lifecycle;
use rolecall_local::paths::Tree;
use rolecall_local::progress::Progress;

/// Rolecall's local hub.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the emulator, deploy the hub and write .local/hub.json
    Up(HubArgs),
    /// Stop what `up` started
    Down,
    /// Run a command with a hub of its own; ROLECALL_HUB names its hub.json
    WithHub {
        #[command(flatten)]
        hub: HubArgs,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Play the whole story, on a hub of its own
    Demo {
        /// Play it on the hub that is up, to look around in afterwards
        #[arg(long)]
        here: bool,
    },
    /// Do what a customer does in the AWS console, on the hub that is up
    #[command(subcommand)]
    Customer(Visit),
}

#[derive(Debug, Args)]
struct HubArgs {
    /// Listen here instead of on a free port
    #[arg(long)]
    port: Option<u16>,
    /// A hub stack parameter that differs from the local hub's
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = key_value)]
    parameters: Vec<(String, String)>,
}

impl HubArgs {
    fn options(self) -> Options {
        Options {
            port: self.port,
            parameters: BTreeMap::from_iter(self.parameters),
            functions_endpoint_url: None,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(hub) => up(&hub.options()).await,
        Command::Down => down().await,
        Command::WithHub { hub, command } => with_hub(&command, &hub.options()).await,
        Command::Demo { here } => rolecall_local::demo::run(here).await,
        Command::Customer(to_do) => console::visit(to_do).await.map(success),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

async fn up(options: &Options) -> Result<ExitCode> {
    let state_dir = Tree::default().state_dir();
    let progress = Progress::new();
    if let Some(file) = lifecycle::running(&state_dir).await {
        let file = lifecycle::renew_tokens(&state_dir, file).await?;
        progress.say("The local hub is already up; its tokens are fresh.");
        describe(&file);
        return Ok(ExitCode::SUCCESS);
    }
    // A hub that does not answer any more is in the way of the next one.
    lifecycle::stop(&state_dir).await?;
    let file = lifecycle::start(&state_dir, options, &progress).await?;
    progress.say(&format!(
        "The local hub is up after {}.",
        progress.elapsed()
    ));
    describe(&file);
    Ok(ExitCode::SUCCESS)
}

fn describe(file: &HubFile) {
    println!("  API        {}", file.api_url);
    println!("  AWS        {}", file.endpoint_url);
    println!("  template   {}", file.template_url);
    println!("  customers  {}", file.customer_account_ids.join(", "));
    println!(
        "  tenants    {} (their tokens are in .local/hub.json)",
        tenants(file)
    );
    println!("  log        {}", file.emulator.log_file.display());
}

fn tenants(file: &HubFile) -> String {
    file.tokens.keys().cloned().collect::<Vec<_>>().join(", ")
}

async fn down() -> Result<ExitCode> {
    let stopped = lifecycle::stop(&Tree::default().state_dir()).await?;
    println!(
        "{}",
        if stopped {
            "The local hub is stopped."
        } else {
            "No local hub was up."
        }
    );
    Ok(ExitCode::SUCCESS)
}

async fn with_hub(command: &[String], options: &Options) -> Result<ExitCode> {
    let status = lifecycle::with_hub(command, options).await?;
    // A command ended by a signal has no code; shells say 128 + n, we just fail.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn success(reached: bool) -> ExitCode {
    if reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` is not KEY=VALUE"))
}
