//! Stacks that were created from a link but never registered.

use super::world::{World, days, hours};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::RoleUniqueId;
use rolecall_domain::change::Change;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{PastedStack, Registration};
use rolecall_domain::remedy::Remedy;
use rolecall_domain::transition::register::{end, refuse};
use rolecall_testing::FakeRole;
use rolecall_usecases::deregister;

/// Records a rejected completion, as the API does.
async fn paste(world: &World, registration: &Registration) -> Registration {
    let refusal = Refusal::new(
        Code::VerificationFailed,
        &Reason::NotVerified,
        &Remedy::TryAgain,
    );
    let pasted = PastedStack {
        stack_id: world.stack.clone(),
        role_arn: world.role.clone(),
    };
    let (change, occasion) = (Change::new(), world.occasion());
    let change = refuse(
        change,
        registration,
        &refusal,
        &world.stack,
        Some(pasted),
        &occasion,
    );
    world.commit(&change).await;
    read(world, registration).await
}

async fn read(world: &World, registration: &Registration) -> Registration {
    let id = &registration.registration_id;
    let read = world.env().store.registration(&world.tenant, id).await;
    read.expect("read").expect("a registration")
}

fn make_stack(world: &World, registration: &Registration) {
    let unique_id = RoleUniqueId::parse("AROAEXAMPLEEXAMPLE123").expect("valid");
    let hub = &world.env().hub;
    let role = FakeRole::healthy(unique_id, registration.external_id.clone(), hub);
    let customers = &world.env().customers;
    customers.create_stack(&world.stack, &world.role, role);
}

async fn statuses(world: &World) -> Vec<&'static str> {
    let entries = world.entries().await;
    entries
        .iter()
        .map(|entry| entry.status().as_str())
        .collect()
}

#[tokio::test]
async fn pasted_stack_of_expired_registration_is_orphaned() {
    let mut world = World::empty().await;
    let registration = world.register_link().await;
    make_stack(&world, &registration);
    paste(&world, &registration).await;
    world.pass(hours(48));
    assert_eq!(
        read(&world, &registration).await.status(world.now()),
        "expired"
    );
    assert_eq!(
        statuses(&world).await,
        [""; 0],
        "callbacks have a grace period"
    );
    world.pass(hours(1));
    for _ in 0..3 {
        world.sweep().await;
        world.pass(hours(1));
    }
    assert_eq!(statuses(&world).await, ["orphaned"]);
    let entry = world.entries().await.remove(0);
    assert!(
        !entry.proof_is_available(),
        "its deletion can't be confirmed"
    );
    assert_eq!(entry.role_arn.as_ref(), Some(&world.role));
    let opened = world
        .events()
        .into_iter()
        .filter(|name| *name == "Stack Orphaned");
    assert_eq!(opened.count(), 1);
    assert!(
        entry.evidence().iter().count() > 0,
        "the stack was never checked"
    );
}

#[tokio::test]
async fn pasted_stack_of_revoked_registration_is_orphaned() {
    let mut world = World::empty().await;
    let registration = world.register_link().await;
    make_stack(&world, &registration);
    let pasted = paste(&world, &registration).await;
    let revoked = pasted.revoked().expect("a pending registration");
    let change = end(Change::new(), &revoked, world.now()).update(
        Record::Registration(pasted),
        Record::Registration(revoked),
        Event::RegistrationRevoked,
        &world.occasion(),
    );
    world.commit(&change).await;
    world.sweep().await;
    assert_eq!(statuses(&world).await, ["orphaned"]);
}

#[tokio::test]
async fn stack_pasted_after_expiration_is_orphaned() {
    let mut world = World::empty().await;
    let registration = world.register_link().await;
    make_stack(&world, &registration);
    world.pass(days(3));
    world.sweep().await;
    assert_eq!(statuses(&world).await, [""; 0]);
    let expired = read(&world, &registration).await;
    paste(&world, &expired).await;
    world.sweep().await;
    assert_eq!(statuses(&world).await, ["orphaned"]);
}

#[tokio::test]
async fn registered_stack_is_never_orphaned_by_later_pastes() {
    let mut world = World::connected().await;
    let other = world.register_link().await;
    paste(&world, &other).await;
    world.pass(days(3));
    world.sweep().await;
    assert_eq!(statuses(&world).await, [""; 0]);
    let at: Timestamp = world.now();
    assert_eq!(read(&world, &other).await.status(at), "expired");
}

#[tokio::test]
async fn orphaned_stack_is_stale_after_ninety_days_and_checked_weekly() {
    let mut world = World::connected().await;
    let account = world.account().await;
    let gone = deregister(world.env(), account, &rolecall_domain::text::Actor::Hub).await;
    gone.expect("deregistered");
    let mut looks = Vec::new();
    for day in 0..120 {
        let before = world.env().customers.calls_to_sts();
        for _ in 0..24 {
            world.sweep().await;
            world.pass(hours(1));
        }
        if world.env().customers.calls_to_sts() > before {
            looks.push(day);
        }
    }
    let entry = world.entries().await.remove(0);
    assert!(entry.is_open() && entry.is_stale(world.now()));
    let late = looks.iter().filter(|day| **day > 95).count();
    assert!((3..=4).contains(&late), "{looks:?}");
}
