//! The store in one DynamoDB table. [`keys`] documents its layout.

mod commit;
mod directory;
mod expression;
mod items;
mod keys;
mod lists;
mod offering;
mod outbox;
mod paces;

mod records;
mod requests;
pub(crate) mod retry;
mod schedules;
mod steps;

pub use items::audit_entry_from_item;
pub use offering::{OfferingError, Publication};
pub use outbox::{AuditPage, AuditPosition};

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    pub client: aws_sdk_dynamodb::Client,
    pub name: String,
}

impl Table {
    pub fn new(client: aws_sdk_dynamodb::Client, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { client, name }
    }
}
