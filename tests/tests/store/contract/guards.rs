//! Guards and connections; a change that fails stores nothing.

use super::assert_refused;
use super::whole::Whole;
use super::world::{World, owner_of};
use rolecall_domain::change::{
    Change, Connection, ConnectionChange, Guard, Owner, PersistedAnswer, Requirement,
};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::ports::{CommitError, Store};
use rolecall_domain::record::account::Account;

fn claiming(world: &World, guard: &Guard, owner: &Owner) -> Change {
    world.creation(&world.group()).claim(guard.clone(), owner)
}

fn every_guard(world: &World) -> Vec<Guard> {
    let stack = world.stack_id();
    let role = world.role(&stack);
    let registration_id = RegistrationId::new(world.seed());
    let deleted = |name: &str| Guard::Deleted {
        registration_id: registration_id.clone(),
        stack_id: stack.clone(),
        logical_resource_id: name.to_owned(),
    };
    vec![
        Guard::RoleArn(role.arn),
        Guard::RoleUniqueId(role.unique_id),
        Guard::Stack(stack.clone()),
        Guard::ExternalId(world.external_id()),
        Guard::OrphanedStack {
            registration_id: registration_id.clone(),
            stack_id: stack.clone(),
        },
        deleted("Registration"),
        deleted("#"),
    ]
}

pub(crate) async fn guard_has_one_owner(store: &impl Store, world: &World) {
    let ours = owner_of(&world.group());
    let theirs = owner_of(&world.group());
    let other_tenant = Owner {
        tenant: world.other_tenant().tenant,
        ..ours.clone()
    };
    for guard in every_guard(world) {
        assert_eq!(store.owner(&guard).await.expect("read"), None);
        world.given(store, &claiming(world, &guard, &ours)).await;
        assert_eq!(
            store.owner(&guard).await.expect("read").as_ref(),
            Some(&ours)
        );
        for other in [&theirs, &other_tenant] {
            let refused = store.commit(&claiming(world, &guard, other)).await;
            assert_refused!(refused, CommitError::Held(held) if **held == guard);
        }
        assert_eq!(
            store.owner(&guard).await.expect("read").as_ref(),
            Some(&ours)
        );
    }
}

pub(crate) async fn owner_can_claim_again(store: &impl Store, world: &World) {
    let owner = owner_of(&world.group());
    let guard = world.guard();
    world.given(store, &claiming(world, &guard, &owner)).await;
    let twice = claiming(world, &guard, &owner).claim(guard.clone(), &owner);
    world.given(store, &twice).await;
    assert_eq!(store.owner(&guard).await.expect("read"), Some(owner));
}

pub(crate) async fn tombstone_prevents_registration(store: &impl Store, world: &World) {
    let owner = owner_of(&world.group());
    let guard = world.guard();
    let free = || {
        let change = world.creation(&world.group());
        change.require(Requirement::Free(guard.clone()))
    };
    world.given(store, &free()).await;
    assert_eq!(store.owner(&guard).await.expect("read"), None);
    world.given(store, &claiming(world, &guard, &owner)).await;
    let refused = store.commit(&free()).await;
    assert_refused!(refused, CommitError::Held(held) if **held == guard);
}

pub(crate) async fn stack_guards_are_separate_per_registration(store: &impl Store, world: &World) {
    let stack_id = world.stack_id();
    let owners = [world.group(), world.other_tenant().group()].map(|group| owner_of(&group));
    for owner in &owners {
        let registration_id = RegistrationId::new(world.seed());
        let orphans = Guard::OrphanedStack {
            registration_id: registration_id.clone(),
            stack_id: stack_id.clone(),
        };
        let deleted = Guard::Deleted {
            registration_id: registration_id.clone(),
            stack_id: stack_id.clone(),
            logical_resource_id: "Registration".to_owned(),
        };
        for guard in [orphans, deleted] {
            assert_eq!(store.owner(&guard).await.expect("read"), None);
            world.given(store, &claiming(world, &guard, owner)).await;
        }
    }
}

pub(crate) async fn changed_registration_prevents_a_guard(store: &impl Store, world: &World) {
    let registration = super::life::linked(store, world).await;
    let unchanged = |version| Requirement::Unchanged {
        tenant: registration.tenant.clone(),
        registration_id: registration.registration_id.clone(),
        version,
    };
    let owner = owner_of(&world.group());
    let guard = world.guard();
    let marking = |version| {
        let change = Change::new().claim(guard.clone(), &owner);
        change.require(unchanged(version))
    };
    let refused = store.commit(&marking(registration.version + 1)).await;
    assert_refused!(refused, CommitError::Stale);
    assert_eq!(store.owner(&guard).await.expect("read"), None);
    world.given(store, &marking(registration.version)).await;
}

pub(crate) async fn first_of_two_held_guards_is_reported(store: &impl Store, world: &World) {
    let owner = owner_of(&world.group());
    let (first, second) = (world.guard(), Guard::ExternalId(world.external_id()));
    for guard in [&second, &first] {
        world.given(store, &claiming(world, guard, &owner)).await;
    }
    for (first, second) in [(&first, &second), (&second, &first)] {
        let other = owner_of(&world.group());
        let change = claiming(world, first, &other).claim(second.clone(), &other);
        let refused = store.commit(&change).await;
        assert_refused!(refused, CommitError::Held(held) if **held == *first);
    }
}

fn join(world: &World, account: &Account, exclusive: bool) -> Change {
    world
        .creation(&world.group())
        .connection(ConnectionChange::Join {
            connection: Connection::from(account),
            exclusive,
        })
}

fn leave(world: &World, account: &Account) -> Change {
    let change = world.creation(&world.group());
    change.connection(ConnectionChange::Leave(Connection::from(account)))
}

/// Three accounts of the same AWS account.
fn siblings(world: &World) -> [Account; 3] {
    let first = world.account(&world.group().group_id);
    [world.sibling(&first), world.sibling(&first), first.clone()]
}

pub(crate) async fn aws_account_is_connected_once(store: &impl Store, world: &World) {
    let [first, second, _] = siblings(world);
    world.given(store, &join(world, &first, true)).await;
    let refused = store.commit(&join(world, &second, true)).await;
    assert_refused!(refused, CommitError::Connected(id) if *id == first.aws_account_id);
    world.given(store, &join(world, &first, true)).await;
    world.given(store, &leave(world, &first)).await;
    world.given(store, &leave(world, &first)).await;
    world.given(store, &join(world, &second, true)).await;
}

pub(crate) async fn duplicate_is_connected_if_allowed(store: &impl Store, world: &World) {
    let [first, second, third] = siblings(world);
    world.given(store, &join(world, &first, true)).await;
    world.given(store, &join(world, &second, false)).await;
    assert_refused!(
        store.commit(&join(world, &third, true)).await,
        CommitError::Connected(_)
    );
    world.given(store, &leave(world, &first)).await;
    assert_refused!(
        store.commit(&join(world, &third, true)).await,
        CommitError::Connected(_)
    );
    world.given(store, &leave(world, &second)).await;
    world.given(store, &join(world, &third, true)).await;
}

pub(crate) async fn two_tenants_can_connect_one_aws_account(store: &impl Store, world: &World) {
    let [first, second, _] = siblings(world);
    world.given(store, &join(world, &first, true)).await;
    let elsewhere = ConnectionChange::Join {
        connection: Connection {
            tenant: world.other_tenant().tenant,
            ..Connection::from(&second)
        },
        exclusive: true,
    };
    let change = world.creation(&world.group()).connection(elsewhere);
    world.given(store, &change).await;
}

pub(crate) async fn stale_change_stores_nothing(store: &impl Store, world: &World) {
    let old = world.given_group(store).await;
    let new = old.changed(None, None);
    world.given(store, &world.step(&old, &new)).await;
    let mut whole = Whole::new(store, world).await;
    whole.change.writes.extend(world.step(&old, &new).writes);
    assert_refused!(store.commit(&whole.change).await, CommitError::Stale);
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_with_held_guard_stores_nothing(store: &impl Store, world: &World) {
    let guard = world.guard();
    let owner = owner_of(&world.group());
    world.given(store, &claiming(world, &guard, &owner)).await;
    let mut whole = Whole::new(store, world).await;
    let other = owner_of(&world.group());
    whole.change = whole.change.claim(guard, &other);
    assert_refused!(store.commit(&whole.change).await, CommitError::Held(_));
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_with_tombstone_stores_nothing(store: &impl Store, world: &World) {
    let guard = world.guard();
    let owner = owner_of(&world.group());
    world.given(store, &claiming(world, &guard, &owner)).await;
    let mut whole = Whole::new(store, world).await;
    whole.change = whole.change.require(Requirement::Free(guard));
    assert_refused!(store.commit(&whole.change).await, CommitError::Held(_));
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_that_connects_twice_stores_nothing(store: &impl Store, world: &World) {
    let [first, second, _] = siblings(world);
    world.given(store, &join(world, &first, true)).await;
    let mut whole = Whole::new(store, world).await;
    let joins = join(world, &second, true).connections;
    whole.change.connections.extend(joins);
    assert_refused!(store.commit(&whole.change).await, CommitError::Connected(_));
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_in_closed_group_stores_nothing(store: &impl Store, world: &World) {
    let mut whole = Whole::new(store, world).await;
    whole.change = whole.change.require(Requirement::OpenGroup {
        tenant: world.tenant.clone(),
        group_id: world.group().group_id,
        now: world.now(),
    });
    assert_refused!(store.commit(&whole.change).await, CommitError::GroupClosed);
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_to_answered_request_stores_nothing(store: &impl Store, world: &World) {
    let answer = PersistedAnswer {
        key: world.request(),
        body: "first".to_owned(),
    };
    store.keep_answer(&answer).await.expect("kept");
    let mut whole = Whole::new(store, world).await;
    whole.change.answer = Some(answer);
    assert_refused!(store.commit(&whole.change).await, CommitError::Answered);
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn change_with_used_key_stores_nothing(store: &impl Store, world: &World) {
    let used = super::commits::remembered(world, "POST /v1/groups", "used");
    let mut change = world.creation(&world.group());
    change.idempotency = Some(used.clone());
    world.given(store, &change).await;
    let mut whole = Whole::new(store, world).await;
    whole.change.idempotency = Some(used);
    assert_refused!(store.commit(&whole.change).await, CommitError::KeyUsed);
    whole.assert_nothing(store, world).await;
}

pub(crate) async fn valid_change_is_stored_completely(store: &impl Store, world: &World) {
    let whole = Whole::new(store, world).await;
    world.given(store, &whole.change).await;
    whole.assert_all(store, world).await;
}

pub(crate) async fn connections_of_an_aws_account_are_listed_per_tenant(
    store: &impl Store,
    world: &World,
) {
    let [first, second, _] = siblings(world);
    let aws_account_id = first.aws_account_id.clone();
    let connected = async |world: &World| {
        let read = store.connected(&world.tenant, &aws_account_id).await;
        let mut ids = read.expect("read");
        ids.sort();
        ids
    };
    assert_eq!(connected(world).await, []);
    world.given(store, &join(world, &first, false)).await;
    world.given(store, &join(world, &second, false)).await;
    let mut both = vec![first.account_id.clone(), second.account_id.clone()];
    both.sort();
    assert_eq!(connected(world).await, both);
    // Other tenants' connections are not included.
    let other_tenant = world.other_tenant();
    for _ in 0..3 {
        let mut theirs = other_tenant.account(&other_tenant.group().group_id);
        theirs.aws_account_id = aws_account_id.clone();
        let change = join(&other_tenant, &theirs, false);
        other_tenant.given(store, &change).await;
    }
    assert_eq!(connected(world).await, both);
    assert_eq!(connected(&other_tenant).await.len(), 3);
    world.given(store, &leave(world, &first)).await;
    assert_eq!(
        connected(world).await,
        std::slice::from_ref(&second.account_id)
    );
    world.given(store, &leave(world, &second)).await;
    assert_eq!(connected(world).await, []);
}
