//! Lists: a query of sort keys, then reads of the records that they name. Both are consistent.

use super::Table;
use super::items::{Stored, corrupt, decode_stored, failed, text, unavailable};
use super::keys::{self, Item, Key};
use crate::host::SystemHost;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Select};
use futures_util::join;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::Owner;
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::ids::{AccountId, GroupId, RegistrationId};
use rolecall_domain::ports::{Lists, Order, Page, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_domain::text::Tenant;
use std::collections::HashMap;

/// BatchGetItem's maximum.
const BATCH: usize = 100;

/// The groups whose accounts are counted at the same time.
const COUNTED_AT_ONCE: usize = 16;

/// Why a batch was not completed.
enum BatchError {
    /// DynamoDB returned none of the remaining items because of its limits.
    Undone,
    Store(StoreError),
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Table {
    /// Queries a partition by sort key prefix.
    pub(super) fn query(&self, start: Key) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(start.pk))
            .expression_attribute_values(":prefix", text(start.sk))
    }

    /// A page of the items under a prefix. A position is the rest of the sort key.
    pub(super) async fn page(&self, start: Key, slice: &Slice) -> Result<Page<Item>, StoreError> {
        let prefix = start.sk.clone();
        let after = slice.after.as_ref().map(|after| Key {
            pk: start.pk.clone(),
            sk: format!("{prefix}{after}"),
        });
        // One extra item shows whether there are more.
        let wanted = slice.limit.saturating_add(1);
        let query = self
            .query(start)
            .scan_index_forward(slice.order == Order::OldestFirst)
            .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.as_ref().map(Key::attributes));
        let mut items = take(query, wanted).await?;
        let more = items.len() > slice.limit;
        items.truncate(slice.limit);
        let last = items.last().filter(|_| more).map(Key::read);
        let next = last.and_then(|key| key.sk.strip_prefix(&prefix).map(str::to_owned));
        Ok(Page { items, next })
    }

    /// Records that are stored under the prefix themselves.
    pub(super) async fn records<T: Stored>(
        &self,
        start: Key,
        slice: &Slice,
    ) -> Result<Page<T>, StoreError> {
        let page = self.page(start, slice).await?;
        let items: Result<_, _> = page.items.into_iter().map(decode_stored).collect();
        let (items, next) = (items?, page.next);
        Ok(Page { items, next })
    }

    /// Records that index items under the prefix refer to. Records that left the list between the
    /// two reads (according to `listed`) are omitted.
    async fn indexed<T: Stored>(
        &self,
        tenant: &Tenant,
        prefix: &str,
        slice: &Slice,
        record: &str,
        listed: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, StoreError> {
        let start = Key::of(tenant, prefix);
        let page = self.page(start, slice).await?;
        let keys: Vec<Key> = page
            .items
            .iter()
            .map(|item| Key::of(tenant, Key::read(item).sk.replace(prefix, record)))
            .collect();
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let mut found = self.batch(batch).await?;
            for key in batch {
                let missing = || corrupt(key, "it is listed but does not exist");
                let value: T = decode_stored(found.remove(&key.sk).ok_or_else(missing)?)?;
                items.extend(listed(&value).then_some(value));
            }
        }
        let next = page.next;
        Ok(Page { items, next })
    }

    /// The owners in a page of `WATCHED` keys. A key that can't be parsed does not block the others.
    pub(super) async fn owners(
        &self,
        start: Key,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        let page = self.page(start, slice).await?;
        let owner = |item| {
            let key = Key::read(item);
            let owner = keys::watched_owner(&key);
            if owner.is_none() {
                tracing::error!(%key, "a WATCHED item has an invalid key");
            }
            owner
        };
        let items = page.items.iter().filter_map(owner).collect();
        let next = page.next;
        Ok(Page { items, next })
    }

    /// The number of items under a prefix.
    async fn count(&self, start: Key) -> Result<usize, StoreError> {
        let query = self.query(start).select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += usize::try_from(page.map_err(failed)?.count).unwrap_or_default();
        }
        Ok(count)
    }

    /// The number of index items of each of these groups, with one query: few records are in these indexes.
    async fn count_by_group(
        &self,
        tenant: &Tenant,
        index: &str,
        groups: &[&GroupId],
    ) -> Result<HashMap<String, usize>, StoreError> {
        let prefix = match groups {
            [] => return Ok(HashMap::new()),
            [group] => format!("{index}{group}#"),
            _ => index.to_owned(),
        };
        let mut counts = HashMap::new();
        for item in take(self.query(Key::of(tenant, prefix)), usize::MAX).await? {
            let key = Key::read(&item);
            let group = key.sk.split('#').nth(1).unwrap_or_default();
            *counts.entry(group.to_owned()).or_default() += 1;
        }
        Ok(counts)
    }

    /// Items by sort key. Keys that DynamoDB leaves unprocessed are requested again while their
    /// number shrinks.
    async fn batch(&self, keys: &[Key]) -> Result<HashMap<String, Item>, StoreError> {
        let mut found = HashMap::new();
        let mut rest: Vec<Item> = keys.iter().map(Key::attributes).collect();
        while !rest.is_empty() {
            let asked = rest.len();
            let undone = |error: &BatchError| matches!(error, BatchError::Undone);
            let read = with_retry(&SystemHost, &RetryPolicy::BRIEF, undone, async || {
                let left = self.part_of_batch(&rest, &mut found).await?;
                if left.len() == asked {
                    Err(BatchError::Undone)
                } else {
                    Ok(left)
                }
            });
            rest = read.await.map_err(|error| match error {
                BatchError::Undone => unavailable("DynamoDB did not process the whole batch"),
                BatchError::Store(error) => error,
            })?;
        }
        Ok(found)
    }

    /// Reads one call's items into `found`; returns the unprocessed keys.
    async fn part_of_batch(
        &self,
        keys: &[Item],
        found: &mut HashMap<String, Item>,
    ) -> Result<Vec<Item>, StoreError> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys.to_vec()))
            .consistent_read(true)
            .build()
            .map_err(unavailable)?;
        let batch = self.client.batch_get_item();
        let read = batch.request_items(&self.name, request).send().await;
        let read = read.map_err(failed)?;
        let items = read.responses.into_iter().flatten().flat_map(|it| it.1);
        found.extend(items.map(|item| (Key::read(&item).sk, item)));
        let unprocessed = read.unprocessed_keys.into_iter().flatten();
        Ok(unprocessed.flat_map(|(_, left)| left.keys).collect())
    }
}

pub(super) fn newest_first(slice: &Slice) -> Slice {
    Slice {
        order: Order::NewestFirst,
        ..slice.clone()
    }
}

/// The first items of a query, from as many pages as needed.
pub(super) async fn take(
    query: QueryFluentBuilder,
    wanted: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::new();
    let mut items = query.into_paginator().items().send();
    while found.len() < wanted {
        match items.next().await {
            Some(item) => found.push(item.map_err(failed)?),
            None => break,
        }
    }
    Ok(found)
}

impl Lists for Table {
    async fn groups(&self, tenant: &Tenant, slice: &Slice) -> Result<Page<Group>, StoreError> {
        self.records(Key::of(tenant, keys::GROUPS), slice).await
    }

    async fn registrations(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError> {
        let prefix = keys::registrations_in(group);
        let listed = |registration: &Registration| registration.group_id == *group;
        self.indexed(tenant, &prefix, slice, keys::REGISTRATIONS, listed)
            .await
    }

    async fn accounts(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError> {
        let prefix = keys::accounts_in(group);
        let listed = |account: &Account| account.group_id == *group && !account.is_deregistered();
        self.indexed(tenant, &prefix, slice, keys::ACCOUNTS, listed)
            .await
    }

    async fn orphaned_stacks(
        &self,
        tenant: &Tenant,
        status: Option<&str>,
        slice: &Slice,
    ) -> Result<Page<OrphanedStack>, StoreError> {
        let Some(status) = status else {
            return self.records(Key::of(tenant, keys::STACKS), slice).await;
        };
        let listed = |entry: &OrphanedStack| entry.status().as_str() == status;
        self.indexed(
            tenant,
            &keys::orphans_of(status),
            slice,
            keys::STACKS,
            listed,
        )
        .await
    }

    async fn history(
        &self,
        tenant: &Tenant,
        record_id: &str,
        slice: &Slice,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let start = Key::of(tenant, keys::history_of(record_id));
        self.records(start, &newest_first(slice)).await
    }

    async fn in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        self.owners(Key::watched(aws_account_id, ""), slice).await
    }

    async fn connected(
        &self,
        tenant: &Tenant,
        aws_account_id: &AwsAccountId,
    ) -> Result<Vec<AccountId>, StoreError> {
        let key = Key::connected(tenant, aws_account_id);
        let item = self.item(&key).await?.unwrap_or_default();
        // DynamoDB has no empty sets: the attribute disappears with its last member.
        let holders = item.get("holders").and_then(|value| value.as_ss().ok());
        let holders = holders.into_iter().flatten();
        holders
            .map(|id| AccountId::parse(id.as_str()).map_err(|error| corrupt(&key, error)))
            .collect()
    }

    async fn count_groups(&self, tenant: &Tenant) -> Result<usize, StoreError> {
        self.count(Key::of(tenant, keys::GROUPS)).await
    }

    async fn orphaned_stacks_of(
        &self,
        stack_id: &StackId,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        self.owners(Key::watched_stack(stack_id, ""), slice).await
    }

    async fn count_unproven_stacks(&self, tenant: &Tenant) -> Result<usize, StoreError> {
        self.count(Key::of(tenant, keys::UNPROVEN)).await
    }

    async fn group_counts(
        &self,
        tenant: &Tenant,
        groups: &[&GroupId],
    ) -> Result<Vec<GroupCounts>, StoreError> {
        let accounts = groups.iter();
        let accounts = accounts.map(|group| self.count(Key::of(tenant, keys::accounts_in(group))));
        let accounts = stream::iter(accounts)
            .buffered(COUNTED_AT_ONCE)
            .try_collect();
        let (accounts, attention, pending) = join!(
            accounts,
            self.count_by_group(tenant, keys::ATTENTION, groups),
            self.count_by_group(tenant, keys::PENDING, groups)
        );
        let (accounts, attention, pending): (Vec<usize>, _, _) = (accounts?, attention?, pending?);
        let counts = groups.iter().zip(accounts).map(|(group, accounts)| {
            let of_group = |counts: &HashMap<String, usize>| counts.get(group.as_str()).copied();
            GroupCounts {
                accounts,
                accounts_needing_attention: of_group(&attention).unwrap_or_default(),
                pending_registrations: of_group(&pending).unwrap_or_default(),
            }
        });
        Ok(counts.collect())
    }

    async fn pending_registrations(
        &self,
        tenant: &Tenant,
        group: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<RegistrationId>, StoreError> {
        let query = |prefix: &str| self.query(Key::of(tenant, prefix));
        let items = match group {
            Some(group) => {
                let size = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
                take(query(&keys::pending_in(group)).limit(size), limit).await?
            }
            // They are grouped by group. The number per tenant is limited, so all are read and
            // sorted.
            None => take(query(keys::PENDING), usize::MAX).await?,
        };
        let mut pending = Vec::with_capacity(items.len());
        for item in &items {
            let key = Key::read(item);
            let id = key.sk.rsplit('#').next().unwrap_or_default();
            pending.push(RegistrationId::parse(id).map_err(|error| corrupt(&key, error))?);
        }
        pending.sort();
        pending.truncate(limit);
        Ok(pending)
    }
}
