//! The domain's own changes over an account's life cycle; the store accepts each of them.

use super::assert_refused;
use super::records::report;
use super::world::{World, first, owner_of};
use rolecall_domain::aws::SeenStack;
use rolecall_domain::change::Change;
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::{CommitError, Store};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Remedy;
use rolecall_domain::schedule::Subject;
use rolecall_domain::settings::Settings;
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::disconnect::deletion_signaled;
use rolecall_domain::transition::orphan::orphaned_stack_changed;
use rolecall_domain::transition::orphan::{RefusedStack, open_refused_stack};
use rolecall_domain::transition::register::{
    LOGICAL_RESOURCE_ID, create_registration, refuse, register, tombstone,
};

/// A registration with a link.
pub(crate) async fn linked(store: &impl Store, world: &World) -> Registration {
    let group = world.given_group(store).await;
    let registration = world.registration(&group.group_id);
    let key = super::commits::remembered(world, "POST /v1/registrations", "k");
    let change = create_registration(registration.clone(), Some(key), &world.occasion());
    world.given(store, &change).await;
    registration
}

fn candidate(world: &World) -> NewAccount {
    let stack_id = world.stack_id();
    NewAccount {
        account_id: AccountId::new(world.seed()),
        role: world.role(&stack_id),
        stack_id,
        logical_resource_id: Some(LOGICAL_RESOURCE_ID.to_owned()),
        template_version: world.template().version,
        template_id: world.template().template_id,
        deployed_roles: Vec::new(),
        name: None,
    }
}

fn registering(world: &World, from: &Registration, candidate: NewAccount) -> (Account, Change) {
    let report = report(world.now());
    let settings = Settings::default();
    let (registered, change) = register(from, candidate, report, &world.occasion(), &settings);
    (registered.account, change)
}

async fn assert_listed(store: &impl Store, world: &World, group: &GroupId, accounts: usize) {
    let counts = store.group_counts(&world.tenant, &[group]).await;
    assert_eq!(counts.expect("read")[0].accounts, accounts);
}

async fn orphans(store: &impl Store, world: &World, status: &str) -> Vec<OrphanedStack> {
    let entries = store
        .orphaned_stacks(&world.tenant, Some(status), &first(9))
        .await;
    entries.expect("read").items
}

pub(crate) async fn registration_becomes_an_account_once(store: &impl Store, world: &World) {
    let registration = linked(store, world).await;
    let (account, change) = registering(world, &registration, candidate(world));
    world.given(store, &change).await;
    assert_listed(store, world, &account.group_id, 1).await;
    let pending = store.pending_registrations(&world.tenant, None, 9).await;
    assert_eq!(pending.expect("read"), []);
    let (id, tenant) = (&registration.registration_id, &world.tenant);
    let schedule = store
        .check_schedule(tenant, &Subject::Registration(id.clone()))
        .await;
    assert_eq!(schedule.expect("read"), None);
    let subject = Subject::Account(account.account_id.clone());
    let schedule = store.check_schedule(tenant, &subject).await;
    assert!(schedule.expect("read").is_some());
    let report = store.report(tenant, &subject).await;
    assert!(report.expect("read").is_some());

    // If a paste and a callback race, the second one must be decided again.
    let (_, second) = registering(world, &registration, candidate(world));
    assert_refused!(store.commit(&second).await, CommitError::Stale);
}

pub(crate) async fn role_is_registered_for_one_account(store: &impl Store, world: &World) {
    let mine = candidate(world);
    let (_, change) = registering(world, &linked(store, world).await, mine.clone());
    world.given(store, &change).await;
    let world = &world.other_tenant();
    let again = NewAccount {
        account_id: AccountId::new(world.seed()),
        ..mine
    };
    let (_, change) = registering(world, &linked(store, world).await, again);
    assert_refused!(store.commit(&change).await, CommitError::Held(_));
}

pub(crate) async fn deleted_stack_is_not_registered(store: &impl Store, world: &World) {
    let registration = linked(store, world).await;
    let candidate = candidate(world);
    let gone = tombstone(
        &registration.registration_id,
        &candidate.stack_id,
        Some(LOGICAL_RESOURCE_ID),
    );
    // A Delete stores the tombstone without a record.
    let change = Change::new().claim(gone.clone(), &owner_of(&registration));
    world.given(store, &change).await;
    let (_, change) = registering(world, &registration, candidate);
    let refused = store.commit(&change).await;
    assert_refused!(refused, CommitError::Held(held) if **held == gone);
}

pub(crate) async fn refused_attempt_is_reported_and_its_stack_tracked(
    store: &impl Store,
    world: &World,
) {
    let registration = linked(store, world).await;
    let stack_id = world.stack_id();
    let refusal = Refusal::new(
        Code::VerificationFailed,
        &Reason::NotVerified,
        &Remedy::TryAgain,
    );
    let occasion = world.occasion();
    let told = refuse(
        Change::new(),
        &registration,
        &refusal,
        &stack_id,
        None,
        &occasion,
    );
    let refused = RefusedStack {
        orphaned_stack_id: OrphanedStackId::new(world.seed()),
        role_arn: Some(world.role_arn(&stack_id)),
        stack_id,
        logical_resource_id: LOGICAL_RESOURCE_ID.to_owned(),
        seen: None,
        deleted: false,
        preflight_deleted: false,
    };
    let settings = Settings::default();
    let change = open_refused_stack(told, &registration, refused, &occasion, &settings);
    world.given(store, &change).await;
    let read = store
        .registration_by_id(&registration.registration_id)
        .await;
    assert!(
        read.expect("read")
            .is_some_and(|it| it.last_attempt.is_some())
    );
    assert_eq!(orphans(store, world, "deleting").await.len(), 1);
}

pub(crate) async fn deregistered_account_keeps_only_its_history(store: &impl Store, world: &World) {
    let registration = linked(store, world).await;
    let (account, change) = registering(world, &registration, candidate(world));
    world.given(store, &change).await;
    let settings = Settings::default();
    let entry_id = || OrphanedStackId::new(world.seed());
    let signal = Evidence {
        kind: EvidenceKind::DeleteCallback,
        at: world.occasion().now,
    };
    let change = deletion_signaled(&account, signal, entry_id(), &world.occasion(), &settings);
    world
        .given(store, &change.expect("a connected account"))
        .await;
    assert_listed(store, world, &account.group_id, 1).await;

    let read = store.account(&world.tenant, &account.account_id).await;
    let disconnected = read.expect("read").expect("an account");
    let (cause, occasion) = (DeregistrationCause::Requested, world.occasion());
    let goes = deregister(
        &disconnected,
        &SeenStack::default(),
        cause,
        entry_id(),
        &occasion,
        &settings,
    );
    let (_, entry, change) = goes.expect("a registered account");
    world.given(store, &change).await;
    assert_listed(store, world, &account.group_id, 0).await;
    assert_eq!(
        orphans(store, world, "deleting").await,
        std::slice::from_ref(&entry)
    );

    let silent = world.seen(&entry, EvidenceKind::RoleUnassumable, 1);
    let gone = world.seen(&silent, EvidenceKind::RoleUnassumable, 60);
    for (before, after) in [(&entry, &silent), (&silent, &gone)] {
        let change = orphaned_stack_changed(before, after, &world.occasion());
        world.given(store, &change).await;
    }
    assert_eq!(orphans(store, world, "deleting").await, []);
    assert_eq!(orphans(store, world, "gone").await, [gone]);
    let history = store
        .history(&world.tenant, account.account_id.as_str(), &first(9))
        .await;
    let told: Vec<u64> = history
        .expect("read")
        .items
        .iter()
        .map(|it| it.sequence)
        .collect();
    assert_eq!(told, [3, 2, 1]);
}
