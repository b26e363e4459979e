//! `publish`: makes the hub offer access profiles and a brand to its customers.

use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::access::ProfileChange;
use rolecall_domain::aws::{AwsAccountId, Region, StackId};
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::ports::{Clock, Records};
use rolecall_domain::template::{HubFacts, Offering, room_for_access};
use sha2::{Digest, Sha256};

use crate::args::PublishArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::files::{read_access, read_brand};
use crate::hub_stack::HubStack;

/// Runs the command.
///
/// # Errors
/// When a file, the hub's stack or a call to AWS fails.
pub async fn run(arguments: &PublishArgs) -> Result<Exit, AdminError> {
    let account = Account::of_operator(&arguments.hub)?;
    let hub = HubStack::read(&account, &arguments.hub.stack_name).await?;
    let facts = hub.facts()?;
    let table = Table::new(account.dynamodb(), hub.output("TableName")?);
    let former_hash = table.offering_hash().await?;
    let former = table.offering().await?.unwrap_or_default();
    let (offering, logo) = changed(arguments, &former, &facts)?;
    for line in differences(&former, &offering) {
        println!("{line}");
    }
    if let Some(path) = &arguments.out {
        let template = offering.template(&facts, &offering.access.default, &[]);
        let written = std::fs::write(path, template.text());
        written.map_err(|source| AdminError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
    }
    if arguments.dry_run {
        return Ok(Exit::Success);
    }
    let sha256 = hash(&offering, logo.as_deref())?;
    if former_hash.as_ref() == Some(&sha256) {
        println!("unchanged");
    } else {
        if let Some(logo) = &logo {
            table.keep_logo(logo).await?;
        }
        let (now, former) = (SystemHost.now(), former_hash.as_deref());
        table.publish(&offering, &sha256, now, former).await?;
        println!("published");
    }
    if hub.parameters.get("DeletionProtection").map(String::as_str) == Some("false") {
        eprintln!(
            "note: The hub's table and user pool are not protected from deletion. Deploy the stack \
             with DeletionProtection=true."
        );
    }
    Ok(Exit::Success)
}

/// The offering with what the files declare. What no file declares stays as it was published.
fn changed(
    arguments: &PublishArgs,
    former: &Offering,
    facts: &HubFacts,
) -> Result<(Offering, Option<Vec<u8>>), AdminError> {
    let mut offering = former.clone();
    if arguments.no_access {
        offering.access = rolecall_domain::access::AccessFile::default();
    }
    if let Some(path) = &arguments.access {
        offering.access = read_access(path, facts.partition, room_for_access(facts))?;
    }
    let mut logo = None;
    if let Some(path) = &arguments.brand {
        let file = read_brand(path)?;
        (offering.brand, logo) = (file.brand, file.logo);
    }
    Ok((offering, logo))
}

/// How the offerings differ, in words.
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
            [] => "Links without a choice give no access profile.".to_owned(),
            names => format!("Links without a choice give: {}.", names.join(", ")),
        });
    }
    if former.brand != new.brand {
        lines.push(format!("The brand of {} changed.", new.brand.product.ascii));
    }
    lines
}

/// Identifies the content, to detect concurrent publications.
fn hash(offering: &Offering, logo: Option<&[u8]>) -> Result<String, AdminError> {
    let text = serde_json::to_vec(offering);
    let text = text.map_err(|source| AdminError::NotWritable(source.into()))?;
    let digest = Sha256::new()
        .chain_update(text)
        .chain_update(logo.unwrap_or_default())
        .finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl HubStack {
    /// What the hub puts into its customers' templates.
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
