//! Publishing. Concurrent publications must not overwrite each other.

use super::Table;
use super::expression::{ABSENT, Values, names};
use super::items::{encode, failed, text};
use super::keys::{Item, Key};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rolecall_domain::ports::StoreError;
use rolecall_domain::template::Offering;

/// The attribute that identifies an offering's content.
const SHA256: &str = "sha256";

/// Why an offering was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum OfferingError {
    #[error("Something else was published at the same time. Publish again.")]
    Overtaken,
    #[error(transparent)]
    Store(#[from] StoreError),
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

    /// Keeps the logo of the brand that is published next.
    ///
    /// # Errors
    /// If the table can't be written.
    pub async fn keep_logo(&self, logo: &[u8]) -> Result<(), StoreError> {
        let mut item = Key::logo().attributes();
        let content = AttributeValue::B(Blob::new(logo));
        item.extend([
            ("kind".to_owned(), text("logo")),
            ("content".to_owned(), content),
        ]);
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    /// Replaces the offering, if the current one is still the one that the publisher read at the
    /// start, or this one itself.
    ///
    /// # Errors
    /// [`OfferingError::Overtaken`] if another one was recorded in the meantime.
    pub async fn publish(
        &self,
        new: &Offering,
        sha256: &str,
        published_at: Timestamp,
        former_hash: Option<&str>,
    ) -> Result<(), OfferingError> {
        let mut item = encode(&Key::offering(), new)?;
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
        if self.put_if(item, &replaced, values).await? {
            Ok(())
        } else {
            Err(OfferingError::Overtaken)
        }
    }

    /// Returns false if the condition does not hold.
    async fn put_if(
        &self,
        item: Item,
        condition: &str,
        values: Values,
    ) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put
            .set_item(Some(item))
            .set_expression_attribute_names(names(&[condition]))
            .set_expression_attribute_values(values.into_map())
            .condition_expression(condition);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(failed(error)),
            },
        }
    }
}
