//! `rolecall-local`: the local hub, its customers' template, and the story.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use event_publisher::replay::Wanted;
use rolecall_domain::Timestamp;
use rolecall_local::aws::Account;
use rolecall_local::console::{self, Visit};
use rolecall_local::hub_file::HubFile;
use rolecall_local::lifecycle::{self, Options};
use rolecall_local::onboarding::{self, HubFacts};
use rolecall_local::paths::Tree;
use rolecall_local::progress::Progress;
use rolecall_local::replay;
use rolecall_local::stacks::{StackState, Stacks};

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
    /// Render the customers' template and publish it (here and on AWS)
    PublishTemplate(PublishArgs),
    /// Publish the audit entries that were given up, once the cause is mended (here and on AWS)
    ReplayEvents(ReplayArgs),
}

#[derive(Debug, Args)]
struct StackArgs {
    /// The hub's stack
    #[arg(long, default_value = rolecall_local::deploy::STACK_NAME)]
    stack_name: String,
    /// The hub's home Region (default: AWS_REGION)
    #[arg(long)]
    region: Option<String>,
}

#[derive(Debug, Args)]
struct ReplayArgs {
    #[command(flatten)]
    stack: StackArgs,
    /// Publish all entries of the table from this time on, instead of those in the dead-letter queue
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Publish the entries of this record only (grp_..., reg_..., acc_..., stk_...), from the table
    #[arg(long, value_name = "ID")]
    record: Option<String>,
}

impl ReplayArgs {
    fn wanted(&self) -> Option<Wanted> {
        (self.since.is_some() || self.record.is_some()).then(|| Wanted {
            since: self.since,
            record_id: self.record.clone(),
        })
    }
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
        }
    }
}

#[derive(Debug, Args)]
struct PublishArgs {
    #[command(flatten)]
    stack: StackArgs,
    /// An IAM policy document with what your product may do in customers' accounts
    #[arg(long, value_name = "FILE")]
    operator_policy: Option<PathBuf>,
    /// Write the rendered template to --out instead of publishing it
    #[arg(long, requires = "out")]
    render_only: bool,
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(hub) => up(&hub.options()).await,
        Command::Down => down().await,
        Command::WithHub { hub, command } => with_hub(&command, &hub.options()).await,
        Command::Demo { here } => rolecall_local::demo::run(here).await,
        Command::Customer(to_do) => console::visit(to_do).await.map(success),
        Command::PublishTemplate(arguments) => publish_template(arguments).await,
        Command::ReplayEvents(arguments) => replay_events(&arguments).await,
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

/// The hub, as the environment's credentials see it.
async fn hub_stack(stack: &StackArgs) -> Result<(Account, StackState)> {
    let account = Account::from_env(stack.region.as_deref())?;
    let stacks = Stacks::new(account.cloudformation());
    let hub = stacks.describe(&stack.stack_name).await?;
    Ok((account, hub))
}

async fn replay_events(arguments: &ReplayArgs) -> Result<ExitCode> {
    let stack = &arguments.stack;
    let (_, hub) = hub_stack(stack).await?;
    let wanted = arguments.wanted();
    let replayed = replay::run(&hub, stack.region.as_deref(), wanted.as_ref()).await?;
    replay::report(&replayed);
    Ok(success(replayed.left.is_empty()))
}

async fn publish_template(arguments: PublishArgs) -> Result<ExitCode> {
    let (account, hub) = hub_stack(&arguments.stack).await?;
    let template = Tree::default().onboarding_template();
    let policy = arguments.operator_policy.as_deref();
    if let (true, Some(out)) = (arguments.render_only, &arguments.out) {
        let source = std::fs::read_to_string(&template)?;
        let rendered = onboarding::render(&source, &HubFacts::from_outputs(&hub, policy)?)?;
        std::fs::write(out, &rendered.text)
            .with_context(|| format!("can't write {}", out.display()))?;
        println!("{} sha256 {}", rendered.version, rendered.sha256);
        return Ok(ExitCode::SUCCESS);
    }
    let published = onboarding::publish(&account, &hub, &template, policy).await?;
    if hub.parameters.get("DeletionProtection").map(String::as_str) == Some("false") {
        eprintln!(
            "note: the hub's table and user pool can be deleted by a single call. \
             Deploy the stack again with DeletionProtection=true."
        );
    }
    let state = if published.uploaded {
        "published"
    } else {
        "unchanged"
    };
    println!(
        "{state}: version {} sha256 {}",
        published.version, published.sha256
    );
    println!("{}", published.url);
    Ok(ExitCode::SUCCESS)
}

fn success(reached: bool) -> ExitCode {
    if reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no time such as 2026-11-28T12:00:00Z"))
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` is not KEY=VALUE"))
}
