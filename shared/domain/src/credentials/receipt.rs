//! The record of issued credentials. It never contains the credentials.

use super::session::SessionName;
use crate::access::ProfileName;
use crate::aws::AwsAccountId;
use crate::change::audit::{AuditEntry, Event};
use crate::ids::{AccountId, IdSeed, ReceiptId};
use crate::link::template::TemplateId;
use crate::record::account::Account;
use crate::text::Tenant;
use crate::text::month::Month;
use crate::text::person::Person;
use crate::text::service::ServiceName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How long receipts are kept.
pub const RECEIPT_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The service, the purpose, and the expiration of the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub receipt_id: ReceiptId,
    pub tenant: Tenant,
    pub account_id: AccountId,
    pub aws_account_id: AwsAccountId,
    pub service: ServiceName,
    pub profile: ProfileName,
    /// The name of the session in the customer's AWS CloudTrail.
    pub session_name: String,
    /// The template whose version of the profile applies.
    pub template_id: TemplateId,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Receipt {
    /// The time in the receipt's ID.
    pub fn new(
        seed: IdSeed,
        account: &Account,
        (service, profile): (&ServiceName, &ProfileName),
        session_name: &SessionName,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            receipt_id: ReceiptId::new(seed),
            tenant: account.tenant.clone(),
            account_id: account.account_id.clone(),
            aws_account_id: account.aws_account_id.clone(),
            service: service.clone(),
            profile: profile.clone(),
            session_name: session_name.to_string(),
            template_id: account.template_id.clone(),
            issued_at: seed.at,
            expires_at,
        }
    }

    /// As the API and events show it.
    pub fn view(&self) -> Value {
        json!({
            "receipt_id": self.receipt_id,
            "account_id": self.account_id,
            "aws_account_id": self.aws_account_id,
            "service": self.service,
            "profile": self.profile,
            "session_name": self.session_name,
            "template_id": self.template_id,
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
        })
    }

    /// The event for the first credentials in an hour for this service and profile. Later ones in the same
    /// hour have the same `record_id` and `sequence`. The sequence is the number of the hour, so it
    /// increases with gaps.
    pub fn event(&self) -> AuditEntry {
        let hour = self.issued_at.as_second().max(0) / 3600;
        AuditEntry {
            tenant: self.tenant.clone(),
            record_id: format!("{}/{}/{}", self.account_id, self.profile, self.service),
            sequence: u64::try_from(hour).unwrap_or_default(),
            event: Event::CredentialsIssued,
            at: self.issued_at,
            actor: self.service.actor(),
            session_name: None,
            person: Person::default(),
            cause: "requested".to_owned(),
            record: self.view(),
        }
    }

    pub fn month(&self) -> Month {
        Month::of(self.issued_at)
    }
}
