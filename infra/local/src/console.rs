//! `rolecall-local customer`: what a customer does in the AWS console, which the local hub has not got.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::aws::LOCAL_REGION;
use crate::customer::Customer;
use crate::deploy::CUSTOMER_ACCOUNTS;
use crate::hub_file::{ENV, HubFile};
use crate::link::QuickCreateLink;
use crate::paths::Tree;
use crate::stacks::StackState;

/// The customer's AWS account.
#[derive(Debug, Args)]
pub struct Who {
    /// The customer's AWS account
    #[arg(long, value_name = "AWS_ACCOUNT_ID", default_value = CUSTOMER_ACCOUNTS[0])]
    account: String,
}

/// A stack of the customer's.
#[derive(Debug, Args)]
pub struct Which {
    #[command(flatten)]
    who: Who,
    /// The stack's name or id
    #[arg(long)]
    stack_name: String,
    /// The stack's Region, where its name does not tell
    #[arg(long, default_value = LOCAL_REGION)]
    region: String,
}

#[derive(Debug, Subcommand)]
pub enum Visit {
    /// Open the link, tick the box, press "Create stack"; wait for the end
    CreateStack {
        #[command(flatten)]
        who: Who,
        /// The registration's quick_create_url
        #[arg(long, value_name = "URL")]
        link: String,
        /// A parameter of the page's form that is filled in by hand
        #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = key_value)]
        parameters: Vec<(String, String)>,
    },
    /// Press "Update", replace the template, change parameters; wait for the end
    UpdateStack {
        #[command(flatten)]
        which: Which,
        /// The template's address (default: the hub's own)
        #[arg(long, value_name = "URL")]
        template_url: Option<String>,
        /// A parameter that changes; all others stay as they are
        #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = key_value)]
        parameters: Vec<(String, String)>,
    },
    /// Press "Delete"; wait for the end
    DeleteStack {
        #[command(flatten)]
        which: Which,
    },
}

/// `KEY=VALUE`, for clap.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=');
    let (key, value) = pair.ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Goes there, and tells what became of the stack. False where that is not what was wanted.
pub async fn visit(visit: Visit) -> Result<bool> {
    let hub = hub()?;
    match visit {
        Visit::CreateStack {
            who,
            link,
            parameters,
        } => {
            let mut link = QuickCreateLink::parse(&link)?;
            link.parameters.extend(parameters);
            create(&hub, &customer(&hub, &who), &link).await
        }
        Visit::UpdateStack {
            which,
            template_url,
            parameters,
        } => {
            let url = template_url.unwrap_or_else(|| hub.template_url.clone());
            update(&hub, &which, &url, parameters).await
        }
        Visit::DeleteStack { which } => {
            let (customer, now) = find(&hub, &which).await?;
            let ended = customer.delete(&now.stack_id).await?;
            tell(&customer, &ended).await?;
            Ok(ended.status == "DELETE_COMPLETE")
        }
    }
}

/// The hub of `with-hub`, or the one that is up.
fn hub() -> Result<HubFile> {
    let named = std::env::var_os(ENV).map(Into::into);
    HubFile::read(&named.unwrap_or_else(|| HubFile::path_in(&Tree::default().state_dir())))
}

fn customer(hub: &HubFile, who: &Who) -> Customer {
    Customer::new(&who.account, &hub.endpoint_url)
}

async fn find(hub: &HubFile, which: &Which) -> Result<(Customer, StackState)> {
    let customer = customer(hub, &which.who);
    // A stack's id names its Region.
    let region = which.stack_name.split(':').nth(3);
    let stacks = customer.stacks_in(region.unwrap_or(&which.region));
    let now = stacks.describe(&which.stack_name).await?;
    Ok((customer, now))
}

async fn create(hub: &HubFile, customer: &Customer, link: &QuickCreateLink) -> Result<bool> {
    let stack_id = if link.region == hub.region {
        customer.create(link).await?
    } else {
        customer.create_unserved(link).await?
    };
    let ended = customer.settled(&stack_id).await?;
    tell(customer, &ended).await?;
    Ok(ended.is_complete())
}

async fn update(
    hub: &HubFile,
    which: &Which,
    template_url: &str,
    changed: Vec<(String, String)>,
) -> Result<bool> {
    let (customer, now) = find(hub, which).await?;
    let mut parameters: BTreeMap<String, String> = now.parameters;
    parameters.extend(changed);
    let ended = customer
        .update(&now.stack_id, template_url, &parameters)
        .await?;
    tell(&customer, &ended).await?;
    Ok(ended.status == "UPDATE_COMPLETE")
}

/// What the console shows of a stack.
async fn tell(customer: &Customer, stack: &StackState) -> Result<()> {
    println!(
        "{}  {}  in {}",
        stack.name,
        stack.status,
        customer.account_id()
    );
    let events = customer.events(&stack.stack_id).await;
    let events = events.with_context(|| format!("stack {}", stack.stack_id))?;
    for event in events
        .iter()
        .filter(|event| event.status.ends_with("_FAILED"))
    {
        println!("  {}  {}  {}", event.logical_id, event.status, event.reason);
    }
    Ok(())
}
