//! `rolecall-local customer`: what a customer does in the AWS console, which the local hub has not got.

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::customer::Customer;
use crate::deploy::CUSTOMER_ACCOUNTS;
use crate::hub_file::{ENV, HubFile};
use crate::paths::Tree;
use rolecall_client::QuickCreateLink;

#[derive(Debug, Subcommand)]
pub enum Visit {
    /// Open the link, tick the box, press "Create stack", and wait for the end
    CreateStack(CreateStack),
    /// Print the template as the console reads it, without any credentials
    ///
    /// The emulator finds a --template-url in the caller's own buckets only. So where a command has
    /// one, save this to a file and use --template-body file://... instead.
    Template {
        /// The template's address (default: the one that the hub offers now)
        #[arg(value_name = "URL")]
        url: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct CreateStack {
    /// The registration's quick_create_url
    #[arg(long, value_name = "URL")]
    link: String,
    /// The customer's AWS account
    #[arg(long, value_name = "AWS_ACCOUNT_ID", default_value = CUSTOMER_ACCOUNTS[0])]
    account: String,
}

/// Goes there. False where a stack ended otherwise than it should.
pub async fn visit(visit: Visit) -> Result<bool> {
    let hub = hub()?;
    match visit {
        Visit::CreateStack(wish) => create_stack(&hub, &wish).await,
        Visit::Template { url } => {
            let visitor = Customer::new(CUSTOMER_ACCOUNTS[0], &hub.endpoint_url);
            let url = url.as_deref().unwrap_or(&hub.template_url);
            print!("{}", visitor.fetch_template(url).await?);
            Ok(true)
        }
    }
}

/// The hub of `with-hub`, or the one that is up.
fn hub() -> Result<HubFile> {
    let named = std::env::var_os(ENV).map(Into::into);
    HubFile::read(&named.unwrap_or_else(|| HubFile::path_in(&Tree::default().state_dir())))
}

async fn create_stack(hub: &HubFile, wish: &CreateStack) -> Result<bool> {
    let customer = Customer::new(&wish.account, &hub.endpoint_url);
    let link = QuickCreateLink::parse(&wish.link)?;
    let stack_id = customer.create(&link).await?;
    let ended = customer.settled(&stack_id).await?;
    println!("{} {} in {}", ended.name, ended.status, wish.account);
    for event in customer.events(&stack_id).await? {
        if event.status.ends_with("_FAILED") {
            println!("  {} {}: {}", event.logical_id, event.status, event.reason);
        }
    }
    Ok(ended.is_complete())
}
