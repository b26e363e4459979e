//! Reads for the operator's API, and its counters.

use crate::lists::{by_id, owners_at};
use crate::store::{MemoryStore, State, as_account, as_registration};
use jiff::Timestamp;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::audit::Record;
use rolecall_domain::change::{Change, Owner};
use rolecall_domain::ids::AccountId;
use rolecall_domain::operator::changes::{self, Filter, Kind, Part};
use rolecall_domain::operator::counts::{self, CHECKS, Counters, Counts};
use rolecall_domain::operator::usage::Usage;
use rolecall_domain::ports::{Directory, Page, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Tenant;
use rolecall_domain::text::month::Month;
use std::collections::BTreeMap;

impl State {
    pub(super) fn counts_of(&self, tenant: &Tenant) -> Counts {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (item, counters) in &self.counters {
            if matches!(item, Counters::Status { tenant: of, .. } if of == tenant) {
                for (name, number) in counters {
                    *sums.entry(name.clone()).or_default() += number;
                }
            }
        }
        Counts::of(&sums)
    }

    /// Stores the part of a transaction that the operator's API reads.
    pub(super) fn keep_directory(&mut self, change: &Change) {
        for write in &change.writes {
            let Some(record) = &write.after else {
                continue;
            };
            let owner = Owner::from(record);
            for aws_account_id in record.seen_aws_accounts() {
                let entry = (aws_account_id.clone(), owner.tenant.clone());
                self.seen
                    .insert((entry.0, entry.1, owner.record_id.clone()));
            }
            if let Record::Group(group) = record {
                self.tenants.insert(group.tenant.clone());
            }
            if Kind::of(record).is_some() {
                let key = (owner.tenant, owner.record_id);
                let at = write.audit.at.as_millisecond();
                let before = self.changed_at.get(&key).copied();
                let at = before.map_or(at, |before| at.max(before + 1));
                self.changed_at.insert(key, at);
            }
        }
        for (item, added) in counts::added(change) {
            let counters = self.counters.entry(item).or_default();
            for (name, number) in added {
                *counters.entry(name).or_default() += number;
            }
        }
    }
}

impl Directory for MemoryStore {
    async fn tenants(&self, slice: &Slice) -> Result<Page<Tenant>, StoreError> {
        let tenants: Vec<Tenant> = self.state().tenants.iter().cloned().collect();
        by_id(tenants, slice, |tenant| tenant.as_str())
    }

    async fn counts(&self, tenant: &Tenant) -> Result<Counts, StoreError> {
        Ok(self.state().counts_of(tenant))
    }

    async fn tenant_of(&self, id: &AccountId) -> Result<Option<Tenant>, StoreError> {
        let state = self.state();
        let mut records = state.records.keys();
        let found = records.find(|(_, record_id)| record_id == id.as_str());
        Ok(found.map(|(tenant, _)| tenant.clone()))
    }

    async fn seen_in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        of: Option<&Tenant>,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        let state = self.state();
        let there = state
            .seen
            .iter()
            .filter(|(id, tenant, _)| id == aws_account_id && of.is_none_or(|of| of == tenant));
        let owners = there.map(|(_, tenant, record_id)| Owner {
            tenant: tenant.clone(),
            record_id: record_id.clone(),
        });
        let owners: Vec<Owner> = owners.collect();
        match of {
            Some(_) => by_id(owners, slice, |owner| owner.record_id.as_str()),
            None => Ok(owners_at(owners, slice)),
        }
    }

    async fn changed(
        &self,
        kind: Kind,
        shard: u8,
        filter: &Filter,
        part: &Part,
    ) -> Result<Page<Owner>, StoreError> {
        let state = self.state();
        let mut entries = Vec::new();
        for (key, record) in &state.records {
            if Kind::of(record) != Some(kind) || changes::shard(&key.1) != shard {
                continue;
            }
            let at = state.changed_at.get(key).copied().unwrap_or_default();
            entries.push((changes::place(at, &key.1), Owner::from(record), record));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let since = part.since.map_or(0, Timestamp::as_millisecond);
        let since = changes::place(since, "");
        let mut rest = entries
            .into_iter()
            .filter(|(place, _, _)| match &part.after {
                Some(after) => place > after,
                None => *place >= since,
            });
        let passes = |record: &Record| {
            let status = counts::stored_status(record);
            filter
                .tenant
                .as_ref()
                .is_none_or(|tenant| tenant == record.tenant())
                && (filter.statuses.is_empty()
                    || status.is_some_and(|status| filter.statuses.contains(&status)))
        };
        let (mut items, mut last) = (Vec::new(), None);
        for (place, owner, record) in rest.by_ref().take(part.evaluated.max(1)) {
            if passes(record) {
                items.push(owner);
            }
            last = Some(place);
            if items.len() >= part.limit {
                break;
            }
        }
        let next = last.filter(|_| rest.next().is_some());
        Ok(Page { items, next })
    }

    async fn tenant_accounts(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError> {
        by_id(self.all(tenant, as_account), slice, |it| {
            it.account_id.as_str()
        })
    }

    async fn tenant_registrations(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError> {
        let all = self.all(tenant, as_registration);
        by_id(all, slice, |it| it.registration_id.as_str())
    }

    async fn usage(&self, tenant: &Tenant, month: &Month) -> Result<Usage, StoreError> {
        let mut sums: BTreeMap<Month, BTreeMap<String, i64>> = BTreeMap::new();
        for (item, counters) in &self.state().counters {
            let Counters::Usage {
                tenant: of, month, ..
            } = item
            else {
                continue;
            };
            if of == tenant {
                let sums = sums.entry(month.clone()).or_default();
                for (name, number) in counters {
                    *sums.entry(name.clone()).or_default() += number;
                }
            }
        }
        Ok(Usage::of(month, &sums))
    }

    async fn count_checks(
        &self,
        tenant: &Tenant,
        at: Timestamp,
        checks: u32,
    ) -> Result<(), StoreError> {
        let item = Counters::Usage {
            tenant: tenant.clone(),
            month: Month::of(at),
            shard: 0,
        };
        let mut state = self.state();
        let counters = state.counters.entry(item).or_default();
        *counters.entry(CHECKS.to_owned()).or_default() += i64::from(checks);
        Ok(())
    }
}
