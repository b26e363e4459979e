//! Audit entries: single ones by the keys that a dead-letter queue contains, and all of them.

use super::Table;
use super::items::{corrupt, decode_stored, failed, text};
use super::keys::{self, Item, Key, is_audit};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ports::StoreError;
use serde_json::Value;

/// The audit entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audits<'a> {
    All,
    OfRecord(&'a str),
    /// Those of an account's credentials, which are in the table of receipts.
    OfIssues(&'a str),
}

/// A page of audit entries. Entries that can't be parsed are returned as errors.
#[derive(Debug)]
pub struct AuditPage {
    pub entries: Vec<Result<AuditEntry, StoreError>>,
    pub next: Option<AuditPosition>,
}

/// The position where the next page starts.
#[derive(Debug)]
pub struct AuditPosition(Item);

impl Table {
    /// The entry with the key that `event-publisher` sent to the queue. The read is consistent.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the key is not an audit entry's, or the entry can't be parsed.
    pub async fn audit_entry(&self, key: &Value) -> Result<Option<AuditEntry>, StoreError> {
        let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let (pk, sk) = (text("pk"), text("sk"));
        let key = Key { pk, sk };
        if key.pk.is_empty() || !is_audit(&key.sk) {
            return Err(corrupt(&key, "it is not the key of an audit entry"));
        }
        self.stored(key).await
    }

    /// Audit entries, in order per record. Scans the whole table, so it
    /// is for operators only, not for functions.
    ///
    /// # Errors
    /// If the table can't be read.
    pub async fn audit_page(
        &self,
        which: Audits<'_>,
        after: Option<AuditPosition>,
    ) -> Result<AuditPage, StoreError> {
        let prefix = match which {
            Audits::All => keys::audits_of(None),
            Audits::OfRecord(record_id) => keys::audits_of(Some(record_id)),
            Audits::OfIssues(account_id) => keys::issues_of(account_id),
        };
        // A scan returns a partition's items in sort key order.
        let read = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .filter_expression("begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(prefix))
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
