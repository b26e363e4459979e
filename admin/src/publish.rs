//! `publish`: publishes access profiles, a brand and workloads.

mod declared;

use rolecall_aws::host::SystemHost;
use rolecall_aws::table::{Publication, Table};
use rolecall_domain::access::ProfileChange;
use rolecall_domain::aws::{AwsAccountId, Region, StackId};
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::ports::Clock;
use rolecall_domain::template::{HubFacts, Offering};
use sha2::{Digest, Sha256};

use crate::args::PublishArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::hub_stack::HubStack;
use declared::{Declared, Published};

/// Runs the command.
///
/// # Errors
/// When a file, the hub's stack or a call to AWS fails.
pub async fn run(arguments: &PublishArgs) -> Result<Exit, AdminError> {
    let account = Account::of_operator(&arguments.hub)?;
    let hub = HubStack::read(&account, &arguments.hub.stack_name).await?;
    for line in publish(&account, &hub, arguments).await? {
        println!("{line}");
    }
    if hub.parameters.get("DeletionProtection").map(String::as_str) == Some("false") {
        eprintln!(
            "note: The hub's table and user pool are not protected from deletion. Deploy the stack \
             with DeletionProtection=true."
        );
    }
    Ok(Exit::Success)
}

/// Publishes the files in the arguments, and returns a description of the changes.
///
/// # Errors
/// When a file or a call to AWS fails, or something else is published at the same time.
pub async fn publish(
    account: &Account,
    hub: &HubStack,
    arguments: &PublishArgs,
) -> Result<Vec<String>, AdminError> {
    let facts = hub.facts()?;
    let table = Table::new(account.dynamodb(), hub.output("TableName")?);
    let former_hash = table.offering_hash().await?;
    let former = Published::read(&table, arguments).await?;
    let declared = Declared::read(arguments, &facts, &former)?;
    declared.prove(account, hub, arguments).await?;
    let (new, logo) = declared.applied_to(&former);
    let mut lines = differences(&former.offering, &new.offering);
    let changes = former.workloads.changes_to(&new.workloads);
    lines.extend(changes.iter().map(|change| change.text(Language::English)));
    if let Some(path) = &arguments.out {
        let default = &new.offering.access.default;
        let template = new.offering.template(&facts, default, &[]);
        let written = std::fs::write(path, template.text());
        written.map_err(|source| AdminError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
    }
    let sha256 = hash(&new)?;
    let is_unchanged = match &former_hash {
        Some(former) => *former == sha256,
        None => new == former,
    };
    if is_unchanged {
        lines.push("unchanged".to_owned());
    } else if arguments.dry_run {
        lines.push("not published, because of --dry-run".to_owned());
    } else {
        let publication = Publication {
            offering: &new.offering,
            logo: logo.as_deref(),
            workloads: arguments.workloads.as_ref().map(|_| &new.workloads),
        };
        let (former, now) = (former_hash.as_deref(), SystemHost.now());
        table.publish(&publication, former, &sha256, now).await?;
        lines.push("published".to_owned());
    }
    Ok(lines)
}

/// A description of the differences between the offerings.
pub fn differences(former: &Offering, new: &Offering) -> Vec<String> {
    let (before, after) = (&former.access, &new.access);
    let changes = ProfileChange::between(before.profiles.values(), after.profiles.values());
    let changes = changes.iter();
    let mut lines: Vec<String> = changes
        .map(|change| change.message().text(Language::English))
        .collect();
    if before.default != after.default {
        let names: Vec<&str> = after.default.iter().map(|name| name.as_str()).collect();
        lines.push(match names.as_slice() {
            [] => "The default access is none.".to_owned(),
            names => format!("The default access is {}.", names.join(", ")),
        });
    }
    if former.brand != new.brand {
        lines.push(format!("The brand {} changed.", new.brand.product.ascii));
    }
    lines
}

/// Identifies the content, to detect concurrent publications. It includes the hash of the logo.
fn hash(published: &Published) -> Result<String, AdminError> {
    let text = serde_json::to_vec(published);
    let text = text.map_err(|source| AdminError::NotWritable(source.into()))?;
    Ok(hex::encode(Sha256::digest(text)))
}

impl HubStack {
    /// The values that the hub puts into its customers' templates.
    ///
    /// # Errors
    /// When the stack is not a hub.
    pub fn facts(&self) -> Result<HubFacts, AdminError> {
        let list = |key: &str| -> Result<Vec<String>, AdminError> {
            let items = self.output(key)?.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Ok(items.map(str::to_owned).collect())
        };
        let malformed = |output: &str| AdminError::OutputMissing {
            stack: self.name.clone(),
            output: output.to_owned(),
        };
        let partition = StackId::parse(&self.stack_id).map(|id| id.partition());
        let account_id = AwsAccountId::parse(self.output("HubAccountId")?);
        let regions = list("ServedRegions")?.into_iter().map(Region::parse);
        let regions: Result<Vec<Region>, _> = regions.collect();
        Ok(HubFacts {
            account_id: account_id.map_err(|_| malformed("HubAccountId"))?,
            partition: partition.map_err(|_| malformed("HubAccountId"))?,
            served_regions: regions.map_err(|_| malformed("ServedRegions"))?,
            trusted_principals: list("TrustedPrincipals")?,
            service_token: self.output("ServiceToken")?.to_owned(),
        })
    }
}
