//! Commits: versions, history, requirements, responses and idempotency keys.

use super::assert_refused;
use super::world::{World, first};
use rolecall_domain::change::audit::Event;
use rolecall_domain::change::{Change, IdempotencyRecord, PersistedAnswer, Requirement};
use rolecall_domain::ids::GroupId;
use rolecall_domain::ports::{CommitError, RequestClaim, Store, WorkerId};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::text::{IdempotencyKey, Name};
use rolecall_domain::{SignedDuration, Timestamp};

fn renamed(group: &Group, name: &str) -> Group {
    group.changed(Some(Name::parse(name).expect("a name")), None)
}

pub(crate) async fn empty_change_succeeds(store: &impl Store, _world: &World) {
    assert!(store.commit(&Change::new()).await.is_ok());
}

pub(crate) async fn record_is_created_once(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let again = renamed(
        &Group {
            version: 0,
            ..group.clone()
        },
        "again",
    );
    assert_refused!(
        store.commit(&world.creation(&again)).await,
        CommitError::Stale
    );
    let read = store.group(&world.tenant, &group.group_id).await;
    assert_eq!(read.expect("read"), Some(group));
}

pub(crate) async fn update_needs_the_version_that_was_read(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let (ours, theirs) = (renamed(&group, "ours"), renamed(&group, "theirs"));
    world.given(store, &world.step(&group, &ours)).await;
    assert_refused!(
        store.commit(&world.step(&group, &theirs)).await,
        CommitError::Stale
    );
    let read = store.group(&world.tenant, &group.group_id).await;
    assert_eq!(read.expect("read"), Some(ours));
    // A later version can't replace a version that was not read, either.
    let later = Group {
        version: 9,
        ..renamed(&group, "later")
    };
    assert_refused!(
        store.commit(&world.step(&group, &later)).await,
        CommitError::Stale
    );
    let unknown = world.group();
    let step = world.step(&unknown, &renamed(&unknown, "new"));
    assert_refused!(store.commit(&step).await, CommitError::Stale);
}

pub(crate) async fn deleted_record_keeps_its_history(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let newer = renamed(&group, "newer");
    world.given(store, &world.step(&group, &newer)).await;
    assert_refused!(
        store.commit(&world.deletion(&group)).await,
        CommitError::Stale
    );
    world.given(store, &world.deletion(&newer)).await;
    assert_eq!(
        store
            .group(&world.tenant, &group.group_id)
            .await
            .expect("read"),
        None
    );
    assert_refused!(
        store.commit(&world.deletion(&newer)).await,
        CommitError::Stale
    );
    let history = store
        .history(&world.tenant, group.group_id.as_str(), &first(9))
        .await;
    let told: Vec<_> = history
        .expect("read")
        .items
        .iter()
        .map(|entry| (entry.sequence, entry.event))
        .collect();
    let expected = [
        (3, Event::GroupDeleted),
        (2, Event::AccountChanged),
        (1, Event::GroupCreated),
    ];
    assert_eq!(told, expected);
}

pub(crate) async fn audit_entry_reads_back_as_written(store: &impl Store, world: &World) {
    let account = world.account(&world.group().group_id);
    let change = world.creation(&account);
    world.given(store, &change).await;
    let history = store
        .history(&world.tenant, account.account_id.as_str(), &first(9))
        .await;
    let written = change.writes.into_iter().map(|write| write.audit);
    assert_eq!(history.expect("read").items, written.collect::<Vec<_>>());
}

pub(crate) async fn sequence_number_is_used_once(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    world.given(store, &world.deletion(&group)).await;
    // A new record with a deleted record's id would repeat its sequence numbers.
    assert_refused!(
        store.commit(&world.creation(&group)).await,
        CommitError::Stale
    );
    assert_eq!(
        store
            .group(&world.tenant, &group.group_id)
            .await
            .expect("read"),
        None
    );
}

pub(crate) async fn several_records_change_in_one_commit(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let account = world.account(&group.group_id);
    let occasion = world.occasion();
    let change = world.step(&group, &renamed(&group, "fuller"));
    let mut change = change.unschedule(world.tenant.clone(), subject(&account.account_id));
    change.writes.extend(world.creation(&account).writes);
    assert_eq!(change.at(), Some(occasion.now));
    world.given(store, &change).await;
    let read = store
        .group(&world.tenant, &group.group_id)
        .await
        .expect("read");
    assert_eq!(read.expect("a group").version, 2);
    let read = store.account(&world.tenant, &account.account_id).await;
    assert_eq!(read.expect("read"), Some(account));
}

fn subject(id: &rolecall_domain::ids::AccountId) -> rolecall_domain::schedule::Subject {
    rolecall_domain::schedule::Subject::Account(id.clone())
}

fn open_group(world: &World, group_id: &GroupId) -> Change {
    let account = world.account(group_id);
    open_group_at(world, &account, world.now())
}

fn open_group_at(world: &World, account: &Account, now: Timestamp) -> Change {
    world.creation(account).require(Requirement::OpenGroup {
        tenant: world.tenant.clone(),
        group_id: account.group_id.clone(),
        now,
    })
}

pub(crate) async fn joining_a_group_requires_it_to_be_open(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    world
        .given(store, &open_group(world, &group.group_id))
        .await;
    let missing = world.group().group_id;
    assert_refused!(
        store.commit(&open_group(world, &missing)).await,
        CommitError::GroupClosed
    );

    let closing = group.closing(world.now());
    world.given(store, &world.step(&group, &closing)).await;
    assert_refused!(
        store.commit(&open_group(world, &group.group_id)).await,
        CommitError::GroupClosed
    );
    let joins = store
        .accounts(&world.tenant, &group.group_id, &first(9))
        .await;
    assert_eq!(joins.expect("read").items.len(), 1);

    let until = closing.closing_until.expect("a closing group");
    // The group stays closed to the very end, however the store rounds the time.
    let account = world.account(&group.group_id);
    let early = open_group_at(world, &account, until - SignedDuration::from_nanos(1));
    assert_refused!(store.commit(&early).await, CommitError::GroupClosed);
    world.advance(until.duration_since(world.now()));
    world
        .given(store, &open_group(world, &group.group_id))
        .await;

    let reopened = closing.reopened();
    world.given(store, &world.step(&closing, &reopened)).await;
    world
        .given(store, &open_group(world, &group.group_id))
        .await;
    world.given(store, &world.deletion(&reopened)).await;
    assert_refused!(
        store.commit(&open_group(world, &group.group_id)).await,
        CommitError::GroupClosed
    );
}

pub(crate) async fn duplicate_requirement_is_accepted(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let mut change = open_group(world, &group.group_id);
    change.requires.extend(change.requires.clone());
    world.given(store, &change).await;
}

pub(crate) async fn request_is_answered_once(store: &impl Store, world: &World) {
    let key = world.request();
    let answering = |body: &str| PersistedAnswer {
        key: key.clone(),
        body: body.to_owned(),
    };
    let change = world.creation(&world.group());
    world
        .given(store, &change.answering(Some(answering("first"))))
        .await;
    let second = world.group();
    let change = world.creation(&second).answering(Some(answering("second")));
    assert_refused!(store.commit(&change).await, CommitError::Answered);
    assert_eq!(
        store
            .group(&world.tenant, &second.group_id)
            .await
            .expect("read"),
        None
    );
    let claim = store
        .claim_request(&key, WorkerId(1), world.now(), world.now())
        .await;
    let body = "first".to_owned();
    assert_eq!(claim.expect("read"), RequestClaim::Answered { body });
}

/// A record of an idempotency key that expires in an hour.
pub(crate) fn remembered(world: &World, route: &str, key: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        tenant: world.tenant.clone(),
        route: route.to_owned(),
        key: IdempotencyKey::parse(key).expect("a key"),
        fingerprint: "abc".to_owned(),
        made: world.group().group_id.to_string(),
        expires_at: world.now() + SignedDuration::from_hours(1),
    }
}

fn remembering(world: &World, record: &IdempotencyRecord) -> Change {
    let mut change = world.creation(&world.group());
    change.idempotency = Some(record.clone());
    change
}

pub(crate) async fn idempotency_key_is_used_once_until_it_expires(
    store: &impl Store,
    world: &World,
) {
    let record = remembered(world, "POST /v1/groups", "a#b");
    let read = async |route: &str| {
        let read = store.idempotency(&world.tenant, route, &record.key).await;
        read.expect("read")
    };
    assert_eq!(read(&record.route).await, None);
    world.given(store, &remembering(world, &record)).await;
    assert_eq!(read(&record.route).await.as_ref(), Some(&record));
    assert_eq!(read("POST /v1/elsewhere").await, None);

    let again = remembered(world, &record.route, "a#b");
    assert_refused!(
        store.commit(&remembering(world, &again)).await,
        CommitError::KeyUsed
    );
    assert_eq!(read(&record.route).await.as_ref(), Some(&record));
    for other in [
        remembered(world, "POST /v1/elsewhere", "a#b"),
        remembered(world, &record.route, "a"),
        remembered(&world.other_tenant(), &record.route, "a#b"),
    ] {
        world.given(store, &remembering(world, &other)).await;
    }

    world.advance(SignedDuration::from_secs(3599));
    assert_refused!(
        store.commit(&remembering(world, &again)).await,
        CommitError::KeyUsed
    );
    world.advance(SignedDuration::from_secs(2));
    let later = remembered(world, &record.route, "a#b");
    world.given(store, &remembering(world, &later)).await;
    assert_eq!(read(&record.route).await, Some(later));
}

pub(crate) async fn commit_errors_have_a_fixed_precedence(store: &impl Store, world: &World) {
    let group = world.given_group(store).await;
    let stale = world.creation(&group);
    let key = world.request();
    let answer = PersistedAnswer {
        key,
        body: "done".to_owned(),
    };
    let record = remembered(world, "POST /v1/groups", "k");
    let done = remembering(world, &record).answering(Some(answer.clone()));
    world.given(store, &done).await;

    let missing = Requirement::OpenGroup {
        tenant: world.tenant.clone(),
        group_id: world.group().group_id,
        now: world.now(),
    };
    let mut change = stale.require(missing).answering(Some(answer));
    change.idempotency = Some(record);
    assert_refused!(store.commit(&change).await, CommitError::Answered);
    change.answer = None;
    assert_refused!(store.commit(&change).await, CommitError::KeyUsed);
    change.idempotency = None;
    assert_refused!(store.commit(&change).await, CommitError::Stale);
    change.writes = Vec::new();
    assert_refused!(store.commit(&change).await, CommitError::GroupClosed);
}
