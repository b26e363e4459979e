//! Receipts, in a separate table. Issuing credentials is one transaction over both tables: it writes to the
//! table of receipts, on the condition that the account's record has not changed.

use super::Table;
use super::expression::Values;
use super::items::{corrupt, decode, encode, number, ttl, unavailable};
use super::keys::{Item, Key, RECEIPTS, TTL};
use super::lists::{newest_first, take};
use super::steps::{Condition, Step};
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::credentials::{BrokerProof, PROOF_KEPT_FOR, RECEIPT_KEPT_FOR, Receipt};
use rolecall_domain::ids::{AccountId, ReceiptId};
use rolecall_domain::ports::{CommitError, Paces, Page, Receipts, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::text::Tenant;
use rolecall_domain::text::month::Month;
use serde::Deserialize;

/// Sessions last an hour at most. The rest allows for clock differences.
const SESSIONS_SINCE: SignedDuration = SignedDuration::from_hours(2);

/// Counts are read by month, also for the year before.
const USAGE_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 800);

/// The number of times that an item counts.
const ISSUED: &str = "issued";

impl Table {
    /// The table of receipts, as a table.
    fn of_receipts(&self) -> Result<Self, StoreError> {
        let name = self.receipts.clone();
        let name = name.ok_or_else(|| unavailable("this function has no table of receipts"))?;
        Ok(Self::new(self.client.clone(), name))
    }

    /// Creates the event of the hour, or increments its count. The stream has one insertion, which is published.
    fn announce(&self, entry: &AuditEntry) -> Result<Step, StoreError> {
        let key = Key::audit(entry);
        let mut item: Item = serde_dynamo::to_item(entry).map_err(unavailable)?;
        let end = entry.at + RECEIPT_KEPT_FOR;
        item.insert(TTL.to_owned(), number(ttl(end)));
        let set: Vec<String> = item
            .keys()
            .map(|name| format!("#{name} = if_not_exists(#{name}, :{name})"))
            .collect();
        let update = format!("SET {} ADD #{ISSUED} :one", set.join(", "));
        let values = item
            .into_iter()
            .map(|(name, value)| (format!(":{name}"), value));
        let values = values.chain([(":one".to_owned(), number(1))]);
        self.update(&key, &update, Values::each(values), None)
    }

    fn count_issue(&self, receipt: &Receipt) -> Result<Step, StoreError> {
        let key = Key::usage(&receipt.month(), &receipt.tenant, &receipt.account_id);
        let update = format!("SET #{TTL} = if_not_exists(#{TTL}, :ttl) ADD #{ISSUED} :one");
        let end = receipt.issued_at + USAGE_KEPT_FOR;
        let values = Values::of([(":ttl", number(ttl(end))), (":one", number(1))]);
        self.update(&key, &update, values, None)
    }
}

/// The part of a receipt that contains the expiration of its session.
#[derive(Deserialize)]
struct Session {
    expires_at: Timestamp,
}

impl Receipts for Table {
    async fn record_issue(&self, receipt: &Receipt, account: &Account) -> Result<(), CommitError> {
        let receipts = self.of_receipts()?;
        let record = Key::account(&account.tenant, &account.account_id);
        let version = Values::of([(":version", number(account.version))]);
        let unchanged = Condition::new("#version = :version", version, CommitError::Stale);
        let key = Key::receipt(&receipt.account_id, receipt.receipt_id.as_str());
        let mut item = encode(&key, receipt)?;
        let end = receipt.issued_at + RECEIPT_KEPT_FOR;
        item.insert(TTL.to_owned(), number(ttl(end)));
        let steps = vec![
            self.check(&record, unchanged)?,
            receipts.put(item, None)?,
            receipts.announce(&receipt.event())?,
            receipts.count_issue(receipt)?,
        ];
        self.apply(steps).await
    }

    async fn receipts(
        &self,
        account_id: &AccountId,
        slice: &Slice,
    ) -> Result<Page<Receipt>, StoreError> {
        let start = Key::receipt(account_id, "");
        let receipts = self.of_receipts()?;
        receipts.records(start, &newest_first(slice)).await
    }

    async fn sessions_until(
        &self,
        account_id: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let since = ReceiptId::lower_bound(now - SESSIONS_SINCE);
        let from = Key::receipt(account_id, since.as_str());
        let start = Key::receipt(account_id, "");
        let position = since.as_str();
        let receipts = self.of_receipts()?;
        let query = receipts
            .query(start)
            .set_exclusive_start_key(Some(from.attributes()));
        let mut until = None;
        for item in take(query, usize::MAX).await? {
            let key = Key::read(&item);
            debug_assert!(key.sk.strip_prefix(RECEIPTS) > Some(position));
            let session: Session = decode(&key, item)?;
            until = until.max(Some(session.expires_at));
        }
        Ok(until.filter(|until| *until > now))
    }

    async fn broker_proof(
        &self,
        account_id: &AccountId,
    ) -> Result<Option<BrokerProof>, StoreError> {
        let key = Key::broker_proof(account_id);
        let item = self.of_receipts()?.item(&key).await?;
        item.map(|item| decode(&key, item)).transpose()
    }

    async fn keep_broker_proof(
        &self,
        account_id: &AccountId,
        proof: &BrokerProof,
    ) -> Result<(), StoreError> {
        let receipts = self.of_receipts()?;
        let mut item = encode(&Key::broker_proof(account_id), proof)?;
        let end = proof.at + PROOF_KEPT_FOR;
        item.insert(TTL.to_owned(), number(ttl(end)));
        let put = receipts.client.put_item().table_name(&receipts.name);
        let put = put.set_item(Some(item)).send().await;
        put.map(drop).map_err(super::items::failed)
    }

    async fn admit_issue(
        &self,
        tenant: &Tenant,
        what: &Limited,
        pace: Pace,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        self.of_receipts()?.admit(tenant, what, pace, now).await
    }

    async fn credentials_issued(&self, tenant: &Tenant, month: &Month) -> Result<u64, StoreError> {
        let receipts = self.of_receipts()?;
        let mut sum = 0;
        for item in take(receipts.query(Key::usages(month, tenant)), usize::MAX).await? {
            let issued = item.get(ISSUED).and_then(|value| value.as_n().ok());
            let issued = issued.and_then(|number| number.parse::<u64>().ok());
            sum += issued.ok_or_else(|| corrupt(&Key::read(&item), "it has no number"))?;
        }
        Ok(sum)
    }
}
