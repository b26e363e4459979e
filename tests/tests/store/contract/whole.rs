//! A change with one of every kind of write, to check that a commit stores all of it or nothing.

use super::commits::remembered;
use super::world::{World, first, owner_of};
use rolecall_domain::change::{
    Change, Connection, ConnectionChange, Guard, IdempotencyRecord, PersistedAnswer,
};
use rolecall_domain::ports::{RequestClaim, Store, WorkerId};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::{CheckSchedule, Subject};

pub(crate) struct Whole {
    pub(crate) change: Change,
    group: Group,
    account: Account,
    registration: Registration,
    guard: Guard,
    schedule: CheckSchedule,
    answer: PersistedAnswer,
    record: IdempotencyRecord,
}

impl Whole {
    /// Creates the change but does not commit it; only its group is stored.
    pub(crate) async fn new(store: &impl Store, world: &World) -> Self {
        let group = world.given_group(store).await;
        let account = world.account(&group.group_id);
        let registration = world.registration(&group.group_id);
        let subject = Subject::Account(account.account_id.clone());
        let schedule = CheckSchedule::first(world.tenant.clone(), subject, world.now());
        let guard = world.guard();
        let answer = PersistedAnswer {
            key: world.request(),
            body: "{}".to_owned(),
        };
        let record = remembered(world, "POST /v1/whole", "k");
        let mut change = world
            .creation(&account)
            .claim(guard.clone(), &owner_of(&account))
            .connection(ConnectionChange::Join {
                connection: Connection::from(&account),
                exclusive: true,
            })
            .schedule(schedule.clone())
            .answering(Some(answer.clone()));
        change.writes.extend(world.creation(&registration).writes);
        change.idempotency = Some(record.clone());
        Self {
            change,
            group,
            account,
            registration,
            guard,
            schedule,
            answer,
            record,
        }
    }

    pub(crate) async fn assert_all(&self, store: &impl Store, world: &World) {
        self.assert_is(store, world, true).await;
        let stranger = world.sibling(&self.account);
        let connecting = self.connecting(world, &stranger);
        assert!(store.commit(&connecting).await.is_err());
        let kept = store.claim_request(&self.answer.key, WorkerId(1), world.now(), world.now());
        let body = self.answer.body.clone();
        assert_eq!(kept.await.expect("read"), RequestClaim::Answered { body });
    }

    pub(crate) async fn assert_nothing(&self, store: &impl Store, world: &World) {
        self.assert_is(store, world, false).await;
        let stranger = world.sibling(&self.account);
        world.given(store, &self.connecting(world, &stranger)).await;
        let kept = store.claim_request(&self.answer.key, WorkerId(1), world.now(), world.now());
        let kept = kept.await.expect("read");
        assert!(matches!(kept, RequestClaim::Yours { .. }), "{kept:?}");
    }

    fn connecting(&self, world: &World, account: &Account) -> Change {
        let change = world.creation(&world.group());
        change.connection(ConnectionChange::Join {
            connection: Connection::from(account),
            exclusive: true,
        })
    }

    async fn assert_is(&self, store: &impl Store, world: &World, there: bool) {
        let tenant = &world.tenant;
        let (group, account) = (&self.group.group_id, &self.account.account_id);
        let id = &self.registration.registration_id;
        fn when<T: Clone>(there: bool, value: &T) -> Option<T> {
            there.then(|| value.clone())
        }
        let read = store.account(tenant, account).await.expect("read");
        assert_eq!(read, when(there, &self.account));
        let read = store.registration(tenant, id).await.expect("read");
        assert_eq!(read, when(there, &self.registration));
        let read = store.registration_by_id(id).await.expect("read");
        assert_eq!(read, when(there, &self.registration));
        let read = store.owner(&self.guard).await.expect("read");
        assert_eq!(read, when(there, &owner_of(&self.account)));
        let read = store
            .check_schedule(tenant, &self.schedule.subject)
            .await
            .expect("read");
        assert_eq!(read, when(there, &self.schedule));
        let key = &self.record.key;
        let read = store
            .idempotency(tenant, &self.record.route, key)
            .await
            .expect("read");
        assert_eq!(read, when(there, &self.record));

        let read = store
            .history(tenant, account.as_str(), &first(9))
            .await
            .expect("read");
        assert_eq!(read.items.len(), usize::from(there));
        let read = store
            .accounts(tenant, group, &first(9))
            .await
            .expect("read");
        assert_eq!(read.items.len(), usize::from(there));
        let read = store
            .registrations(tenant, group, &first(9))
            .await
            .expect("read");
        assert_eq!(read.items.len(), usize::from(there));
        let read = store
            .pending_registrations(tenant, Some(group), 9)
            .await
            .expect("read");
        assert_eq!(read.len(), usize::from(there));
        let counts = store.group_counts(tenant, &[group]).await.expect("read");
        let [counts] = counts[..] else {
            panic!("{counts:?}");
        };
        let members = usize::from(there);
        assert_eq!(
            (counts.accounts, counts.pending_registrations),
            (members, members)
        );
    }
}
