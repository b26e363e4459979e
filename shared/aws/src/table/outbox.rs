//! Audit entries: by their keys, which are what a dead-letter queue holds of them, and all of them.

use super::Table;
use super::items::{corrupt, decode_stored, failed, text};
use super::keys::{self, Item, Key, is_audit};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ports::StoreError;
use serde_json::Value;

/// A part of all audit entries. What can't be read is there as its error.
#[derive(Debug)]
pub struct AuditPage {
    pub entries: Vec<Result<AuditEntry, StoreError>>,
    pub next: Option<AuditPosition>,
}

/// Where the next page begins.
#[derive(Debug)]
pub struct AuditPosition(Item);

impl Table {
    /// The entry under a key, as `event-publisher` left it. The read is consistent.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is no key of an audit entry, or the entry can't be read.
    pub async fn audit_entry(&self, key: &Value) -> Result<Option<AuditEntry>, StoreError> {
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let (pk, sk) = (text("pk"), text("sk"));
        let key = Key { pk, sk };
        if key.pk.is_empty() || !is_audit(&key.sk) {
            return Err(corrupt(&key, "it is no key of an audit entry"));
        }
        self.stored(key).await
    }

    /// All audit entries, or those of one record, each record's in the order of its history. It
    /// reads the whole table, so that it is for an operator and for no function.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn audit_page(
        &self,
        record_id: Option<&str>,
        after: Option<AuditPosition>,
    ) -> Result<AuditPage, StoreError> {
        // A scan gives a partition's items in the order of their sort keys.
        let read = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(keys::audits_of(record_id)))
            .set_exclusive_start_key(after.map(|after| after.0))
            .send()
            .await
            .map_err(failed)?;
        let items = read.items.unwrap_or_default().into_iter();
        Ok(AuditPage {
            entries: items.map(decode_stored).collect(),
            next: read.last_evaluated_key.map(AuditPosition),
        })
    }
}
