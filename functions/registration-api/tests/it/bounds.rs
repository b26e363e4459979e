//! Limits of a tenant's records, and of the records behind one response.

use crate::world::{ACME, GLOBEX, World, start, tenant, text};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::ExternalId;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, RegistrationId};
use rolecall_domain::ports::{Store, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::text::{Actor, Color, Name};
use rolecall_domain::transition::register::create_registration;
use rolecall_testing::{FakeCustomers, Gate, InTurn, MemoryStore, Moment, Trouble};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;

pub fn seed(number: u16) -> IdSeed {
    let mut random = [0; 10];
    random[..2].copy_from_slice(&number.to_be_bytes());
    IdSeed {
        at: start(),
        random,
    }
}

pub fn occasion() -> Occasion {
    Occasion::new(start(), Actor::Hub, "test")
}

pub async fn given<S: Store>(world: &World<S>, change: Change) {
    let done = world.api.env.store.commit(&change).await;
    done.expect("committed");
}

pub async fn given_group(world: &World, number: u16) -> GroupId {
    let group = Group {
        group_id: GroupId::new(seed(number)),
        tenant: tenant(ACME),
        version: 1,
        name: Name::parse("Production").expect("valid"),
        color: Color::parse("#112233").expect("valid"),
        created_at: start(),
        closing_until: None,
    };
    let id = group.group_id.clone();
    let record = Record::Group(group);
    given(
        world,
        Change::new().create(record, Event::GroupCreated, &occasion()),
    )
    .await;
    id
}

#[tokio::test]
async fn tenant_can_have_a_thousand_groups() {
    let world = World::new();
    let mut group = None;
    for number in 0..1000 {
        group = Some(given_group(&world, number).await);
    }
    let body = json!({"name": "One more", "color": "#112233"});
    let asked = "POST /v1/groups";
    let problem = world.expect(ACME, asked, body.clone(), 409).await;
    assert_eq!(problem["code"], "limit_reached", "{problem}");
    assert!(
        text(&problem, "detail").contains("1000 groups"),
        "{problem}"
    );
    world.expect(GLOBEX, asked, body.clone(), 201).await;
    let delete = format!("DELETE /v1/groups/{}", group.expect("a group"));
    world.expect(ACME, &delete, Value::Null, 204).await;
    world.expect(ACME, asked, body, 201).await;
}

/// Copies of an account, in a group.
pub async fn given_copies(
    world: &World,
    account: &Account,
    group: &GroupId,
    numbers: std::ops::Range<u16>,
) {
    for number in numbers {
        let mut copy = account.clone();
        let mut seed = seed(0);
        // An ID's version replaces bits of the first bytes.
        seed.random[8..].copy_from_slice(&number.to_be_bytes());
        copy.account_id = AccountId::new(seed);
        copy.group_id = group.clone();
        copy.version = 1;
        let record = Record::Account(copy);
        let change = Change::new().create(record, Event::AccountRegistered, &occasion());
        given(world, change).await;
    }
}

#[tokio::test]
async fn response_covers_at_most_two_thousand_accounts() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let group = account.group_id.clone();
    given_copies(&world, &account, &group, 1..2000).await;
    let of_group = format!("GET /v1/source-policy?group_id={group}");
    let policy = "GET /v1/source-policy";
    for asked in [of_group.as_str(), policy] {
        world.expect(ACME, asked, Value::Null, 200).await;
    }
    let other = given_group(&world, 1).await;
    given_copies(&world, &account, &other, 2000..2001).await;
    // The tenant has one account too many, and the group exactly as many as allowed.
    world.expect(ACME, &of_group, Value::Null, 200).await;
    let problem = world.expect(ACME, policy, Value::Null, 422).await;
    assert_eq!(problem["code"], "too_many_accounts", "{problem}");
    assert!(text(&problem, "detail").contains("group_id"), "{problem}");
    for id in [&group, &other] {
        let asked = format!("GET /v1/source-policy?group_id={id}");
        world.expect(ACME, &asked, Value::Null, 200).await;
        world.expect(GLOBEX, &asked, Value::Null, 404).await;
    }
    given_copies(&world, &account, &group, 2001..2002).await;
    let problem = world.expect(ACME, &of_group, Value::Null, 422).await;
    assert_eq!(problem["code"], "too_many_accounts", "{problem}");
}

/// Creates registrations that expire later, and are not recorded as ended.
async fn given_expired<S: Store>(world: &World<S>, group: &str, numbers: std::ops::Range<u16>) {
    let made = world.registration(ACME, group, json!({})).await;
    let id = RegistrationId::parse(text(&made, "registration_id")).expect("an id");
    let read = world.api.env.store.registration(&tenant(ACME), &id).await;
    let like = read.expect("read").expect("there");
    for number in numbers {
        let mut random = [0; 20];
        random[..2].copy_from_slice(&number.to_be_bytes());
        let registration = rolecall_domain::record::registration::Registration {
            registration_id: RegistrationId::new(seed(number)),
            external_id: ExternalId::from_random(random),
            ..like.clone()
        };
        given(world, create_registration(registration, None, &occasion())).await;
    }
}

#[tokio::test]
async fn group_deletion_reads_at_most_a_hundred_expired_registrations() {
    let world = World::new();
    let group = world.group(ACME).await;
    let delete = format!("DELETE /v1/groups/{group}");
    given_expired(&world, &group, 1..100).await;
    let problem = world.expect(ACME, &delete, Value::Null, 409).await;
    assert_eq!(problem["code"], "group_not_empty", "{problem}");
    let host = &world.api.env.host;
    host.advance(SignedDuration::from_hours(49));
    world.expect(ACME, &delete, Value::Null, 204).await;

    let group = world.group(ACME).await;
    given_expired(&world, &group, 100..200).await;
    host.advance(SignedDuration::from_hours(49));
    let delete = format!("DELETE /v1/groups/{group}");
    let problem = world.expect(ACME, &delete, Value::Null, 409).await;
    assert!(
        text(&problem, "detail").contains("within a few minutes"),
        "{problem}"
    );
}

/// Counts the reads of registrations.
#[derive(Debug, Clone, Default)]
struct Counting(Rc<Cell<usize>>);

impl Gate for Counting {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        if call == "registration" && moment == Moment::Before {
            self.0.update(|reads| reads + 1);
        }
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }
}

#[tokio::test]
async fn group_with_many_expired_registrations_causes_a_bounded_number_of_reads() {
    let gate = Counting::default();
    let store = InTurn {
        port: Rc::new(MemoryStore::new()),
        gate: gate.clone(),
    };
    let world = World::over(store, FakeCustomers::new());
    let group = world.group(ACME).await;
    given_expired(&world, &group, 1..150).await;
    world.api.env.host.advance(SignedDuration::from_hours(49));
    gate.0.set(0);
    let delete = format!("DELETE /v1/groups/{group}");
    world.expect(ACME, &delete, Value::Null, 409).await;
    assert_eq!(gate.0.get(), 100);
}
