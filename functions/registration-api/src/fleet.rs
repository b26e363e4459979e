//! Lists with filters: of a tenant's accounts and registrations, and of every tenant's.
//!
//! A page reads a bounded number of index entries and records, whatever the number of records. With
//! a filter that few records pass, it can therefore have fewer items than its limit, or none, and a
//! cursor.

mod filters;
mod views;

use crate::caller::{Caller, Operator};
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::{Api, concurrently, paging};
pub(crate) use filters::{ACCOUNT_STATUSES, REGISTRATION_STATUSES};
use filters::{Filters, Parameters};
use futures_util::join;
use rolecall_domain::Timestamp;
use rolecall_domain::change::Owner;
use rolecall_domain::change::audit::Record;
use rolecall_domain::ids::{AccountId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::operator::changes::{Kind, Part, Position};
use rolecall_domain::ports::{
    Directory, Lists, Page, Records, Slice, StoreError, TemplateBucket, TokenKeys,
};
use rolecall_usecases::Env;
use serde_json::{Value, json};

/// The maximum number of records that a page reads.
const MOST_RECORDS: usize = 200;

/// Records that are read with one query of a list, at most and at least.
const STEP: usize = 100;
const LEAST_STEP: usize = 20;

/// Queries of the index of changes for a page. Enough for every shard, so that a small hub's list is
/// one page.
const MOST_QUERIES: usize = 20;

/// The number of index entries that a query reads for a filter that the index evaluates.
const MOST_ENTRIES: usize = 500;

/// A page of a list.
struct List {
    items: Vec<Value>,
    next: Option<String>,
    /// The feed of changes has no more for now.
    is_up_to_date: bool,
}

fn all<T>(page: Page<T>, record: impl Fn(T) -> Record) -> Page<Record> {
    let items = page.items.into_iter().map(record).collect();
    let next = page.next;
    Page { items, next }
}

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// The records of a tenant, in one group or in all. A position of the index of changes names a record of any
    /// tenant, so tenants have no feed.
    pub(crate) async fn tenant_list(
        &self,
        request: &Request<'_>,
        caller: &Caller,
        kind: Kind,
    ) -> Result<Response, Problem> {
        let mut filters = Filters::read(&Parameters::of(request), kind)?;
        filters.tenant = Some(caller.tenant.clone());
        let slice = paging::slice(request, caller)?;
        let group_exists = async {
            match &filters.group_id {
                Some(group) => self.group(caller, group).await.map(drop),
                None => Ok(()),
            }
        };
        let list = self.list(kind, &filters, slice, Reads::Tenant(caller));
        let (group_exists, list) = join!(group_exists, list);
        group_exists?;
        let list = list?;
        let next = list.next.as_deref();
        Ok(paging::page(request, caller, list.items, next))
    }

    /// The records of every tenant, or the feed of their changes.
    pub(crate) async fn fleet_list(
        &self,
        request: &Request<'_>,
        operator: &Operator,
        kind: Kind,
    ) -> Result<Response, Problem> {
        let filters = Filters::read(&Parameters::of(request), kind)?;
        let slice = paging::slice(request, operator)?;
        let list = self
            .list(kind, &filters, slice, Reads::Operator(operator))
            .await?;
        if filters.changed_since.is_none() {
            let next = list.next.as_deref();
            return Ok(paging::page(request, operator, list.items, next));
        }
        let next = list.next.unwrap_or_default();
        let body = json!({
            "items": list.items,
            "next_cursor": paging::cursor(request, operator, &next),
            "up_to_date": list.is_up_to_date,
        });
        Ok(Response::json(200, &body))
    }

    async fn list(
        &self,
        kind: Kind,
        filters: &Filters,
        slice: Slice,
        reads: Reads<'_>,
    ) -> Result<List, Problem> {
        let store = self.env.store();
        let tenant = filters.tenant.as_ref();
        if filters.changed_since.is_some() {
            return self.list_changes(kind, filters, slice, reads).await;
        }
        if let Some(aws_account_id) = &filters.aws_account_id {
            let read = async |part: &Slice| {
                let page = store.seen_in_aws_account(aws_account_id, tenant, part);
                let page = page.await?;
                let owners = page
                    .items
                    .iter()
                    .filter(|it| kind_of(&it.record_id) == Some(kind));
                let items = self.records(owners).await?;
                Ok((items, page.next))
            };
            let place = |record: &Record| match tenant {
                Some(_) => record.id().to_owned(),
                None => format!("{}#{}", record.tenant(), record.id()),
            };
            return self.list_slices(filters, slice, reads, read, place).await;
        }
        let Some(tenant) = tenant else {
            return self.list_changes(kind, filters, slice, reads).await;
        };
        let read = async |part: &Slice| {
            let page = match kind {
                Kind::Account => {
                    let page = match filters.group_of_members() {
                        Some(group) => store.accounts(tenant, group, part).await?,
                        None => store.tenant_accounts(tenant, part).await?,
                    };
                    all(page, Record::Account)
                }
                Kind::Registration => {
                    let page = match &filters.group_id {
                        Some(group) => store.registrations(tenant, group, part).await?,
                        None => store.tenant_registrations(tenant, part).await?,
                    };
                    all(page, Record::Registration)
                }
                Kind::OrphanedStack => {
                    let page = store.orphaned_stacks(tenant, filters.status, part).await?;
                    all(page, Record::OrphanedStack)
                }
            };
            Ok((page.items, page.next))
        };
        let place = |record: &Record| record.id().to_owned();
        self.list_slices(filters, slice, reads, read, place).await
    }

    /// A list in one partition. Its positions are those of its records.
    async fn list_slices(
        &self,
        filters: &Filters,
        slice: Slice,
        reads: Reads<'_>,
        read: impl AsyncFn(&Slice) -> Result<(Vec<Record>, Option<String>), Problem>,
        place: impl Fn(&Record) -> String,
    ) -> Result<List, Problem> {
        let (mut items, mut next, mut left) = (Vec::new(), slice.after.clone(), MOST_RECORDS);
        while left > 0 {
            let wanted = slice.limit - items.len();
            // A filter may need many records for one item.
            let limit = match filters.is_selective() {
                true => STEP,
                false => wanted.clamp(LEAST_STEP, STEP),
            };
            let step = Slice {
                limit: limit.min(left),
                after: next,
                order: slice.order,
            };
            left -= step.limit;
            let (records, following) = read(&step).await?;
            let views = self.views(&records, filters, reads).await?;
            let mut passed = records
                .iter()
                .zip(views)
                .filter_map(|(it, view)| Some((it, view?)));
            next = following;
            for (record, view) in passed.by_ref() {
                items.push(view);
                if items.len() >= slice.limit {
                    let is_last = records.last().is_some_and(|last| last.id() == record.id());
                    if !is_last {
                        next = Some(place(record));
                    }
                    break;
                }
            }
            if next.is_none() || items.len() >= slice.limit {
                break;
            }
        }
        let is_up_to_date = false;
        Ok(List {
            items,
            next,
            is_up_to_date,
        })
    }

    /// A list over all tenants, or a feed: shard by shard.
    async fn list_changes(
        &self,
        kind: Kind,
        filters: &Filters,
        slice: Slice,
        reads: Reads<'_>,
    ) -> Result<List, Problem> {
        let now = self.env.now();
        let mut position = match &slice.after {
            None => Position::start(filters.changed_since, now),
            Some(text) => Position::parse(text, now).ok_or_else(paging::invalid)?,
        };
        let filter = filters.of_index(kind);
        let (mut items, mut read) = (Vec::new(), 0);
        for _ in 0..MOST_QUERIES {
            let part = Part {
                since: position.since,
                after: position.after.clone(),
                limit: slice.limit - items.len(),
                evaluated: MOST_ENTRIES,
            };
            let store = self.env.store();
            let page = store.changed(kind, position.shard, &filter, &part).await?;
            read += page.items.len();
            let records = self.records(page.items.iter()).await?;
            items.extend(
                self.views(&records, filters, reads)
                    .await?
                    .into_iter()
                    .flatten(),
            );
            position.after = page.next;
            if position.after.is_none() {
                match position.next_shard() {
                    Some(next) => position = next,
                    None => {
                        let is_feed = filters.changed_since.is_some();
                        return Ok(List {
                            items,
                            next: is_feed.then(|| position.next_poll()),
                            is_up_to_date: true,
                        });
                    }
                }
            }
            if items.len() >= slice.limit || read >= MOST_RECORDS {
                break;
            }
        }
        Ok(List {
            items,
            next: Some(position.to_text()),
            is_up_to_date: false,
        })
    }

    /// The records as they are now. One that can't be parsed is left out and logged as an error, which
    /// raises an alarm: a damaged record of one tenant must not stop the lists of all.
    pub(crate) async fn records<'a>(
        &self,
        owners: impl Iterator<Item = &'a Owner>,
    ) -> Result<Vec<Record>, Problem> {
        let read = owners.map(async |owner| match self.record(owner).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "left a record out of a list over all tenants");
                Ok(None)
            }
            read => Ok(read?),
        });
        Ok(concurrently(read).await?.into_iter().flatten().collect())
    }

    async fn record(&self, owner: &Owner) -> Result<Option<Record>, StoreError> {
        let (store, tenant, id) = (self.env.store(), &owner.tenant, owner.record_id.as_str());
        let foreign = || unreadable(id);
        Ok(match kind_of(id).ok_or_else(foreign)? {
            Kind::Account => {
                let id = AccountId::parse(id).map_err(|_| foreign())?;
                store.account(tenant, &id).await?.map(Record::Account)
            }
            Kind::Registration => {
                let id = RegistrationId::parse(id).map_err(|_| foreign())?;
                store
                    .registration(tenant, &id)
                    .await?
                    .map(Record::Registration)
            }
            Kind::OrphanedStack => {
                let id = OrphanedStackId::parse(id).map_err(|_| foreign())?;
                store
                    .orphaned_stack(tenant, &id)
                    .await?
                    .map(Record::OrphanedStack)
            }
        })
    }
}

fn unreadable(id: &str) -> StoreError {
    StoreError::Corrupt {
        key: id.to_owned(),
        reason: "it is not the id of a record".to_owned(),
    }
}

fn kind_of(id: &str) -> Option<Kind> {
    match id.get(..4)? {
        "acc_" => Some(Kind::Account),
        "reg_" => Some(Kind::Registration),
        "stk_" => Some(Kind::OrphanedStack),
        _ => None,
    }
}

/// Who reads a list, which decides what its items contain.
#[derive(Clone, Copy)]
pub(crate) enum Reads<'a> {
    Tenant(&'a Caller),
    Operator(&'a Operator),
}

impl Reads<'_> {
    fn link_keys(&self) -> Option<&KeyRing> {
        match self {
            Self::Tenant(caller) => caller.link_keys(),
            Self::Operator(operator) => Some(&operator.keys),
        }
    }

    /// The item of a list. The operator also needs the fields that distinguish records of several tenants, and
    /// their states.
    fn item(&self, view: Value, record: &Record) -> Value {
        let kind = match record {
            Record::Account(_) => "account",
            Record::Registration(_) => "registration",
            Record::OrphanedStack(_) => "orphaned_stack",
            Record::Group(_) => "group",
        };
        match self {
            Self::Tenant(_) => view,
            Self::Operator(_) => json!({
                "kind": kind,
                "tenant": record.tenant(),
                "sequence": record.version(),
                kind: view,
            }),
        }
    }
}

/// The status of a registration now, or the stored one of another record.
fn status_at(record: &Record, now: Timestamp) -> Option<&'static str> {
    match record {
        Record::Registration(registration) => Some(registration.status(now)),
        record => rolecall_domain::operator::counts::stored_status(record),
    }
}
