//! Audit entries by their keys, which are what a dead-letter queue holds of them.

use super::Table;
use super::items::corrupt;
use super::keys::{Key, is_audit};
use rolecall_domain::audit::AuditEntry;
use rolecall_domain::ports::StoreError;
use serde_json::Value;

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
}
