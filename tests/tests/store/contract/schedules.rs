//! Check schedules and due work.

use super::records::report;
use super::world::{World, first};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_aws::table::Table;
use rolecall_domain::change::Change;
use rolecall_domain::ids::{OrphanedStackId, RegistrationId};
use rolecall_domain::ports::Store;
use rolecall_domain::schedule::{CheckSchedule, KeptReport, Subject};
use rolecall_domain::text::Tenant;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_local::wait::until;
use rolecall_testing::MemoryStore;
use rolecall_tests::world::SOON;

fn account_in(world: &World, shard: u8) -> Subject {
    Subject::Account(world.account_id_in(shard))
}

fn subject(world: &World) -> Subject {
    Subject::Account(world.account(&world.group().group_id).account_id)
}

fn due_at(world: &World, subject: &Subject, at: Timestamp) -> CheckSchedule {
    CheckSchedule::first(world.tenant.clone(), subject.clone(), at)
}

/// Writes a schedule unconditionally, as a commit does.
async fn put(store: &impl Store, world: &World, schedule: &CheckSchedule) {
    let change = Change::new().schedule(schedule.clone());
    world.given(store, &change).await;
}

async fn read(store: &impl Store, world: &World, subject: &Subject) -> Option<CheckSchedule> {
    let read = store.check_schedule(&world.tenant, subject).await;
    read.expect("read")
}

pub(crate) async fn schedule_reads_back(store: &impl Store, world: &World) {
    let account = subject(world);
    assert_eq!(read(store, world, &account).await, None);
    let mut schedule = due_at(world, &account, world.now());
    put(store, world, &schedule).await;
    assert_eq!(read(store, world, &account).await, Some(schedule.clone()));
    schedule.last_checked_at = Some(world.now());
    schedule.streak = 3;
    put(store, world, &schedule).await;
    assert_eq!(read(store, world, &account).await, Some(schedule.clone()));
    schedule.next_check_at = None;
    schedule.last_healthy_at = Some(world.now());
    put(store, world, &schedule).await;
    assert_eq!(read(store, world, &account).await, Some(schedule));
    let other = store
        .check_schedule(&world.other_tenant().tenant, &account)
        .await;
    assert_eq!(other.expect("read"), None);
}

pub(crate) async fn report_is_stored_separately(store: &impl Store, world: &World) {
    let (tenant, account) = (&world.tenant, subject(world));
    let read = async || store.report(tenant, &account).await.expect("read");
    assert_eq!(read().await, None);
    put(store, world, &due_at(world, &account, world.now())).await;
    assert_eq!(read().await, None);
    let kept = |seconds| KeptReport {
        tenant: tenant.clone(),
        subject: account.clone(),
        report: report(world.now() + SignedDuration::from_secs(seconds)),
    };
    store.put_report(&kept(1)).await.expect("put");
    assert_eq!(read().await, Some(kept(1).report));
    world.given(store, &Change::new().keep(kept(2))).await;
    assert_eq!(read().await, Some(kept(2).report));
    let other = store.report(&world.other_tenant().tenant, &account).await;
    assert_eq!(other.expect("read"), None);
}

pub(crate) async fn stale_reschedule_changes_nothing(store: &impl Store, world: &World) {
    let account = subject(world);
    let never = CheckSchedule::never(world.tenant.clone(), account.clone());
    let at = |hours| {
        let at = world.now() + SignedDuration::from_hours(hours);
        due_at(world, &account, at)
    };
    let set = async |before: &CheckSchedule, after: &CheckSchedule| {
        let done = store.reschedule(before, after).await;
        (done.expect("asked"), read(store, world, &account).await)
    };
    assert_eq!(set(&at(1), &at(2)).await, (false, None));
    assert_eq!(set(&never, &at(1)).await, (true, Some(at(1))));
    assert_eq!(set(&never, &at(2)).await, (false, Some(at(1))));
    assert_eq!(set(&at(1), &at(2)).await, (true, Some(at(2))));
    assert_eq!(set(&at(1), &never).await, (false, Some(at(2))));
    assert_eq!(set(&at(2), &never).await, (true, Some(never.clone())));
    assert_eq!(set(&never, &at(3)).await, (true, Some(at(3))));
}

pub(crate) async fn schedule_of_registration_ends_with_it(store: &impl Store, world: &World) {
    let kept = Subject::Stack(OrphanedStackId::new(world.seed()));
    let dropped = Subject::Registration(RegistrationId::new(world.seed()));
    for subject in [&kept, &dropped] {
        let schedule = due_at(world, subject, world.now());
        put(store, world, &schedule).await;
        let never = CheckSchedule {
            next_check_at: None,
            ..schedule.clone()
        };
        put(store, world, &never).await;
        let left = read(store, world, subject).await;
        assert_eq!(left.is_some(), *subject == kept);

        put(store, world, &schedule).await;
        let (tenant, subject) = (world.tenant.clone(), subject.clone());
        let change = world.creation(&world.group());
        world
            .given(store, &change.unschedule(tenant, subject.clone()))
            .await;
        let left = read(store, world, &subject).await;
        assert_eq!(left.is_some(), subject == kept);
    }
}

pub(crate) async fn last_schedule_for_a_subject_in_a_change_wins(
    store: &impl Store,
    world: &World,
) {
    let account = subject(world);
    let [early, late] = [1, 2].map(|hours| {
        let at = world.now() + SignedDuration::from_hours(hours);
        due_at(world, &account, at)
    });
    let change = world.creation(&world.group()).schedule(early);
    world.given(store, &change.schedule(late.clone())).await;
    assert_eq!(read(store, world, &account).await, Some(late));
}

fn long_ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000_000 + seconds).expect("a time")
}

/// Waits until exactly these subjects are due, because the index may lag behind writes.
async fn eventually_due(
    store: &impl Store,
    shard: u8,
    now: Timestamp,
    limit: usize,
    expected: &[(Tenant, Subject)],
) {
    let what = format!("{expected:?} is due");
    let due = until(&what, SOON, async || {
        let due = store.due(shard, now, &first(limit)).await?;
        Ok((due.subjects == expected).then_some(due))
    });
    assert_eq!(due.await.expect("due").damaged, 0);
}

/// A store that a test can put damaged entries into.
pub(crate) trait Damaged: Store {
    /// Adds an invalid entry to the schedule.
    async fn schedule_damage(&self, shard: u8, at: Timestamp, name: &str);
}

impl Damaged for MemoryStore {
    async fn schedule_damage(&self, shard: u8, at: Timestamp, name: &str) {
        MemoryStore::schedule_damage(self, shard, at, name);
    }
}

impl Damaged for Table {
    async fn schedule_damage(&self, shard: u8, at: Timestamp, name: &str) {
        let text = |text: String| AttributeValue::S(text);
        let at = AttributeValue::N(at.as_millisecond().to_string());
        let put = self.client.put_item().table_name(&self.name);
        let put = put
            .item("pk", text("TENANT#acme".to_owned()))
            .item("sk", text(name.to_owned()))
            .item("due_shard", text(format!("DUE#{shard:x}")))
            .item("due_at", at);
        put.send().await.expect("put");
    }
}

/// Reads all pages of a shard; returns the due subjects, the number of damaged entries and the
/// number of pages.
async fn all_due(store: &impl Store, limit: usize) -> (Vec<(Tenant, Subject)>, usize, usize) {
    let (mut subjects, mut damaged, mut pages) = (Vec::new(), 0, 0);
    let mut slice = first(limit);
    loop {
        let due = store.due(0xa, long_ago(40), &slice).await.expect("read");
        subjects.extend(due.subjects);
        (damaged, pages) = (damaged + due.damaged, pages + 1);
        match due.next {
            Some(next) => slice.after = Some(next),
            None => return (subjects, damaged, pages),
        }
    }
}

pub(crate) async fn damaged_entry_hides_no_due_work(store: &impl Damaged, world: &World) {
    let accounts: Vec<_> = [12, 13, 22, 23]
        .iter()
        .map(|seconds| ((world.tenant.clone(), account_in(world, 0xa)), *seconds))
        .collect();
    for ((_, subject), seconds) in &accounts {
        put(store, world, &due_at(world, subject, long_ago(*seconds))).await;
    }
    let expected: Vec<_> = accounts.into_iter().map(|(subject, _)| subject).collect();
    // The damaged entries are the most overdue ones and fill more than a page; one looks almost
    // like an id.
    let names = ["SCHEDULE#unknown", "SCHEDULE#", "GROUP#x", "SCHEDULE#acc_1"];
    for (name, seconds) in names.iter().zip([1, 2, 11, 21]) {
        store.schedule_damage(0xa, long_ago(seconds), name).await;
    }
    eventually("all schedules in the index", async || {
        let everything = store.due(0xa, long_ago(40), &first(9)).await?;
        Ok(everything.subjects.len() == 4)
    })
    .await;
    // The first read removed the damaged entries from the index, and all due work is still there.
    for name in names {
        store.schedule_damage(0xa, long_ago(3), name).await;
    }
    let mut met = 0;
    eventually("damaged entries on several pages", async || {
        let (subjects, damaged, pages) = all_due(store, 2).await;
        anyhow::ensure!(subjects == expected, "{subjects:?}");
        met += damaged;
        Ok(met >= names.len() && pages > 1)
    })
    .await;
    eventually("no damaged entries", async || {
        let (subjects, damaged, _) = all_due(store, 2).await;
        Ok(subjects == expected && damaged == 0)
    })
    .await;
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) {
    let held = until(what, SOON, async || Ok(holds().await?.then_some(())));
    held.await.expect("the condition holds");
}

pub(crate) async fn due_work_is_listed_most_overdue_first(store: &impl Store, world: &World) {
    let other_tenant = world.other_tenant();
    let first = (other_tenant.tenant.clone(), account_in(&other_tenant, 0xa));
    let second = (world.tenant.clone(), account_in(world, 0xa));
    let later = (world.tenant.clone(), account_in(world, 0xa));
    let elsewhere = (world.tenant.clone(), account_in(world, 0xb));
    let schedule = [(&later, 30), (&second, 20), (&first, 10), (&elsewhere, 5)];
    for ((tenant, subject), seconds) in schedule {
        let at = long_ago(seconds);
        let schedule = CheckSchedule::first(tenant.clone(), subject.clone(), at);
        put(store, world, &schedule).await;
    }
    let both = [first.clone(), second.clone()];
    eventually_due(store, 0xa, long_ago(20), 9, &both).await;
    eventually_due(store, 0xa, long_ago(20), 1, &both[..1]).await;
    eventually_due(store, 0xa, long_ago(19), 9, &both[..1]).await;
    eventually_due(store, 0xa, long_ago(9), 9, &[]).await;
    eventually_due(store, 0xb, long_ago(20), 9, &[elsewhere]).await;

    let never = CheckSchedule {
        next_check_at: None,
        ..CheckSchedule::first(first.0, first.1, long_ago(0))
    };
    put(store, world, &never).await;
    eventually_due(store, 0xa, long_ago(40), 9, &[second, later]).await;
}

pub(crate) async fn due_work_is_leased_once(store: &impl Store, world: &World) {
    let (tenant, account) = (&world.tenant, subject(world));
    let (now, later) = (world.now(), world.now() + SignedDuration::from_mins(5));
    let lease = async |now: Timestamp, until: Timestamp| {
        let taken = store.lease(tenant, &account, now, until).await;
        taken.expect("asked")
    };
    assert!(!lease(now, later).await, "nothing is scheduled");
    assert_eq!(read(store, world, &account).await, None);

    let mut schedule = due_at(world, &account, now);
    schedule.streak = 2;
    put(store, world, &schedule).await;
    assert!(!lease(now - SignedDuration::from_secs(1), later).await);
    assert!(lease(now, later).await);
    assert!(!lease(now, later).await, "the work is leased");
    schedule.next_check_at = Some(later);
    assert_eq!(read(store, world, &account).await, Some(schedule.clone()));
    assert!(lease(later, later + SignedDuration::from_secs(1)).await);

    schedule.next_check_at = None;
    put(store, world, &schedule).await;
    assert!(!lease(later + SignedDuration::from_hours(9), later).await);
    assert_eq!(read(store, world, &account).await, Some(schedule));
}
