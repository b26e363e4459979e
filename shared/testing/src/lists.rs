//! Lists, computed from all records.

use crate::store::{MemoryStore, as_account, as_group, as_orphaned_stack, as_registration};
use rolecall_domain::aws::{AwsAccountId, StackId};
use rolecall_domain::change::Owner;
use rolecall_domain::change::audit::{AuditEntry, Record};
use rolecall_domain::ids::{AccountId, GroupId, RegistrationId};
use rolecall_domain::ports::{Lists, Order, Page, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::text::Tenant;

impl MemoryStore {
    /// A tenant's records of one kind, in the order of their IDs.
    pub(super) fn all<T>(&self, tenant: &Tenant, kind: impl Fn(Record) -> Option<T>) -> Vec<T> {
        let state = self.state();
        let records = state.records.iter().filter(|((of, _), _)| of == tenant);
        records.filter_map(|(_, it)| kind(it.clone())).collect()
    }
}

/// The requested slice of an ordered list; `comes_after` compares an item with the slice's
/// position.
pub(super) fn slice<T>(
    all: impl IntoIterator<Item = T>,
    slice: &Slice,
    position: impl Fn(&T) -> String,
    comes_after: impl Fn(&str, &str) -> bool,
) -> Page<T> {
    let is_next = |item: &T| match &slice.after {
        Some(after) => comes_after(&position(item), after),
        None => true,
    };
    let mut rest = all.into_iter().filter(is_next);
    let items: Vec<T> = rest.by_ref().take(slice.limit).collect();
    let more = rest.next().is_some();
    let next = items.last().filter(|_| more).map(position);
    Page { items, next }
}

fn owners<'a>(records: impl Iterator<Item = &'a Record>, part: &Slice) -> Page<Owner> {
    owners_at(records.map(Owner::from).collect(), part)
}

pub(super) fn owners_at(owners: Vec<Owner>, part: &Slice) -> Page<Owner> {
    let position = |owner: &Owner| format!("{}#{}", owner.tenant, owner.record_id);
    slice(owners, part, position, |item, after| item > after)
}

pub(super) fn by_id<T>(
    all: impl IntoIterator<Item = T>,
    part: &Slice,
    id: impl Fn(&T) -> &str,
) -> Result<Page<T>, StoreError> {
    let position = |item: &T| id(item).to_owned();
    let mut all = Vec::from_iter(all);
    let comes_after: fn(&str, &str) -> bool = match part.order {
        Order::OldestFirst => |item, after| item > after,
        Order::NewestFirst => {
            all.reverse();
            |item, after| item < after
        }
    };
    Ok(slice(all, part, position, comes_after))
}

impl Lists for MemoryStore {
    async fn groups(&self, tenant: &Tenant, slice: &Slice) -> Result<Page<Group>, StoreError> {
        by_id(self.all(tenant, as_group), slice, |it| it.group_id.as_str())
    }

    async fn registrations(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError> {
        let all = self.all(tenant, as_registration).into_iter();
        let members = all.filter(|it| it.group_id == *group);
        by_id(members, slice, |it| it.registration_id.as_str())
    }

    async fn accounts(
        &self,
        tenant: &Tenant,
        group: &GroupId,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError> {
        let all = self.all(tenant, as_account).into_iter();
        let members = all.filter(|it| it.group_id == *group && !it.is_deregistered());
        by_id(members, slice, |it| it.account_id.as_str())
    }

    async fn orphaned_stacks(
        &self,
        tenant: &Tenant,
        status: Option<&str>,
        slice: &Slice,
    ) -> Result<Page<OrphanedStack>, StoreError> {
        let all = self.all(tenant, as_orphaned_stack).into_iter();
        let wanted = all.filter(|it| status.is_none_or(|status| it.status().as_str() == status));
        by_id(wanted, slice, |it| it.orphaned_stack_id.as_str())
    }

    async fn history(
        &self,
        tenant: &Tenant,
        record_id: &str,
        part: &Slice,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let state = self.state();
        let place = |sequence| (tenant.clone(), record_id.to_owned(), sequence);
        let of_record = state.history.range(place(0)..=place(u64::MAX));
        let entries: Vec<_> = of_record.rev().map(|(_, entry)| entry.clone()).collect();
        let position = |entry: &AuditEntry| format!("{:010}", entry.sequence);
        Ok(slice(entries, part, position, |item, after| item < after))
    }

    async fn in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        part: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        let state = self.state();
        let there = state.records.values();
        let there = there.filter(|it| it.watched_aws_account() == Some(aws_account_id));
        Ok(owners(there, part))
    }

    async fn connected(
        &self,
        tenant: &Tenant,
        aws_account_id: &AwsAccountId,
    ) -> Result<Vec<AccountId>, StoreError> {
        let key = (tenant.clone(), aws_account_id.clone());
        let state = self.state();
        let holders = state.connections.get(&key).into_iter().flatten();
        Ok(holders.cloned().collect())
    }

    async fn count_groups(&self, tenant: &Tenant) -> Result<usize, StoreError> {
        Ok(self.all(tenant, as_group).len())
    }

    async fn orphaned_stacks_of(
        &self,
        stack_id: &StackId,
        part: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        let state = self.state();
        let there = state.records.values();
        let there = there.filter(|it| it.watched_stack() == Some(stack_id));
        Ok(owners(there, part))
    }

    async fn count_unproven_stacks(&self, tenant: &Tenant) -> Result<usize, StoreError> {
        let all = self.all(tenant, as_orphaned_stack).into_iter();
        Ok(all.filter(OrphanedStack::is_unproven).count())
    }

    async fn group_counts(
        &self,
        tenant: &Tenant,
        groups: &[&GroupId],
    ) -> Result<Vec<GroupCounts>, StoreError> {
        let all = Slice::first(usize::MAX);
        let mut counts = Vec::new();
        for group in groups {
            let accounts = self.accounts(tenant, group, &all).await?.items;
            let attention = accounts.iter().filter(|it| it.needs_attention());
            let pending = self.pending_registrations(tenant, Some(group), usize::MAX);
            counts.push(GroupCounts {
                accounts: accounts.len(),
                accounts_needing_attention: attention.count(),
                pending_registrations: pending.await?.len(),
            });
        }
        Ok(counts)
    }

    async fn pending_registrations(
        &self,
        tenant: &Tenant,
        group: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<RegistrationId>, StoreError> {
        let all = self.all(tenant, as_registration).into_iter();
        let pending = all.filter(|it| {
            it.state == RegistrationState::Pending
                && group.is_none_or(|group| it.group_id == *group)
        });
        Ok(pending.map(|it| it.registration_id).take(limit).collect())
    }
}
