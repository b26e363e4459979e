//! `rolecall-local customer`: replaces the AWS console, which the local hub does not have.

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::customer::Customer;
use crate::deploy::CUSTOMER_ACCOUNTS;
use crate::hub_file::{ENV, HubFile};
use crate::paths::Tree;
use rolecall_client::QuickCreateLink;

#[derive(Debug, Subcommand)]
pub enum CustomerCommand {
    /// Create the stack of a link, and wait until it is complete
    CreateStack(CreateStack),
    /// Print an onboarding template, which is read without credentials
    ///
    /// The emulator can read a --template-url only from the caller's own buckets. If a command has one,
    /// save the output to a file and pass --template-body file://... instead.
    Template {
        /// URL of the template (template_url of a registration)
        #[arg(value_name = "URL")]
        url: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateStack {
    /// Link of the registration (quick_create_url)
    #[arg(long, value_name = "URL")]
    link: String,
    /// AWS account of the customer
    #[arg(long, value_name = "AWS_ACCOUNT_ID", default_value = CUSTOMER_ACCOUNTS[0])]
    account: String,
}

/// Runs the command. Returns `false` if the stack failed.
pub async fn run(command: CustomerCommand) -> Result<bool> {
    let hub = hub()?;
    match command {
        CustomerCommand::CreateStack(arguments) => create_stack(&hub, &arguments).await,
        CustomerCommand::Template { url } => {
            let customer = Customer::new(CUSTOMER_ACCOUNTS[0], &hub.endpoint_url);
            print!("{}", customer.fetch_template(&url).await?);
            Ok(true)
        }
    }
}

/// The hub of `with-hub`, or the running hub.
fn hub() -> Result<HubFile> {
    let named = std::env::var_os(ENV).map(Into::into);
    HubFile::read(&named.unwrap_or_else(|| HubFile::path_in(&Tree::default().state_dir())))
}

async fn create_stack(hub: &HubFile, arguments: &CreateStack) -> Result<bool> {
    let customer = Customer::new(&arguments.account, &hub.endpoint_url);
    let link = QuickCreateLink::parse(&arguments.link)?;
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    println!("{} {} in {}", stack.name, stack.status, arguments.account);
    for event in customer.events(&stack_id).await? {
        if event.status.ends_with("_FAILED") {
            println!("  {} {}: {}", event.logical_id, event.status, event.reason);
        }
    }
    Ok(stack.is_complete())
}
