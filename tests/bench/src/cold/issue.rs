//! Credentials of connected accounts: the events, and what each must leave behind.

use anyhow::{Context, Result, anyhow, ensure};
use rolecall_aws::table::Table;
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{Receipts, Slice};
use serde_json::{Value, json};

use super::events;
use super::jobs::{Outcome, Scene, Task};
use crate::fleet::accounts::{Customer, PROFILE, template_with_access};
use crate::fleet::seed;
use crate::template::RECEIPTS;

/// An account whose credentials are requested.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    account_id: AccountId,
    customer: Customer,
}

impl Scene<'_> {
    /// Requests for credentials of connected accounts. Their proof is fresh.
    pub(super) async fn issues(&self, customers: &[Customer]) -> Result<Vec<Task>> {
        let template = template_with_access().map_err(|errors| anyhow!("{errors:?}"))?;
        let accounts = seed::connected(self.table, "issues", customers, &template).await?;
        let task = |(account_id, customer): (AccountId, &Customer)| {
            Ok(Task {
                event: events::issue(&account_id)?,
                outcome: Outcome::Issued(Issued {
                    account_id,
                    customer: *customer,
                }),
            })
        };
        accounts.into_iter().zip(customers).map(task).collect()
    }

    /// Checks the credentials and their receipt, which is read through the product's own adapter.
    pub(super) async fn is_issued(&self, issued: &Issued, answer: &Value) -> Result<()> {
        let Issued {
            account_id,
            customer,
        } = issued;
        let body = answer["body"].as_str().unwrap_or_default();
        let document: Value = serde_json::from_str(body).unwrap_or_default();
        let expected = json!([1, customer.access_key(), customer.aws_account()]);
        let returned = json!([
            document["Version"],
            document["AccessKeyId"],
            document["AccountId"]
        ]);
        ensure!(
            answer["statusCode"] == 200 && returned == expected,
            "unexpected response with status {}",
            answer["statusCode"]
        );
        let receipts = Table::new(self.table.client.clone(), &self.table.name);
        let receipts = receipts.with_receipts(RECEIPTS);
        let slice = Slice::first(2);
        let page = receipts.receipts(account_id, &slice).await?;
        let [receipt] = &page.items[..] else {
            return Err(anyhow!("{} receipts", page.items.len()));
        };
        let until = document["Expiration"].as_str().context("no expiration")?;
        ensure!(
            receipt.expires_at.to_string() == until && receipt.profile.as_str() == PROFILE,
            "the receipt has another session"
        );
        Ok(())
    }
}
