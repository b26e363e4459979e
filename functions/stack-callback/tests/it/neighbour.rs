//! A hostile tenant has a valid token, and knows every id of another tenant: StackId, RequestId, role
//! and registration. What it sends about the other tenant's stack gets the same answer, after the
//! same reads and writes, as a request about an unknown stack, and changes none of the other tenant's
//! records.

use crate::world::{Bucket, ROLE, STACK, World, start};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{ExternalId, StackId};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{AssumeOutcome, StackStatus};
use rolecall_domain::ids::{IdSeed, OrphanedStackId, RegistrationId};
use rolecall_domain::ports::{Lists, Records, Slice, StoreError};
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::schedule::Subject;
use rolecall_domain::settings::{MOST_UNPROVEN_STACKS, STALE_AFTER};
use rolecall_domain::text::Actor;
use rolecall_domain::transition::orphan::{RefusedStack, open_refused_stack};
use rolecall_testing::{FakeCustomers, FakeHost, FakeKeys, Gate, InTurn, MemoryStore, Moment};
use rolecall_usecases::{
    Env, Environment, check_orphan, deregister, organization_event, stack_event,
};
use serde_json::{Value, json};
use stack_callback::Callback;
use std::cell::RefCell;
use std::rc::Rc;

const UNKNOWN: &str = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/zzz";

/// Records every call.
#[derive(Debug, Clone, Default)]
struct CallLog(Rc<RefCell<Vec<String>>>);

impl CallLog {
    fn record(&self, call: &str, moment: Moment) {
        if moment == Moment::Before {
            self.0.borrow_mut().push(call.to_owned());
        }
    }
}

impl Gate for CallLog {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        self.record(call, moment);
        Ok(())
    }

    async fn customers(
        &self,
        call: &'static str,
        moment: Moment,
    ) -> Result<(), rolecall_testing::Trouble> {
        self.record(call, moment);
        Ok(())
    }
}

type HubEnv = Environment<InTurn<MemoryStore, CallLog>, InTurn<FakeCustomers, CallLog>, FakeHost>;
type Hub = Callback<HubEnv, FakeKeys, Bucket>;

/// The state of the other tenant's stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theirs {
    Registered,
    Updated,
    Refused,
    Disconnected,
    Deregistered,
    DeletedFirst,
}

const ALL: [Theirs; 6] = [
    Theirs::Registered,
    Theirs::Updated,
    Theirs::Refused,
    Theirs::Disconnected,
    Theirs::Deregistered,
    Theirs::DeletedFirst,
];

const KINDS: [&str; 3] = ["Create", "Update", "Delete"];

/// Brings the first tenant's stack into this state.
async fn bring(world: &World<FakeCustomers>, theirs: Theirs) {
    let customers = &world.callback.env.customers;
    let refuses = |says: Option<AssumeOutcome>| {
        let role = crate::world::role("R");
        customers.change_role(&role, |role| role.sts_says = says);
    };
    if theirs == Theirs::Refused {
        refuses(Some(AssumeOutcome::Refused));
    }
    if theirs != Theirs::DeletedFirst {
        world.ask(&world.request("Create", "create")).await;
    }
    refuses(None);
    customers.change_stack(&crate::world::stack(), |stack| {
        stack.status = StackStatus::CreateComplete;
    });
    match theirs {
        Theirs::Registered | Theirs::Refused => {}
        Theirs::Updated => {
            let mut update = world.request_about("Update", "update", "rolecall/x");
            update["OldResourceProperties"] = json!({});
            world.ask(&update).await;
        }
        Theirs::Disconnected | Theirs::DeletedFirst => {
            let delete = world.request_about("Delete", "delete", "rolecall/x");
            world.ask(&delete).await;
        }
        Theirs::Deregistered => {
            let account = world.accounts().await.remove(0);
            let env = &world.callback.env;
            let gone = deregister(env, account, &Actor::Hub).await;
            gone.expect("deregistered");
        }
    }
}

/// A request of the hostile tenant with the first tenant's ids, except for the stack id.
fn hostile(
    world: &World<FakeCustomers>,
    (registration, token): &(Registration, String),
    kind: &str,
    stack: &str,
) -> Value {
    let physical_id = format!("rolecall/{}", world.registration.registration_id);
    let mut request = world.request_about(kind, &kind.to_lowercase(), &physical_id);
    request["StackId"] = json!(stack);
    request["OldResourceProperties"] = json!({});
    request["ResourceProperties"]["RegistrationToken"] = json!(token);
    request["ResourceProperties"]["ExternalId"] = json!(registration.external_id);
    request["ResourceProperties"]["RoleArn"] = json!(ROLE);
    request
}

/// Everything that the hostile tenant can observe, and the calls that its requests caused.
#[derive(Debug, PartialEq)]
struct Seen {
    answers: Vec<String>,
    calls: Vec<String>,
    took: SignedDuration,
    orphans: Vec<String>,
    registration: String,
}

/// Replaces everything that identifies the stack.
fn shown_of(text: &str, stack: &str) -> String {
    let last = stack.rsplit('/').next().unwrap_or_default();
    let encoded = format!("%2F{last}");
    text.replace(stack, "STACK").replace(&encoded, "%2FID")
}

fn shown(entry: &OrphanedStack) -> String {
    let kinds = entry
        .evidence()
        .iter()
        .map(|seen| format!("{:?}", seen.kind));
    let kinds: Vec<String> = kinds.collect();
    format!("{:?} {kinds:?}", entry.status())
}

async fn orphans(store: &MemoryStore, of: &Registration) -> Vec<OrphanedStack> {
    let slice = Slice::first(100);
    let page = store.orphaned_stacks(&of.tenant, None, &slice).await;
    page.expect("listed").items
}

/// Sends these types of requests about the stack in this order, each twice.
async fn play(theirs: Theirs, kinds: &[&str], stack: &str) -> (Seen, String) {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    bring(&world, theirs).await;
    let requests: Vec<Value> = kinds
        .iter()
        .flat_map(|kind| [kind, kind])
        .map(|kind| hostile(&world, &neighbour, kind, stack))
        .collect();
    let first = world.registration.clone();
    let log = CallLog::default();
    let now = world.callback.env.now();
    let store = Rc::new(world.callback.env.store);
    let customers = Rc::new(world.callback.env.customers);
    let hub = Hub {
        env: Environment {
            store: InTurn {
                port: Rc::clone(&store),
                gate: log.clone(),
            },
            customers: InTurn {
                port: Rc::clone(&customers),
                gate: log.clone(),
            },
            host: FakeHost::new(now, 7),
            settings: world.callback.env.settings,
            hub: world.callback.env.hub,
            onboarding: None,
        },
        keys: world.callback.keys,
        reply: Bucket::default(),
        response_origins: world.callback.response_origins,
    };
    let mine = records_of(&store, &first);
    for request in &requests {
        let deadline = hub.env.now() + SignedDuration::from_secs(120);
        hub.handle(request, deadline).await.expect("handled");
    }
    assert_eq!(records_of(&store, &first), mine, "{theirs:?} {kinds:?}");
    let calls = log.0.take();
    aws_reports(&hub.env).await;
    log.0.take();
    let answers = hub.reply.bodies.lock().expect("no panic").clone();
    let answers = answers.iter().map(|body| body.replace(stack, "STACK"));
    let orphans = orphans(&store, &neighbour.0).await;
    let registration = store
        .every_record()
        .into_iter()
        .find(|record| record.id() == neighbour.0.registration_id.as_str());
    let seen = Seen {
        answers: answers.collect(),
        calls,
        took: hub.env.now().duration_since(now),
        orphans: orphans.iter().map(shown).collect(),
        registration: shown_of(&format!("{registration:?}"), stack),
    };
    (seen, mine)
}

/// What AWS reports in the first tenant's account: the stack can't be deleted, and the account is
/// closed.
async fn aws_reports(env: &impl Env) {
    let stack = crate::world::stack();
    let at = env.now();
    let status = StackStatus::DeleteFailed;
    let reason = Some("The following resource(s) failed to delete: [Secret].".to_owned());
    let kind = EvidenceKind::StackEvent { status, reason };
    let seen = Evidence { kind, at };
    let known = stack_event(env, &stack, status, &seen, |_| {}).await;
    known.expect("no failure");
    let kind = EvidenceKind::AccountClosed { permanently: false };
    let closed = Evidence { kind, at };
    let all = Slice::first(100);
    let there = env.store().in_aws_account(stack.account(), &all).await;
    for owner in there.expect("listed").items {
        if let Ok(id) = OrphanedStackId::parse(owner.record_id) {
            let subject = Subject::Stack(id);
            let updated = organization_event(env, &owner.tenant, &subject, Some(&closed)).await;
            updated.expect("no failure");
        }
    }
}

/// Everything that is stored for the tenant.
fn records_of(store: &MemoryStore, registration: &Registration) -> String {
    let tenant = &registration.tenant;
    let records = store.every_record();
    let records: Vec<_> = records.iter().filter(|it| it.tenant() == tenant).collect();
    let trail = store.trail();
    let trail: Vec<_> = trail.iter().filter(|it| &it.tenant == tenant).collect();
    let schedules = store.every_schedule();
    let schedules: Vec<_> = schedules.iter().filter(|it| &it.tenant == tenant).collect();
    format!("{records:?} {trail:?} {schedules:?}")
}

#[tokio::test]
async fn other_tenants_stack_and_unknown_stack_are_indistinguishable() {
    for theirs in ALL {
        for first in KINDS {
            for second in KINDS {
                let kinds = [first, second];
                let (of_theirs, _) = play(theirs, &kinds, STACK).await;
                let (of_unknown, _) = play(theirs, &kinds, UNKNOWN).await;
                // AWS's answers may differ between the stacks. Here, AWS refuses the role in both cases.
                assert_eq!(of_theirs, of_unknown, "{theirs:?} {kinds:?}");
                let told = format!("{:?} {}", of_theirs.orphans, of_theirs.registration);
                for secret in ["Secret", "DeleteFailed", "AccountClosed"] {
                    assert!(!told.contains(secret), "{theirs:?} {kinds:?}: {told}");
                }
            }
        }
    }
}

/// The first tenant's own record still follows AWS's events: the stack was read through its role.
#[tokio::test]
async fn events_reach_the_refused_stack_that_was_read_through_its_role() {
    let world = World::new().await;
    let role = crate::world::role("R");
    let customers = &world.callback.env.customers;
    customers.change_role(&role, |role| role.enforces_external_id = false);
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    aws_reports(&world.callback.env).await;
    let entry = world.orphans().await.remove(0);
    let told = shown(&entry);
    assert!(
        told.contains("Secret") && told.contains("AccountClosed"),
        "{told}"
    );
}

/// Records every call of a stack event.
async fn calls_of_an_event(neighbours: usize) -> Vec<String> {
    let world = World::new().await;
    let (first, _) = world.register_neighbour().await;
    for number in 0..neighbours {
        let another = world.register_another(|registration| {
            let number = u8::try_from(number).expect("a few");
            registration.tenant = first.tenant.clone();
            registration.group_id = first.group_id.clone();
            registration.registration_id = RegistrationId::new(IdSeed {
                at: start(),
                random: [100 + number; 10],
            });
            registration.external_id = ExternalId::from_random([100 + number; 20]);
        });
        let neighbour = another.await;
        world
            .ask(&hostile(&world, &neighbour, "Create", STACK))
            .await;
    }
    world.callback.env.host.set(start());
    world.ask(&world.request("Create", "create")).await;
    let log = CallLog::default();
    let now = world.callback.env.now();
    let env = Environment {
        store: InTurn {
            port: Rc::new(world.callback.env.store),
            gate: log.clone(),
        },
        customers: InTurn {
            port: Rc::new(world.callback.env.customers),
            gate: log.clone(),
        },
        host: FakeHost::new(now, 7),
        settings: world.callback.env.settings,
        hub: world.callback.env.hub,
        onboarding: None,
    };
    let status = StackStatus::DeleteComplete;
    let kind = EvidenceKind::StackEvent {
        status,
        reason: None,
    };
    let seen = Evidence { kind, at: now };
    let known = stack_event(&env, &crate::world::stack(), status, &seen, |_| {}).await;
    assert!(known.expect("no failure"));
    log.0.take()
}

#[tokio::test]
async fn other_tenants_requests_add_no_call_to_a_stack_event() {
    let alone = calls_of_an_event(0).await;
    assert_eq!(calls_of_an_event(20).await, alone);
    let first = alone.iter().position(|call| call == "orphaned_stacks_of");
    let commit = alone.iter().position(|call| call == "commit");
    assert!(
        commit.is_some() && commit < first,
        "the account comes first: {alone:?}"
    );
}

/// Refuses a Create for each of these stacks.
async fn refuse(world: &World<FakeCustomers>, of: &Registration, stacks: std::ops::Range<usize>) {
    let env = &world.callback.env;
    for number in stacks {
        let stack = format!("{UNKNOWN}-{number}");
        let refused = RefusedStack {
            orphaned_stack_id: OrphanedStackId::new(env.id_seed()),
            stack_id: StackId::parse(stack).expect("valid"),
            role_arn: Some(crate::world::role("R")),
            logical_resource_id: "Registration".to_owned(),
            seen: None,
            deleted: false,
            preflight_deleted: false,
        };
        let occasion = Occasion::new(env.now(), Actor::Stack, "verification_failed");
        let change = open_refused_stack(Change::new(), of, refused, &occasion, &env.settings);
        env.store.commit(&change).await.expect("committed");
    }
}

/// Each costs an AssumeRole a day.
#[tokio::test]
async fn unproven_stacks_of_a_tenant_are_limited_and_end() {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    let of = &neighbour.0;
    refuse(&world, of, 0..MOST_UNPROVEN_STACKS - 1).await;
    let store = &world.callback.env.store;
    let count = async || store.count_unproven_stacks(&of.tenant).await.expect("read");
    for stack in [STACK, UNKNOWN] {
        world
            .ask(&hostile(&world, &neighbour, "Create", stack))
            .await;
        assert_eq!(count().await, MOST_UNPROVEN_STACKS, "{stack}");
    }
    // Another tenant is not affected.
    assert!(world.orphans().await.is_empty());
    let mut create = world.request("Create", "create");
    create["ResourceProperties"]["ExternalId"] = json!("edited");
    world.ask(&create).await;
    assert_eq!(world.orphans().await.len(), 1);

    let entry = orphans(store, of).await.remove(0);
    let check = async || {
        let checked = check_orphan(&world.callback.env, &entry.tenant, &entry.orphaned_stack_id);
        checked.await.expect("checked").expect("there")
    };
    assert!(check().await.is_open());
    world
        .callback
        .env
        .host
        .set(start() + STALE_AFTER + SignedDuration::from_hours(1));
    assert_eq!(check().await.status().as_str(), "dismissed");
    assert_eq!(count().await, MOST_UNPROVEN_STACKS - 1);
}

#[tokio::test]
async fn other_tenants_delete_does_not_block_a_later_create() {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    for kind in ["Delete", "Create", "Update"] {
        world.ask(&hostile(&world, &neighbour, kind, STACK)).await;
    }
    // Resets the clock, which advanced while the hostile Create waited for propagation.
    world.callback.env.host.set(start());
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
}

#[tokio::test]
async fn refused_stack_is_orphaned_in_its_own_tenant() {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    world
        .ask(&hostile(&world, &neighbour, "Create", STACK))
        .await;
    let mut create = world.request("Create", "create");
    create["ResourceProperties"]["ExternalId"] = json!("edited");
    assert_eq!(world.ask(&create).await["Status"], "FAILED");
    let mine = world.orphans().await;
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].registration_id, world.registration.registration_id);

    let delete = world.request_about("Delete", "delete", "rolecall/refused/create");
    world.ask(&delete).await;
    let has_delete = |entries: &[OrphanedStack]| {
        let mut evidence = entries.iter().flat_map(|entry| entry.evidence().iter());
        evidence.any(|seen| seen.kind == EvidenceKind::DeleteCallback)
    };
    assert!(has_delete(&world.orphans().await));
    let theirs = orphans(&world.callback.env.store, &neighbour.0).await;
    assert_eq!(theirs.len(), 1);
    assert!(!has_delete(&theirs));
}

#[tokio::test]
async fn other_tenants_orphaned_stack_does_not_reveal_the_account() {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    world
        .ask(&hostile(&world, &neighbour, "Create", STACK))
        .await;
    world.callback.env.host.set(start());
    let answer = world.ask(&world.request("Create", "create")).await;
    assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    let env = &world.callback.env;
    let entry = orphans(&env.store, &neighbour.0).await.remove(0);
    let checked = check_orphan(env, &entry.tenant, &entry.orphaned_stack_id);
    let checked = checked.await.expect("checked").expect("there");
    assert_ne!(checked.status().as_str(), "dismissed");
    let account = world.accounts().await.remove(0);
    assert_eq!(*account.state(), AccountState::Active);
}

/// The hostile tenant repeats the ids of an answered request and must not get its answer.
#[tokio::test]
async fn stored_answer_is_returned_to_its_own_registration_only() {
    let world = World::new().await;
    let neighbour = world.register_neighbour().await;
    let mine = world.ask(&world.request("Create", "create")).await;
    let theirs = hostile(&world, &neighbour, "Create", STACK);
    let theirs = world.ask(&theirs).await;
    assert_eq!(theirs["Status"], "FAILED", "{theirs}");
    assert!(theirs.get("Data").is_none());
    let again = world.ask(&world.request("Create", "create")).await;
    assert_eq!(again, mine);
    let stack = StackId::parse(STACK).expect("valid");
    assert_eq!(world.accounts().await[0].stack_id, stack);
}
