//! The contents of the files of a publication.

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_aws::table::Table;
use rolecall_domain::access::{AccessFile, ProfileName};
use rolecall_domain::brand::BrandFile;
use rolecall_domain::messages::{Names, Rule, WorkloadFileRule};
use rolecall_domain::ports::{PublishedWorkloads, Records, StoreError};
use rolecall_domain::template::{HubFacts, Offering, room_for_access};
use rolecall_domain::text::FieldError;
use rolecall_domain::workload::Workloads;
use serde::Serialize;

use crate::args::PublishArgs;
use crate::aws::Account;
use crate::error::{AdminError, Mistakes};
use crate::files::{read_access, read_brand, read_workloads, read_yaml, rejected};
use crate::hub_stack::HubStack;
use crate::session_proof::refused_profiles;

/// Everything that a hub's operator published.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    pub offering: Offering,
    pub workloads: Workloads,
}

impl Published {
    /// # Errors
    /// When the table can't be read, or a part that the arguments don't replace is damaged.
    pub async fn read(table: &Table, arguments: &PublishArgs) -> Result<Self, AdminError> {
        let access = arguments.access.is_some() || arguments.no_access;
        let offering = table.offering().await;
        let offering = unless_replaced(offering, access && arguments.brand.is_some())?;
        let workloads = table.workloads().await;
        Ok(Self {
            offering: offering.unwrap_or_default(),
            workloads: unless_replaced(workloads, arguments.workloads.is_some())?,
        })
    }
}

fn unless_replaced<T: Default>(
    read: Result<T, StoreError>,
    is_replaced: bool,
) -> Result<T, StoreError> {
    match read {
        Err(StoreError::Corrupt { .. }) if is_replaced => Ok(T::default()),
        read => read,
    }
}

/// The contents of the files in the arguments. Everything else stays as it was published.
#[derive(Debug)]
pub struct Declared {
    access: Option<AccessFile>,
    brand: Option<BrandFile>,
    workloads: Option<Workloads>,
}

impl Declared {
    /// Reads all files, so that the mistakes of all are reported.
    ///
    /// # Errors
    /// When a file can't be read or has mistakes, or does not fit what stays published.
    pub fn read(
        arguments: &PublishArgs,
        facts: &HubFacts,
        former: &Published,
    ) -> Result<Self, AdminError> {
        let mut mistakes = Vec::new();
        let path = arguments.access.as_deref();
        let access = path.map(|path| read_access(path, facts.partition, room_for_access(facts)));
        let access = kept(access, &mut mistakes)?;
        let access = access.or_else(|| arguments.no_access.then(AccessFile::default));
        let brand = kept(arguments.brand.as_deref().map(read_brand), &mut mistakes)?;
        let profiles = match (&access, path) {
            (Some(access), _) => access.profiles.keys().cloned().collect(),
            (None, Some(path)) => named_in(path)?,
            (None, None) => former.offering.access.profiles.keys().cloned().collect(),
        };
        let path = arguments.workloads.as_deref();
        let workloads = path.map(|path| read_workloads(path, &profiles));
        let workloads = kept(workloads, &mut mistakes)?;
        if workloads.is_none() && access.is_some() {
            mistakes.extend(still_used(arguments, &profiles, &former.workloads));
        }
        match mistakes.is_empty() {
            true => Ok(Self {
                access,
                brand,
                workloads,
            }),
            false => Err(AdminError::FilesRejected(mistakes)),
        }
    }

    /// Verifies that sessions can be limited to each profile.
    ///
    /// # Errors
    /// When STS rejects one, or can't be called.
    pub async fn prove(
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

    /// The new publication, and the content of a new logo.
    pub fn applied_to(self, former: &Published) -> (Published, Option<Vec<u8>>) {
        let mut published = former.clone();
        if let Some(access) = self.access {
            published.offering.access = access;
        }
        if let Some(workloads) = self.workloads {
            published.workloads = workloads;
        }
        let mut logo = None;
        if let Some(file) = self.brand {
            (published.offering.brand, logo) = (file.brand, file.logo);
        }
        (published, logo)
    }
}

/// Collects the mistakes of a file. Other errors end the command immediately.
fn kept<T>(
    read: Option<Result<T, AdminError>>,
    mistakes: &mut Vec<Mistakes>,
) -> Result<Option<T>, AdminError> {
    match read.transpose() {
        Err(AdminError::FilesRejected(others)) => {
            mistakes.extend(others);
            Ok(None)
        }
        read => read,
    }
}

/// The profiles in a file that has mistakes, so that only mistakes are reported.
fn named_in(path: &Path) -> Result<BTreeSet<ProfileName>, AdminError> {
    let file = read_yaml(path)?;
    let profiles = file["profiles"].as_object().into_iter().flatten();
    let names = profiles.filter_map(|(name, _)| ProfileName::parse(name.as_str()).ok());
    Ok(names.collect())
}

/// The error for profiles that would be removed although published rules name them.
fn still_used(
    arguments: &PublishArgs,
    profiles: &BTreeSet<ProfileName>,
    published: &Workloads,
) -> Option<Mistakes> {
    let missing = published.missing_profiles(profiles);
    if missing.is_empty() {
        return None;
    }
    let rule = Rule::WorkloadFile {
        rule: WorkloadFileRule::StillUsed {
            profiles: Names(missing.iter().map(ToString::to_string).collect()),
        },
    };
    let path = arguments.access.as_deref();
    Some(Mistakes {
        path: path.map_or_else(
            || "--no-access".to_owned(),
            |path| path.display().to_string(),
        ),
        errors: vec![FieldError::of("profiles", "in_use", rule)],
    })
}
