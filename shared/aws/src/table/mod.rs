//! The store: one DynamoDB table of records, and one of receipts. [`keys`] documents their layout.

mod commit;
mod directory;
mod expression;
mod items;
mod keys;
mod lists;
mod offering;
mod outbox;
mod paces;
mod receipts;
mod records;
mod requests;
pub(crate) mod retry;
mod schedules;
mod steps;

pub use items::audit_entry_from_item;
pub use offering::{OfferingError, Publication};
pub use outbox::{AuditPage, AuditPosition, Audits};

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    pub client: aws_sdk_dynamodb::Client,
    pub name: String,
    /// The table of receipts, for functions that use it.
    pub receipts: Option<String>,
}

impl Table {
    pub fn new(client: aws_sdk_dynamodb::Client, name: impl Into<String>) -> Self {
        let name = name.into();
        let receipts = None;
        Self {
            client,
            name,
            receipts,
        }
    }

    #[must_use]
    pub fn with_receipts(self, name: impl Into<String>) -> Self {
        let receipts = Some(name.into());
        Self { receipts, ..self }
    }
}
