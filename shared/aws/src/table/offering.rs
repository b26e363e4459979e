//! Publishing. Concurrent publications must not overwrite each other.

use super::Table;
use super::expression::{ABSENT, Values};
use super::items::{encode, text};
use super::keys::{Item, Key};
use super::steps::Condition;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rolecall_domain::ports::{CommitError, StoreError};
use rolecall_domain::template::Offering;
use rolecall_domain::workload::Workloads;

/// The attribute that identifies an offering's content.
const SHA256: &str = "sha256";

/// The attribute with a logo's file.
pub(super) const LOGO_CONTENT: &str = "content";

/// Why an offering was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum OfferingError {
    #[error("Something else was published at the same time. Publish again.")]
    Overtaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator publishes.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    pub offering: &'a Offering,
    /// Replaces the logo if there is one.
    pub logo: Option<&'a [u8]>,
    /// Replaces the published workloads, if given.
    pub workloads: Option<&'a Workloads>,
}

impl<'a> Publication<'a> {
    /// A publication of an offering only.
    pub fn of(offering: &'a Offering) -> Self {
        Self {
            offering,
            logo: None,
            workloads: None,
        }
    }
}

impl Table {
    /// The hash of the current offering, if there is one. Works even if the rest of the record
    /// can't be parsed, so that publishing repairs it.
    ///
    /// # Errors
    /// If the table can't be read.
    pub async fn offering_hash(&self) -> Result<Option<String>, StoreError> {
        let item = self.item(&Key::offering()).await?.unwrap_or_default();
        let hash = item.get(SHA256).and_then(|hash| hash.as_s().ok());
        Ok(hash.cloned())
    }

    /// Replaces the published offering, if the current one is still the one that the publisher read at the
    /// start, or equals the new one. Either everything is replaced or nothing.
    ///
    /// # Errors
    /// [`OfferingError::Overtaken`] if another one was recorded in the meantime.
    pub async fn publish(
        &self,
        new: &Publication<'_>,
        former_hash: Option<&str>,
        sha256: &str,
        published_at: Timestamp,
    ) -> Result<(), OfferingError> {
        let mut item = encode(&Key::offering(), new.offering)?;
        for (name, value) in [
            ("kind", "offering".to_owned()),
            (SHA256, sha256.to_owned()),
            ("published_at", published_at.to_string()),
        ] {
            item.insert(name.to_owned(), text(value));
        }
        let replaced = format!("{ABSENT} OR #sha256 = :former OR #sha256 = :new");
        let former = text(former_hash.unwrap_or(sha256));
        let values = Values::of([(":former", former), (":new", text(sha256))]);
        let condition = Condition::new(replaced, values, CommitError::Stale);
        let mut steps = vec![self.put(item, Some(condition))?];
        if let Some(logo) = new.logo {
            steps.push(self.put(logo_item(logo), None)?);
        }
        if let Some(workloads) = new.workloads {
            let mut item = encode(&Key::workloads(), workloads)?;
            item.insert("kind".to_owned(), text("workloads"));
            steps.push(self.put(item, None)?);
        }
        self.apply(steps).await.map_err(|error| match error {
            CommitError::Store(error) => error.into(),
            _ => OfferingError::Overtaken,
        })
    }
}

fn logo_item(logo: &[u8]) -> Item {
    let mut item = Key::logo().attributes();
    let content = AttributeValue::B(Blob::new(logo));
    item.extend([
        ("kind".to_owned(), text("logo")),
        (LOGO_CONTENT.to_owned(), content),
    ]);
    item
}
