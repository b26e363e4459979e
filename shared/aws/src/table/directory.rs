//! Reads over all tenants for the operator's API: queries of a few partitions, never a scan.

use super::Table;
use super::expression::names;
use super::items::{corrupt, failed, number, text};
use super::keys::{
    self, CHANGES_AT, CHANGES_INDEX, CHANGES_SHARD, Item, Key, LISTED_STATUS, TENANT_SHARDS,
};
use super::retry::retry_conflicts;
use jiff::Timestamp;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::Owner;
use rolecall_domain::ids::AccountId;
use rolecall_domain::operator::changes::{self, Filter, Kind, Part};
use rolecall_domain::operator::counts::{CHECKS, Counters, Counts, USAGE_SHARDS};
use rolecall_domain::operator::usage::Usage;
use rolecall_domain::ports::{Directory, Page, Slice, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::text::Tenant;
use rolecall_domain::text::month::Month;
use std::collections::BTreeMap;

/// An item's counters by name.
fn counters(item: &Item) -> impl Iterator<Item = (&str, i64)> {
    let named = item.iter();
    named.filter_map(|(name, value)| Some((name.as_str(), value.as_n().ok()?.parse().ok()?)))
}

/// The shard and the name after which a page of tenants starts.
fn after_tenant(position: Option<&str>) -> Option<(u8, Option<String>)> {
    let Some(position) = position else {
        return Some((0, None));
    };
    let (shard, tenant) = position.split_once('#')?;
    let shard = u8::from_str_radix(shard, 16).ok()?;
    Some((shard, Some(tenant.to_owned())))
}

impl Table {
    /// The items of the query, without what a page's size limits.
    async fn all_items(&self, start: Key) -> Result<Vec<Item>, StoreError> {
        super::lists::take(self.query(start), usize::MAX).await
    }

    /// One query of a shard of the index: the items that pass the filter, and the place of the last
    /// entry that was read, if there are more.
    async fn changes(
        &self,
        kind: Kind,
        shard: u8,
        filter: &Filter,
        part: &Part,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let since = part.since.map_or(0, Timestamp::as_millisecond);
        let since = changes::place(since, "");
        let key = match &part.after {
            Some(_) => format!("#{CHANGES_SHARD} = :shard AND #{CHANGES_AT} > :place"),
            None => format!("#{CHANGES_SHARD} = :shard AND #{CHANGES_AT} >= :place"),
        };
        let mut clauses = Vec::new();
        let limit = if filter.is_empty() {
            part.limit
        } else {
            part.evaluated
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(CHANGES_INDEX)
            .expression_attribute_values(":shard", text(keys::changes_shard(kind, shard)))
            .expression_attribute_values(":place", text(part.after.clone().unwrap_or(since)))
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX));
        if let Some(tenant) = &filter.tenant {
            clauses.push("#tenant = :tenant".to_owned());
            query = query.expression_attribute_values(":tenant", text(tenant.as_str()));
        }
        if !filter.statuses.is_empty() {
            let named: Vec<String> = (0..filter.statuses.len())
                .map(|at| format!(":s{at}"))
                .collect();
            clauses.push(format!("#{LISTED_STATUS} IN ({})", named.join(", ")));
            for (name, status) in named.iter().zip(&filter.statuses) {
                query = query.expression_attribute_values(name, text(*status));
            }
        }
        let filtered = (!clauses.is_empty()).then(|| clauses.join(" AND "));
        let all = names(&[&key, filtered.as_deref().unwrap_or_default()]);
        let read = query
            .set_expression_attribute_names(all)
            .key_condition_expression(key)
            .set_filter_expression(filtered)
            .send()
            .await
            .map_err(failed)?;
        let last = read.last_evaluated_key.as_ref().and_then(place_of);
        Ok((read.items.unwrap_or_default(), last))
    }
}

fn place_of(item: &Item) -> Option<String> {
    item.get(CHANGES_AT)?.as_s().ok().cloned()
}

impl Directory for Table {
    async fn tenants(&self, slice: &Slice) -> Result<Page<Tenant>, StoreError> {
        let start = after_tenant(slice.after.as_deref());
        let (first, mut after) = start.unwrap_or((TENANT_SHARDS, None));
        let mut items: Vec<(u8, Tenant)> = Vec::new();
        for shard in first..TENANT_SHARDS {
            let wanted = (slice.limit + 1).saturating_sub(items.len());
            let part = Slice::first(wanted).after(after.take());
            let start = Key::tenants(shard, "");
            let page = self.page(start, &part).await?;
            for item in &page.items {
                let key = Key::read(item);
                let name = key.sk.rsplit('#').next().unwrap_or_default();
                let tenant = Tenant::parse(name).map_err(|error| corrupt(&key, error))?;
                items.push((shard, tenant));
            }
            if items.len() > slice.limit {
                break;
            }
        }
        let more = items.len() > slice.limit;
        items.truncate(slice.limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|(shard, tenant)| format!("{shard:x}#{tenant}"));
        let items = items.into_iter().map(|(_, tenant)| tenant).collect();
        Ok(Page { items, next })
    }

    async fn counts(&self, tenant: &Tenant) -> Result<Counts, StoreError> {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for item in self.all_items(Key::of(tenant, keys::COUNTS)).await? {
            for (name, number) in counters(&item) {
                *sums.entry(name.to_owned()).or_default() += number;
            }
        }
        Ok(Counts::of(&sums))
    }

    async fn tenant_of(&self, id: &AccountId) -> Result<Option<Tenant>, StoreError> {
        let key = Key::owner(id);
        let Some(item) = self.item(&key).await? else {
            return Ok(None);
        };
        let tenant = item.get("tenant").and_then(|it| it.as_s().ok());
        let tenant = tenant.cloned().unwrap_or_default();
        Tenant::parse(tenant)
            .map(Some)
            .map_err(|error| corrupt(&key, error))
    }

    async fn seen_in_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        tenant: Option<&Tenant>,
        slice: &Slice,
    ) -> Result<Page<Owner>, StoreError> {
        let prefix = tenant
            .map(|tenant| format!("{tenant}#"))
            .unwrap_or_default();
        self.owners(Key::seen(aws_account_id, &prefix), slice).await
    }

    async fn changed(
        &self,
        kind: Kind,
        shard: u8,
        filter: &Filter,
        part: &Part,
    ) -> Result<Page<Owner>, StoreError> {
        let (mut items, mut next) = self.changes(kind, shard, filter, part).await?;
        if items.len() > part.limit {
            items.truncate(part.limit);
            next = items.last().and_then(place_of);
        }
        let owner = |item: &Item| {
            let key = Key::read(item);
            keys::record_owner(&key).ok_or_else(|| corrupt(&key, "it is not the key of a record"))
        };
        let items: Result<Vec<Owner>, _> = items.iter().map(owner).collect();
        let items = items?;
        Ok(Page { items, next })
    }

    async fn tenant_accounts(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Account>, StoreError> {
        self.records(Key::of(tenant, keys::ACCOUNTS), slice).await
    }

    async fn tenant_registrations(
        &self,
        tenant: &Tenant,
        slice: &Slice,
    ) -> Result<Page<Registration>, StoreError> {
        self.records(Key::of(tenant, keys::REGISTRATIONS), slice)
            .await
    }

    /// One query of every month up to this one: the earlier months don't change anymore, so the
    /// result is exact.
    async fn usage(&self, tenant: &Tenant, month: &Month) -> Result<Usage, StoreError> {
        let partition = Key::of(tenant, keys::USAGES);
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(&partition.pk))
            .expression_attribute_values(":first", text(&partition.sk))
            .expression_attribute_values(":last", text(format!("{}{month}~", partition.sk)));
        let mut sums: BTreeMap<Month, BTreeMap<String, i64>> = BTreeMap::new();
        for item in super::lists::take(query, usize::MAX).await? {
            let key = Key::read(&item);
            let month = keys::usage_month(&key).ok_or_else(|| corrupt(&key, "it has no month"))?;
            let sums = sums.entry(month).or_default();
            for (name, number) in counters(&item) {
                *sums.entry(name.to_owned()).or_default() += number;
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
        let shard = at.as_millisecond().rem_euclid(i64::from(USAGE_SHARDS));
        let item = Counters::Usage {
            tenant: tenant.clone(),
            month: Month::of(at),
            shard: u8::try_from(shard).unwrap_or_default(),
        };
        let update = format!("ADD #{CHECKS} :checks");
        let count = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::counters(&item).attributes()))
            .set_expression_attribute_names(names(&[&update]))
            .expression_attribute_values(":checks", number(checks))
            .update_expression(update);
        let counted = retry_conflicts(async || count.clone().send().await).await;
        counted.map(drop).map_err(failed)
    }
}
