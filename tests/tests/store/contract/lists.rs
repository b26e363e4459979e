//! The contents, order and pagination of lists.

use super::world::{World, first, owner_of};
use rolecall_domain::aws::{AwsAccountId, SeenStack};
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::AuditEntry;
use rolecall_domain::check::StackStatus;
use rolecall_domain::ids::{GroupId, OrphanedStackId};
use rolecall_domain::ports::{Order, Page, Slice, Store, StoreError};
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::group::{Group, GroupCounts};
use rolecall_domain::record::orphan::{OrphanedStack, OrphanedStackStatus};
use rolecall_domain::settings::Settings;
use rolecall_domain::transition::deregister::deregister;
use std::fmt::Debug;

/// Reads a list page by page to its end, and checks the size of each page.
async fn pages<T>(
    limit: usize,
    total: usize,
    order: Order,
    read: impl AsyncFn(&Slice) -> Result<Page<T>, StoreError>,
) -> Vec<T> {
    let mut all = Vec::new();
    let mut slice = Slice {
        order,
        ..first(limit)
    };
    loop {
        let page = read(&slice).await.expect("read");
        assert_eq!(
            page.items.len(),
            limit.min(total - all.len()),
            "limit {limit}"
        );
        all.extend(page.items);
        assert_eq!(page.next.is_some(), all.len() < total, "limit {limit}");
        match page.next {
            Some(next) => slice.after = Some(next),
            None => return all,
        }
    }
}

/// Checks that the list is the same for every page size.
async fn assert_in_order<T: PartialEq + Debug>(
    order: Order,
    expected: &[T],
    read: impl AsyncFn(&Slice) -> Result<Page<T>, StoreError>,
) {
    let total = expected.len();
    for limit in [1, 2, 3, total.max(1), total + 1, 100] {
        let all = pages(limit, total, order, &read).await;
        assert_eq!(all, expected, "{order:?}, limit {limit}");
    }
}

/// Checks a list that has these items, oldest first, and can be read in both orders.
async fn assert_listed<T: PartialEq + Debug + Clone>(
    expected: &[T],
    read: impl AsyncFn(&Slice) -> Result<Page<T>, StoreError>,
) {
    assert_in_order(Order::OldestFirst, expected, &read).await;
    let reversed: Vec<T> = expected.iter().rev().cloned().collect();
    assert_in_order(Order::NewestFirst, &reversed, &read).await;
}

pub(crate) async fn groups_are_listed_by_age(store: &impl Store, world: &World) {
    let mut groups: Vec<Group> = (0..6).map(|_| world.group()).collect();
    for group in groups.iter().rev() {
        world.given(store, &world.creation(group)).await;
    }
    assert_listed(&groups, async |slice: &Slice| {
        store.groups(&world.tenant, slice).await
    })
    .await;
    let gone = groups.remove(2);
    world.given(store, &world.deletion(&gone)).await;
    assert_listed(&groups, async |slice: &Slice| {
        store.groups(&world.tenant, slice).await
    })
    .await;
}

pub(crate) async fn cursor_stays_valid_after_its_item_is_deleted(
    store: &impl Store,
    world: &World,
) {
    let groups: Vec<Group> = (0..4).map(|_| world.group()).collect();
    for group in &groups {
        world.given(store, &world.creation(group)).await;
    }
    let page = store.groups(&world.tenant, &first(2)).await.expect("read");
    world.given(store, &world.deletion(&groups[1])).await;
    let rest = Slice::first(9).after(page.next);
    let page = store.groups(&world.tenant, &rest).await.expect("read");
    assert_eq!(page.items, groups[2..]);
}

pub(crate) async fn empty_list_has_no_items(store: &impl Store, world: &World) {
    let (tenant, group) = (&world.tenant, world.group().group_id);
    assert_listed(&[], async |slice: &Slice| store.groups(tenant, slice).await).await;
    assert_listed(&[], async |slice: &Slice| {
        store.accounts(tenant, &group, slice).await
    })
    .await;
    assert_listed(&[], async |slice: &Slice| {
        store.orphaned_stacks(tenant, None, slice).await
    })
    .await;
    let counts = store.group_counts(tenant, &[&group]).await;
    assert_eq!(counts.expect("read"), [GroupCounts::default()]);
    let counts = store.group_counts(tenant, &[]).await;
    assert_eq!(counts.expect("read"), []);
    let pending = store.pending_registrations(tenant, None, 9).await;
    assert_eq!(pending.expect("read"), []);
}

async fn assert_members(store: &impl Store, world: &World, group: &GroupId, members: &[Account]) {
    assert_listed(members, async |slice: &Slice| {
        store.accounts(&world.tenant, group, slice).await
    })
    .await;
    let other = world.group().group_id;
    let counts = store.group_counts(&world.tenant, &[&other, group]).await;
    let counts = counts.expect("read");
    assert_eq!(counts[0], GroupCounts::default());
    assert_eq!(
        store
            .group_counts(&world.tenant, &[group])
            .await
            .expect("read"),
        counts[1..]
    );
    let attention = members.iter().filter(|it| it.needs_attention());
    let expected = GroupCounts {
        accounts: members.len(),
        accounts_needing_attention: attention.count(),
        pending_registrations: 0,
    };
    assert_eq!(counts[1..], [expected]);
}

pub(crate) async fn account_is_listed_in_its_group(store: &impl Store, world: &World) {
    let (here, there) = (world.group().group_id, world.group().group_id);
    let mut accounts: Vec<Account> = (0..4).map(|_| world.account(&here)).collect();
    for account in accounts.iter().rev() {
        world.given(store, &world.creation(account)).await;
    }
    assert_members(store, world, &here, &accounts).await;
    assert_members(store, world, &there, &[]).await;

    let moved = accounts[1].edited(None, Some(there.clone()));
    world.given(store, &world.step(&accounts[1], &moved)).await;
    accounts.remove(1);
    assert_members(store, world, &here, &accounts).await;
    assert_members(store, world, &there, std::slice::from_ref(&moved)).await;

    let unhealthy = moved.turned_unhealthy().expect("an active account");
    world.given(store, &world.step(&moved, &unhealthy)).await;
    assert_members(store, world, &there, std::slice::from_ref(&unhealthy)).await;

    let back = unhealthy.edited(None, Some(here.clone()));
    world.given(store, &world.step(&unhealthy, &back)).await;
    assert_members(store, world, &there, &[]).await;
    accounts.insert(1, back);
    assert_members(store, world, &here, &accounts).await;
}

fn deregistration(world: &World, account: &Account) -> (Account, OrphanedStack, Change) {
    let entry = OrphanedStackId::new(world.seed());
    let (cause, settings) = (DeregistrationCause::Requested, Settings::default());
    deregister(
        account,
        &SeenStack::default(),
        cause,
        entry,
        &world.occasion(),
        &settings,
    )
    .expect("a registered account")
}

pub(crate) async fn stack_of_deregistered_account_is_orphaned(store: &impl Store, world: &World) {
    let group = world.group().group_id;
    let [stays, goes] = [world.account(&group), world.account(&group)];
    for account in [&stays, &goes] {
        world.given(store, &world.creation(account)).await;
    }
    let (after, entry, change) = deregistration(world, &goes);
    world.given(store, &change).await;
    assert_members(store, world, &group, &[stays]).await;
    let read = store.account(&world.tenant, &goes.account_id).await;
    assert_eq!(read.expect("read"), Some(after));
    let orphans = store
        .orphaned_stacks(&world.tenant, Some("orphaned"), &first(9))
        .await;
    assert_eq!(orphans.expect("read").items, [entry]);
}

async fn assert_orphans(store: &impl Store, world: &World, entries: &[OrphanedStack]) {
    assert_listed(entries, async |slice: &Slice| {
        store.orphaned_stacks(&world.tenant, None, slice).await
    })
    .await;
    for status in OrphanedStackStatus::NAMES {
        let of_status = entries.iter().filter(|it| it.status().as_str() == status);
        let of_status: Vec<OrphanedStack> = of_status.cloned().collect();
        assert_listed(&of_status, async |slice: &Slice| {
            store
                .orphaned_stacks(&world.tenant, Some(status), slice)
                .await
        })
        .await;
    }
}

pub(crate) async fn orphaned_stacks_are_listed_by_status(store: &impl Store, world: &World) {
    let mut entries: Vec<OrphanedStack> = (0..6).map(|_| world.orphaned_stack()).collect();
    for entry in entries.iter().rev() {
        world.given(store, &world.creation(entry)).await;
    }
    assert_orphans(store, world, &entries).await;
    let dismissed = EvidenceKind::DismissedBy {
        who: "a user".to_owned(),
        reason: "enough".to_owned(),
    };
    let steps = [
        (0, EvidenceKind::DeleteCallback, "deleting"),
        (0, EvidenceKind::RoleUnassumable, "deleting"),
        (0, EvidenceKind::RoleUnassumable, "gone"),
        (3, EvidenceKind::DeleteCallback, "deleting"),
        (4, dismissed, "dismissed"),
    ];
    for (minutes, (which, kind, status)) in (0..).step_by(20).zip(steps) {
        let before = entries[which].clone();
        entries[which] = world.seen(&before, kind, minutes);
        assert_eq!(entries[which].status().as_str(), status);
        world
            .given(store, &world.step(&before, &entries[which]))
            .await;
        assert_orphans(store, world, &entries).await;
    }
}

pub(crate) async fn ended_registration_stays_in_its_group(store: &impl Store, world: &World) {
    let (here, there) = (world.group().group_id, world.group().group_id);
    let mut all: Vec<_> = (0..3).map(|_| world.registration(&here)).collect();
    let elsewhere = world.registration(&there);
    for registration in all.iter().chain([&elsewhere]) {
        world.given(store, &world.creation(registration)).await;
    }
    let expired = all[1].expired();
    world.given(store, &world.step(&all[1], &expired)).await;
    all[1] = expired;
    for (group, expected) in [(&here, all), (&there, vec![elsewhere])] {
        assert_listed(&expected, async |slice: &Slice| {
            store.registrations(&world.tenant, group, slice).await
        })
        .await;
    }
}

pub(crate) async fn only_open_registrations_are_pending(store: &impl Store, world: &World) {
    let (here, there) = (world.group().group_id, world.group().group_id);
    // The registrations of the second group are the first and the last.
    let groups = [&there, &here, &here, &there];
    let all: Vec<_> = groups.map(|group| world.registration(group)).into();
    for registration in all.iter().rev() {
        world.given(store, &world.creation(registration)).await;
    }
    let tenant = &world.tenant;
    let read = async |group: Option<&GroupId>, limit: usize| {
        let pending = store.pending_registrations(tenant, group, limit).await;
        pending.expect("read")
    };
    let count = async |group: &GroupId| {
        let counts = store.group_counts(tenant, &[group]).await;
        counts.expect("read")[0].pending_registrations
    };
    let ids: Vec<_> = all.iter().map(|it| it.registration_id.clone()).collect();
    assert_eq!((count(&here).await, count(&there).await), (2, 2));
    assert_eq!(read(None, 9).await, ids);
    assert_eq!(read(None, 3).await, ids[..3]);
    assert_eq!(read(None, 0).await, []);
    assert_eq!(read(Some(&here), 9).await, ids[1..3]);
    assert_eq!(read(Some(&here), 1).await, ids[1..2]);
    assert_eq!(
        read(Some(&there), 2).await,
        [ids[0].clone(), ids[3].clone()]
    );

    let stack = world.stack_id();
    let account = world.account(&here).account_id;
    let ends = [
        all[0].expired(),
        all[1].completed(account, stack.clone(), world.role_arn(&stack)),
        all[2].revoked().expect("a pending registration"),
    ];
    for (before, after) in all.iter().zip(&ends) {
        world.given(store, &world.step(before, after)).await;
    }
    assert_eq!(read(None, 9).await, ids[3..]);
    assert_eq!(read(Some(&here), 9).await, []);
    assert_eq!((count(&here).await, count(&there).await), (0, 1));
}

pub(crate) async fn history_is_listed_newest_first(store: &impl Store, world: &World) {
    let mut group = world.group();
    let mut told: Vec<AuditEntry> = Vec::new();
    let mut change = world.creation(&group);
    // More than ten entries, so that numeric order differs from lexical order.
    for _ in 0..12 {
        world.given(store, &change).await;
        told.extend(change.writes.into_iter().map(|write| write.audit));
        let next = group.changed(None, None);
        change = world.step(&group, &next);
        group = next;
    }
    world.given_group(store).await;
    told.reverse();
    for order in [Order::OldestFirst, Order::NewestFirst] {
        assert_in_order(order, &told, async |slice: &Slice| {
            let id = group.group_id.as_str();
            store.history(&world.tenant, id, slice).await
        })
        .await;
    }
}

pub(crate) async fn list_longer_than_a_batch_is_complete(store: &impl Store, world: &World) {
    let group = world.group().group_id;
    let accounts: Vec<Account> = (0..103).map(|_| world.account(&group)).collect();
    for several in accounts.chunks(8) {
        let mut change = Change::new();
        for account in several {
            change.writes.extend(world.creation(account).writes);
        }
        world.given(store, &change).await;
    }
    for limit in [100, 102, 103, 200] {
        let all = pages(
            limit,
            accounts.len(),
            Order::OldestFirst,
            async |slice: &Slice| store.accounts(&world.tenant, &group, slice).await,
        );
        assert_eq!(all.await, accounts);
    }
    let counts = store.group_counts(&world.tenant, &[&group]).await;
    assert_eq!(counts.expect("read")[0].accounts, accounts.len());
}

pub(crate) async fn tracked_records_of_an_aws_account_are_listed(
    store: &impl Store,
    world: &World,
) {
    let other_tenant = world.other_tenant();
    let group = world.given_group(store).await.group_id;
    let account = world.account(&group);
    let entry = world.proven_stack();
    let theirs = {
        let mut theirs = other_tenant.account(&group);
        theirs.aws_account_id = account.aws_account_id.clone();
        theirs
    };
    world.given(store, &world.creation(&account)).await;
    world.given(store, &world.creation(&entry)).await;
    other_tenant
        .given(store, &other_tenant.creation(&theirs))
        .await;
    let there = async |aws_account_id: &AwsAccountId| {
        let mut owners = Vec::new();
        let mut slice = first(1);
        loop {
            let page = store.in_aws_account(aws_account_id, &slice).await;
            let page = page.expect("read");
            owners.extend(page.items);
            match page.next {
                Some(next) => slice.after = Some(next),
                None => return owners,
            }
        }
    };
    let mut expected = vec![owner_of(&account), owner_of(&theirs)];
    expected.sort_by(|a, b| (&a.tenant, &a.record_id).cmp(&(&b.tenant, &b.record_id)));
    assert_eq!(there(&account.aws_account_id).await, expected);
    assert_eq!(there(entry.stack_id.account()).await, [owner_of(&entry)]);

    let (_, orphan, change) = deregistration(world, &account);
    world.given(store, &change).await;
    let left = there(&account.aws_account_id).await;
    assert_eq!(left.len(), 2);
    assert!(left.contains(&owner_of(&orphan)) && !left.contains(&owner_of(&account)));
    let dismissed = EvidenceKind::DismissedBy {
        who: "a user".to_owned(),
        reason: "enough".to_owned(),
    };
    let after = world.seen(&entry, dismissed, 1);
    world.given(store, &world.step(&entry, &after)).await;
    assert_eq!(there(entry.stack_id.account()).await, []);
}

/// A token alone can name any stack, so its record is counted, and listed for events once the stack
/// was read through its role.
pub(crate) async fn unproven_stacks_are_counted_and_not_listed_for_events(
    store: &impl Store,
    world: &World,
) {
    let neighbour = world.other_tenant();
    let entry = world.orphaned_stack();
    let mut proven = neighbour.proven_stack();
    proven.stack_id = entry.stack_id.clone();
    world.given(store, &world.creation(&entry)).await;
    neighbour.given(store, &neighbour.creation(&proven)).await;
    let listed = async || {
        let (mut owners, mut slice) = (Vec::new(), first(1));
        loop {
            let page = store.orphaned_stacks_of(&entry.stack_id, &slice).await;
            let page = page.expect("read");
            owners.extend(page.items);
            match page.next {
                Some(next) => slice.after = Some(next),
                None => return owners,
            }
        }
    };
    let count = async |world: &World| store.count_unproven_stacks(&world.tenant).await;
    assert_eq!(listed().await, [owner_of(&proven)]);
    assert_eq!(count(world).await.expect("read"), 1);
    assert_eq!(count(&neighbour).await.expect("read"), 0);

    let read = EvidenceKind::StackStatus {
        status: Some(StackStatus::DeleteInProgress),
        reason: None,
        protected: false,
        nested: None,
    };
    let after = world.seen(&entry, read, 1);
    world.given(store, &world.step(&entry, &after)).await;
    let mut both = vec![owner_of(&entry), owner_of(&proven)];
    both.sort_by(|a, b| (&a.tenant, &a.record_id).cmp(&(&b.tenant, &b.record_id)));
    assert_eq!(listed().await, both);
    assert_eq!(count(world).await.expect("read"), 0);
}

pub(crate) async fn groups_are_counted(store: &impl Store, world: &World) {
    let count = async |world: &World| store.count_groups(&world.tenant).await.expect("read");
    assert_eq!(count(world).await, 0);
    for groups in 1..=3 {
        world.given_group(store).await;
        assert_eq!(count(world).await, groups);
    }
    assert_eq!(count(&world.other_tenant()).await, 0);
}
