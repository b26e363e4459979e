//! The changes of a tenant's counters by transitions.

use crate::common::*;
use rolecall_domain::aws::SeenStack;
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::operator::counts::{Counters, DEREGISTERED, REGISTERED, added};
use rolecall_domain::record::account::DeregistrationCause;
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::register::create_registration;
use std::collections::BTreeMap;

/// The sums over all items, by counter.
fn sums(change: &Change) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (item, added) in added(change) {
        for (name, number) in added {
            let by_status = matches!(item, Counters::Status { .. });
            let is_usage = [REGISTERED, DEREGISTERED].contains(&&*name);
            assert_eq!(by_status, !is_usage, "{item:?} has {name}");
            *sums.entry(name).or_default() += number;
        }
    }
    sums
}

fn expected(counters: &[(&str, i64)]) -> BTreeMap<String, i64> {
    let counters = counters.iter();
    counters
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect()
}

#[test]
fn registration_that_becomes_an_account_moves_between_counters() {
    let created = create_registration(registration(), None, &occasion(0));
    assert_eq!(sums(&created), expected(&[("registrations_pending", 1)]));
    let (_, registered) = registered();
    let moved = [
        ("accounts_active", 1),
        ("registrations_pending", -1),
        ("registrations_completed", 1),
        (REGISTERED, 1),
    ];
    assert_eq!(sums(&registered), expected(&moved));
}

#[test]
fn deregistration_counts_the_orphaned_stack() {
    let (account, _) = registered();
    let unhealthy = account.turned_unhealthy().expect("it was active");
    let (_, _, change) = deregister(
        &unhealthy,
        &SeenStack::default(),
        DeregistrationCause::Requested,
        orphaned_stack_id(),
        &occasion(60),
        &settings(),
    )
    .expect("was registered");
    let moved = [
        ("accounts_unhealthy", -1),
        ("accounts_deregistered", 1),
        ("orphaned_stacks_orphaned", 1),
        (DEREGISTERED, 1),
    ];
    assert_eq!(sums(&change), expected(&moved));
}

/// A change without an effect on counters writes no counter, so it conflicts with no other change.
#[test]
fn change_within_a_status_adds_nothing() {
    let (account, _) = registered();
    let after = account.marked_preflight_deleted(at(60)).expect("news");
    let (before, after) = (Record::Account(account), Record::Account(after));
    let change = Change::new().update(before, after, Event::AccountChanged, &occasion(60));
    assert_eq!(added(&change), BTreeMap::new());
}
