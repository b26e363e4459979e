//! `rolecall-local`: the local hub and the demo.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use rolecall_local::console::{self, CustomerCommand};
use rolecall_local::deploy::Options;
use rolecall_local::hub_file::HubFile;
use rolecall_local::lifecycle;
use rolecall_local::paths::Tree;
use rolecall_local::progress::Progress;

/// Run a Rolecall hub on this machine
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
    /// Stop the hub that `up` started
    Down,
    /// Run a command with a temporary hub; ROLECALL_HUB is the path of its hub.json
    WithHub {
        #[command(flatten)]
        hub: HubArgs,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Run the narrated demo on a temporary hub
    Demo {
        /// Use the running hub, so that you can explore it afterwards
        #[arg(long)]
        here: bool,
    },
    /// Act as a customer in the AWS console, on the running hub
    #[command(subcommand)]
    Customer(CustomerCommand),
}

#[derive(Debug, Args)]
struct HubArgs {
    /// Port of the emulator [default: a free port]
    #[arg(long)]
    port: Option<u16>,
    /// Parameter of the hub's stack, in place of the local default; repeat for more
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

    /// Links stay valid for an hour, so that people have the time to click through the pages.
    fn options_for_people(self) -> Options {
        let mut options = self.options();
        let lifetime = options
            .parameters
            .entry("RegistrationTtlSeconds".to_owned());
        lifetime.or_insert_with(|| "3600".to_owned());
        options
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(hub) => up(&hub.options_for_people()).await,
        Command::Down => down().await,
        Command::WithHub { hub, command } => with_hub(&command, &hub.options()).await,
        Command::Demo { here } => rolecall_local::demo::run(here).await,
        Command::Customer(command) => console::run(command).await.map(success),
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
        progress.print("The local hub is already running. Its tokens were renewed.");
        describe(&file);
        return Ok(ExitCode::SUCCESS);
    }
    // Stops a hub that no longer responds.
    lifecycle::stop(&state_dir).await?;
    let file = lifecycle::start(&state_dir, options, &progress).await?;
    progress.print(&format!(
        "The local hub is ready after {}.",
        progress.elapsed()
    ));
    describe(&file);
    Ok(ExitCode::SUCCESS)
}

fn describe(file: &HubFile) {
    println!("  API        {}", file.api_url);
    println!("  console    {}", file.console_url);
    for (email, user) in &file.users {
        println!(
            "             {email} {} ({} of {})",
            user.password, user.role, user.tenant
        );
    }
    println!("  AWS        {}", file.endpoint_url);
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
            "Stopped the local hub."
        } else {
            "No local hub is running."
        }
    );
    Ok(ExitCode::SUCCESS)
}

async fn with_hub(command: &[String], options: &Options) -> Result<ExitCode> {
    let status = lifecycle::with_hub(command, options).await?;
    // A command that was ended by a signal has no exit code, and counts as a failure.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn success(succeeded: bool) -> ExitCode {
    if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` must have the form KEY=VALUE"))
}
