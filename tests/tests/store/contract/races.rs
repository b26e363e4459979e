//! Concurrent attempts: one succeeds, and the others get an error.

use super::world::{World, first, owner_of};
use futures_util::future::join_all;
use rolecall_domain::SignedDuration;
use rolecall_domain::change::{Change, Connection, ConnectionChange, PersistedAnswer};
use rolecall_domain::ids::AccountId;
use rolecall_domain::ports::{CommitError, RequestClaim, Store, WorkerId};
use rolecall_domain::schedule::{CheckSchedule, Subject};
use std::collections::BTreeSet;

const RUNNERS: usize = 8;

async fn run(store: &impl Store, changes: &[Change]) -> Vec<Result<(), CommitError>> {
    join_all(changes.iter().map(|change| store.commit(change))).await
}

fn winners(results: &[Result<(), CommitError>]) -> usize {
    results.iter().filter(|result| result.is_ok()).count()
}

pub(crate) async fn one_of_many_claims_a_guard(store: &impl Store, world: &World) {
    let guard = world.guard();
    let groups: Vec<_> = (0..RUNNERS).map(|_| world.group()).collect();
    let claim = |group| world.creation(group).claim(guard.clone(), &owner_of(group));
    let changes: Vec<_> = groups.iter().map(claim).collect();
    let results = run(store, &changes).await;
    assert_eq!(winners(&results), 1, "{results:?}");
    for (group, result) in groups.iter().zip(&results) {
        let read = store.group(&world.tenant, &group.group_id).await;
        assert_eq!(read.expect("read").is_some(), result.is_ok());
        let told = matches!(
            result,
            Ok(()) | Err(CommitError::Held(_) | CommitError::Stale)
        );
        assert!(told, "{result:?}");
    }
}

pub(crate) async fn one_of_many_updates_a_record(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let step = |_| world.step(&group, &group.changed(None, None));
    let results = run(store, &(0..RUNNERS).map(step).collect::<Vec<_>>()).await;
    assert_eq!(winners(&results), 1, "{results:?}");
    let losers = results
        .iter()
        .filter(|it| matches!(it, Err(CommitError::Stale)));
    assert_eq!(losers.count(), RUNNERS - 1);
    let history = store
        .history(&world.tenant, group.group_id.as_str(), &first(9))
        .await;
    assert_eq!(history.expect("read").items.len(), 2);
}

pub(crate) async fn one_of_many_connects_an_aws_account(store: &impl Store, world: &World) {
    let mut account = world.account(&world.group().group_id);
    let mut join = |_| {
        account.account_id = AccountId::new(world.seed());
        let change = world.creation(&account);
        change.connection(ConnectionChange::Join {
            connection: Connection::from(&account),
            exclusive: true,
        })
    };
    let changes: Vec<_> = (0..RUNNERS).map(&mut join).collect();
    let results = run(store, &changes).await;
    assert_eq!(winners(&results), 1, "{results:?}");
}

pub(crate) async fn one_of_many_works_on_a_request(store: &impl Store, world: &World) {
    let (key, now) = (world.request(), world.now());
    let until = now + SignedDuration::from_secs(60);
    let claims = (0_u64..)
        .take(RUNNERS)
        .map(|it| store.claim_request(&key, WorkerId(it), now, until));
    let claims = join_all(claims).await;
    let yours = |claim: &&Result<_, _>| matches!(claim, Ok(RequestClaim::Yours { .. }));
    assert_eq!(claims.iter().filter(yours).count(), 1, "{claims:?}");

    let answers: Vec<_> = (0..RUNNERS)
        .map(|number| PersistedAnswer {
            key: key.clone(),
            body: number.to_string(),
        })
        .collect();
    let kept = join_all(answers.iter().map(|answer| store.keep_answer(answer))).await;
    let kept: BTreeSet<String> = kept.into_iter().map(|it| it.expect("kept")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
}

pub(crate) async fn one_of_many_leases_due_work(store: &impl Store, world: &World) {
    let (tenant, now) = (&world.tenant, world.now());
    let until = now + SignedDuration::from_secs(60);
    let subject = Subject::Account(world.account(&world.group().group_id).account_id);
    let schedule = CheckSchedule::first(tenant.clone(), subject.clone(), now);
    world.given(store, &Change::new().schedule(schedule)).await;
    let leases = (0..RUNNERS).map(|_| store.lease(tenant, &subject, now, until));
    let taken = join_all(leases).await;
    assert_eq!(
        taken.iter().filter(|it| matches!(it, Ok(true))).count(),
        1,
        "{taken:?}"
    );
}
