//! What the operator's API reads over all tenants: the index of changes, counters, and records by AWS
//! account.

use super::world::{World, first};
use futures_util::future::join_all;
use rolecall_domain::change::Owner;
use rolecall_domain::change::audit::Record;
use rolecall_domain::operator::changes::{self, Filter, Kind, Part};
use rolecall_domain::operator::counts::Counts;
use rolecall_domain::operator::usage::Usage;
use rolecall_domain::ports::{Slice, Store};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::registration::RegistrationState;
use rolecall_domain::settings::Settings;
use rolecall_domain::text::month::Month;
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::register::register;
use rolecall_domain::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The index can lag behind the table for a moment.
const TRIES: usize = 50;

fn filter(world: &World) -> Filter {
    Filter {
        tenant: Some(world.tenant.clone()),
        statuses: Vec::new(),
    }
}

/// The entries of a shard that pass the filter, read in parts of this size.
async fn entries(
    store: &impl Store,
    shard: u8,
    filter: &Filter,
    since: Option<Timestamp>,
    limit: usize,
) -> Vec<Owner> {
    let (mut owners, mut after) = (Vec::new(), None);
    loop {
        let part = Part {
            since,
            after: after.take(),
            limit,
            evaluated: 25,
        };
        let page = store
            .changed(Kind::Account, shard, filter, &part)
            .await
            .expect("read");
        assert!(page.items.len() <= limit);
        owners.extend(page.items);
        after = page.next;
        if after.is_none() {
            return owners;
        }
    }
}

async fn assert_entries(
    store: &impl Store,
    shard: u8,
    filter: &Filter,
    since: Option<Timestamp>,
    expected: &[&Account],
) {
    let expected: Vec<&str> = expected.iter().map(|it| it.account_id.as_str()).collect();
    for limit in [1, 2, 100] {
        let mut read = Vec::new();
        for _ in 0..TRIES {
            read = entries(store, shard, filter, since, limit).await;
            if read.len() == expected.len() {
                break;
            }
        }
        let ids: Vec<&str> = read.iter().map(|owner| owner.record_id.as_str()).collect();
        assert_eq!(ids, expected, "limit {limit}");
        assert!(
            read.iter()
                .all(|owner| filter.tenant.as_ref() == Some(&owner.tenant))
        );
    }
}

fn account_in(world: &World, shard: u8) -> Account {
    let mut account = world.account(&world.group().group_id);
    account.account_id = world.account_id_in(shard);
    account
}

/// The entry has the time of the last commit, whatever the record's status.
pub(crate) async fn changed_records_are_listed_by_their_last_change(
    store: &impl Store,
    world: &World,
) {
    let accounts: Vec<Account> = (0..3).map(|_| account_in(world, 5)).collect();
    for account in &accounts {
        world.given(store, &world.creation(account)).await;
        world.advance(SignedDuration::from_secs(1));
    }
    let [a, b, c] = &accounts[..] else {
        panic!("three accounts");
    };
    let filter = filter(world);
    assert_entries(store, 5, &filter, None, &[a, b, c]).await;
    let since = world.now();
    let unhealthy = a.turned_unhealthy().expect("it was active");
    world.given(store, &world.step(a, &unhealthy)).await;
    assert_entries(store, 5, &filter, None, &[b, c, a]).await;
    assert_entries(store, 5, &filter, Some(since), &[a]).await;
    assert_entries(store, 4, &filter, None, &[]).await;
    let with = |statuses: &[&'static str]| Filter {
        statuses: statuses.to_vec(),
        ..filter.clone()
    };
    assert_entries(store, 5, &with(&["active"]), None, &[b, c]).await;
    assert_entries(store, 5, &with(&["unhealthy"]), None, &[a]).await;
    assert_entries(store, 5, &with(&["unhealthy", "active"]), None, &[b, c, a]).await;
    let other = Filter {
        tenant: Some(world.other_tenant().tenant),
        ..Filter::default()
    };
    assert_entries(store, 5, &other, None, &[]).await;
}

/// A reader that has passed an entry finds it again after the next change, even if the clock of the
/// function that committed it was behind.
pub(crate) async fn entry_moves_forward_even_if_the_clock_goes_back(
    store: &impl Store,
    world: &World,
) {
    let (a, b) = (account_in(world, 9), account_in(world, 9));
    world.given(store, &world.creation(&a)).await;
    world.advance(SignedDuration::from_secs(1));
    world.given(store, &world.creation(&b)).await;
    let place = changes::place(world.now().as_millisecond(), b.account_id.as_str());
    let filter = filter(world);
    assert_entries(store, 9, &filter, None, &[&a, &b]).await;
    world.advance(SignedDuration::from_secs(-30));
    let unhealthy = b.turned_unhealthy().expect("it was active");
    world.given(store, &world.step(&b, &unhealthy)).await;
    assert_entries(store, 9, &filter, None, &[&a, &b]).await;
    let part = Part {
        since: None,
        after: Some(place),
        limit: 10,
        evaluated: 25,
    };
    let mut moved = 0;
    for _ in 0..TRIES {
        let page = store
            .changed(Kind::Account, 9, &filter, &part)
            .await
            .expect("read");
        moved = page.items.len();
        if moved == 1 {
            break;
        }
    }
    assert_eq!(moved, 1, "the entry stayed where it was");
    let read = store
        .account(&world.tenant, &b.account_id)
        .await
        .expect("read");
    assert_eq!(read, Some(unhealthy));
}

/// Whoever reads the shards in order sees every record that existed throughout, while others are
/// created, change and go.
pub(crate) async fn reader_misses_no_record_while_others_change(store: &impl Store, world: &World) {
    const ACCOUNTS: usize = 40;
    let mut accounts = Vec::new();
    for number in 0..ACCOUNTS {
        let account = account_in(world, u8::try_from(number % 16).unwrap_or(0));
        world.given(store, &world.creation(&account)).await;
        accounts.push(account);
    }
    let existing: BTreeSet<String> = accounts
        .iter()
        .map(|it| it.account_id.to_string())
        .collect();
    let filter = filter(world);
    for shard in 0..changes::SHARDS {
        let expected = accounts
            .iter()
            .filter(|it| changes::shard(it.account_id.as_str()) == shard);
        assert_entries(store, shard, &filter, None, &expected.collect::<Vec<_>>()).await;
    }
    let newer: Vec<Account> = (0..16).map(|shard| account_in(world, shard)).collect();
    let writing = async {
        for (account, new) in accounts.iter().zip(newer.iter().cycle()) {
            world.advance(SignedDuration::from_millis(3));
            let changed = account.turned_unhealthy().expect("it was active");
            let step = world.step(account, &changed);
            let create = world.creation(new);
            let _ = join_all([store.commit(&step), store.commit(&create)]).await;
        }
    };
    let reading = async {
        let mut seen = BTreeSet::new();
        for shard in 0..changes::SHARDS {
            let read = entries(store, shard, &filter, None, 1).await;
            seen.extend(read.into_iter().map(|owner| owner.record_id));
        }
        seen
    };
    let ((), seen) = futures_util::join!(writing, reading);
    let missed: Vec<_> = existing.difference(&seen).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

async fn every_owner(store: &impl Store, account: &Account, world: &World) -> BTreeSet<String> {
    let tenant = Some(&world.tenant);
    let all = store
        .seen_in_aws_account(&account.aws_account_id, tenant, &first(100))
        .await;
    let mut ids = BTreeSet::new();
    let mut slice = first(1);
    loop {
        let page = store
            .seen_in_aws_account(&account.aws_account_id, None, &slice)
            .await;
        let page = page.expect("read");
        ids.extend(page.items.into_iter().map(|owner| owner.record_id));
        match page.next {
            Some(next) => slice.after = Some(next),
            None => break,
        }
    }
    let own = all
        .expect("read")
        .items
        .into_iter()
        .map(|owner| owner.record_id);
    assert_eq!(own.collect::<BTreeSet<_>>(), ids);
    ids
}

/// A registered account, its registration, and the orphaned stack after its deregistration.
pub(crate) async fn records_of_an_aws_account_stay_listed(store: &impl Store, world: &World) {
    let account = world.account(&world.group().group_id);
    world.given(store, &world.creation(&account)).await;
    let id = account.account_id.to_string();
    assert_eq!(
        every_owner(store, &account, world).await,
        BTreeSet::from([id.clone()])
    );
    let stack_id = rolecall_domain::ids::OrphanedStackId::new(world.seed());
    let (_, entry, change) = deregister(
        &account,
        &rolecall_domain::aws::SeenStack::default(),
        DeregistrationCause::Requested,
        stack_id,
        &world.occasion(),
        &Settings::default(),
    )
    .expect("it was registered");
    world.given(store, &change).await;
    let entry = entry.orphaned_stack_id.to_string();
    assert_eq!(
        every_owner(store, &account, world).await,
        BTreeSet::from([id, entry])
    );
    let mut pinned = world.registration(&world.group().group_id);
    pinned.aws_account_id = Some(account.aws_account_id.clone());
    world.given(store, &world.creation(&pinned)).await;
    let mut revoked = pinned.clone();
    revoked.version += 1;
    revoked.state = RegistrationState::Revoked;
    revoked.aws_account_id = None;
    world.given(store, &world.step(&pinned, &revoked)).await;
    let listed = every_owner(store, &account, world).await;
    assert!(
        listed.contains(pinned.registration_id.as_str()),
        "also after it names it no longer"
    );
    let tenant = store.tenant_of(&account.account_id).await.expect("read");
    assert_eq!(tenant, Some(world.tenant.clone()));
    let unknown = store
        .tenant_of(&world.account_id_in(1))
        .await
        .expect("read");
    assert_eq!(unknown, None);
}

pub(crate) async fn counters_follow_the_records(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let registration = world.registration(&group.group_id);
    world.given(store, &world.creation(&registration)).await;
    let account = world.account(&group.group_id);
    let (registered, change) = register(
        &registration,
        rolecall_domain::record::account::NewAccount {
            account_id: account.account_id.clone(),
            role: account.role.clone(),
            stack_id: account.stack_id.clone(),
            logical_resource_id: None,
            template_version: account.template_version.clone(),
            template_id: account.template_id.clone(),
            deployed_roles: Vec::new(),
            name: None,
        },
        super::records::report(world.now()),
        &world.occasion(),
        &Settings::default(),
    );
    world.given(store, &change).await;
    let registered = registered.account;
    let unhealthy = registered.turned_unhealthy().expect("it was active");
    world
        .given(store, &world.step(&registered, &unhealthy))
        .await;
    // A rejected change counts nothing.
    let again = store.commit(&world.step(&registered, &unhealthy)).await;
    assert!(again.is_err());
    let mut completed = registration.clone();
    completed.state = RegistrationState::Completed {
        account_id: registered.account_id.clone(),
        stack_id: registered.stack_id.clone(),
        role_arn: registered.role.arn.clone(),
    };
    let records = [Record::Account(unhealthy), Record::Registration(completed)];
    let counts = store.counts(&world.tenant).await.expect("read");
    assert_eq!(counts, Counts::count(&records));
    assert_eq!(counts.accounts["unhealthy"], 1);
    let other = store
        .counts(&world.other_tenant().tenant)
        .await
        .expect("read");
    assert_eq!(other, Counts::default());
}

/// Transactions of many accounts that change at the same time succeed in the end.
pub(crate) async fn counters_are_exact_after_concurrent_changes(store: &impl Store, world: &World) {
    const ACCOUNTS: usize = 12;
    let mut accounts: Vec<Account> = Vec::new();
    for _ in 0..ACCOUNTS {
        let account = world.account(&world.group().group_id);
        world.given(store, &world.creation(&account)).await;
        accounts.push(account);
    }
    let change = async |account: &Account| {
        let unhealthy = account.turned_unhealthy().expect("it was active");
        for _ in 0..100 {
            if store.commit(&world.step(account, &unhealthy)).await.is_ok() {
                return;
            }
        }
        panic!("the change never succeeded");
    };
    join_all(accounts.iter().map(change)).await;
    let counts = store.counts(&world.tenant).await.expect("read");
    let expected = std::collections::BTreeMap::from([("unhealthy".to_owned(), 12)]);
    assert_eq!(counts.accounts, expected);
}

pub(crate) async fn usage_is_summed_over_months(store: &impl Store, world: &World) {
    let account = world.account(&world.group().group_id);
    let registered = Month::of(world.now());
    world.given(store, &world.creation(&account)).await;
    for checks in [3, 4] {
        let counted = store.count_checks(&world.tenant, world.now(), checks).await;
        counted.expect("counted");
        world.advance(SignedDuration::from_millis(1));
    }
    let usage = async |month: &Month| store.usage(&world.tenant, month).await.expect("read");
    let expected = Usage {
        accounts_connected: 1,
        checks: 7,
    };
    assert_eq!(usage(&registered).await, expected);
    world.advance(SignedDuration::from_hours(24 * 40));
    let later = Month::of(world.now());
    assert_ne!(registered, later);
    let expected = Usage {
        accounts_connected: 1,
        checks: 0,
    };
    assert_eq!(usage(&later).await, expected);
    let earlier = Month::parse("2099-12").expect("valid");
    assert_eq!(usage(&earlier).await, Usage::default());
}

pub(crate) async fn tenants_with_a_group_are_listed_once(store: &impl Store, world: &World) {
    let other = world.other_tenant();
    for _ in 0..2 {
        world.given_group(store).await;
    }
    other.given_group(store).await;
    let (mut found, mut slice) = (Vec::new(), first(1));
    loop {
        let page = store.tenants(&slice).await.expect("read");
        assert!(page.items.len() <= slice.limit);
        found.extend(page.items);
        match page.next {
            Some(next) => slice = Slice::first(7).after(Some(next)),
            None => break,
        }
    }
    for tenant in [&world.tenant, &other.tenant] {
        assert_eq!(
            found.iter().filter(|it| it == &tenant).count(),
            1,
            "{tenant}"
        );
    }
}

pub(crate) async fn records_of_a_tenant_are_listed_in_any_status(
    store: &impl Store,
    world: &World,
) {
    let account = world.account(&world.group().group_id);
    world.given(store, &world.creation(&account)).await;
    let registration = world.registration(&account.group_id);
    world.given(store, &world.creation(&registration)).await;
    let page = store
        .tenant_accounts(&world.tenant, &first(10))
        .await
        .expect("read");
    assert_eq!(page.items, [account]);
    let page = store
        .tenant_registrations(&world.tenant, &first(10))
        .await
        .expect("read");
    assert_eq!(page.items, [registration]);
}
