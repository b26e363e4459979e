//! `publish`: makes the hub offer access profiles and a brand to its customers.

use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::access::{AccessFile, ProfileChange};
use rolecall_domain::aws::{AwsAccountId, Region, StackId};
use rolecall_domain::brand::BrandFile;
use rolecall_domain::messages::{Language, Message};
use rolecall_domain::ports::{Clock, Records, StoreError};
use rolecall_domain::template::{HubFacts, Offering, room_for_access};
use sha2::{Digest, Sha256};

use crate::args::PublishArgs;
use crate::aws::Account;
use crate::error::AdminError;
use crate::exit::Exit;
use crate::files::{read_access, read_brand, rejected};
use crate::hub_stack::HubStack;
use crate::session_proof::refused_profiles;

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

/// Publishes what the arguments declare, and returns what changed, in words.
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
    let files = Files::read(arguments, &facts)?;
    files.prove(account, hub, arguments).await?;
    let former_hash = table.offering_hash().await?;
    let former = match table.offering().await {
        // The files replace all of it.
        Err(StoreError::Corrupt { .. }) if files.are_complete() => None,
        read => read?,
    };
    let former = former.unwrap_or_default();
    let (offering, logo) = files.applied_to(&former);
    let mut lines = differences(&former, &offering);
    if let Some(path) = &arguments.out {
        let template = offering.template(&facts, &offering.access.default, &[]);
        let written = std::fs::write(path, template.text());
        written.map_err(|source| AdminError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
    }
    let sha256 = hash(&offering)?;
    let is_unchanged = match &former_hash {
        Some(former) => *former == sha256,
        None => offering == former,
    };
    if is_unchanged {
        lines.push("unchanged".to_owned());
    } else if arguments.dry_run {
        lines.push("not published, because of --dry-run".to_owned());
    } else {
        let (logo, former) = (logo.as_deref(), former_hash.as_deref());
        let now = SystemHost.now();
        table.publish(&offering, logo, former, &sha256, now).await?;
        lines.push("published".to_owned());
    }
    Ok(lines)
}

/// What the arguments declare. What none of them declares stays as it was published.
struct Files {
    access: Option<AccessFile>,
    brand: Option<BrandFile>,
}

impl Files {
    /// Reads both files, so that the mistakes of both are reported.
    fn read(arguments: &PublishArgs, facts: &HubFacts) -> Result<Self, AdminError> {
        let room = room_for_access(facts);
        let access = arguments.access.as_deref();
        let access = access.map(|path| read_access(path, facts.partition, room));
        let brand = arguments.brand.as_deref().map(read_brand);
        let (access, brand) = match (access.transpose(), brand.transpose()) {
            (
                Err(AdminError::FilesRejected(mut mistakes)),
                Err(AdminError::FilesRejected(others)),
            ) => {
                mistakes.extend(others);
                return Err(AdminError::FilesRejected(mistakes));
            }
            (access, brand) => (access?, brand?),
        };
        let none = arguments.no_access.then(AccessFile::default);
        let access = access.or(none);
        Ok(Self { access, brand })
    }

    /// Proves that sessions can be narrowed to each profile.
    async fn prove(
        &self,
        account: &Account,
        hub: &HubStack,
        arguments: &PublishArgs,
    ) -> Result<(), AdminError> {
        let Some((access, path)) = self.access.as_ref().zip(arguments.access.as_ref()) else {
            return Ok(());
        };
        let role = hub.output("SessionProofRoleArn")?;
        let errors = refused_profiles(account, role, access).await?;
        match errors.is_empty() {
            true => Ok(()),
            false => Err(rejected(path, errors)),
        }
    }

    fn are_complete(&self) -> bool {
        self.access.is_some() && self.brand.is_some()
    }

    /// The offering with what the files declare, and the content of the logo.
    fn applied_to(self, former: &Offering) -> (Offering, Option<Vec<u8>>) {
        let mut offering = former.clone();
        if let Some(access) = self.access {
            offering.access = access;
        }
        let mut logo = None;
        if let Some(file) = self.brand {
            (offering.brand, logo) = (file.brand, file.logo);
        }
        (offering, logo)
    }
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
fn hash(offering: &Offering) -> Result<String, AdminError> {
    let text = serde_json::to_vec(offering);
    let text = text.map_err(|source| AdminError::NotWritable(source.into()))?;
    Ok(hex::encode(Sha256::digest(text)))
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
