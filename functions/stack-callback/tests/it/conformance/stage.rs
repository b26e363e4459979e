//! A hub in memory, a customer's account, and the delivery of CloudFormation's requests.

use crate::conformance::ports::{Bucket, Put, Taking, Trouble, Turns};
use crate::world::{World, start};
use rolecall_domain::aws::StackId;
use rolecall_domain::ports::{Clock, Lists, Records, Slice};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeKeys, InTurn, Machine, MemoryStore, Running, steps_of};
use rolecall_usecases::Environment;
use serde_json::{Value, json};
use stack_callback::Callback;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

type HubEnv = Environment<InTurn<MemoryStore, Turns>, InTurn<FakeCustomers, Turns>, Machine>;
type Hub = Callback<HubEnv, FakeKeys, Bucket>;

/// Lambda's timeout for an invocation.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);
/// The template's `ServiceTimeout`, by which an answer must arrive.
const SERVICE_TIMEOUT: SignedDuration = SignedDuration::from_secs(900);
/// Lambda retries twice.
const ATTEMPTS: usize = 3;

/// What happens to a request and to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Fine,
    /// Delivered twice at the same moment.
    Twice,
    /// The first invocation is killed after this many steps.
    Killed(u16),
    /// Delivered twice at the same moment, and one invocation is killed.
    TwiceAndKilled(u16),
    BucketFails(u8),
    BucketHangs(u8),
    /// No answer ever arrives.
    AnswerLost,
    SlowAws,
    Panics(u8),
    TableFails(u8),
}

impl Fate {
    fn taking(self) -> Taking {
        match self {
            Self::BucketFails(times) => Taking::After(times),
            Self::BucketHangs(times) => Taking::AfterHanging(times),
            Self::AnswerLost => Taking::Never,
            _ => Taking::AtOnce,
        }
    }

    fn trouble(self) -> Trouble {
        match self {
            Self::SlowAws => Trouble::SlowAws,
            Self::Panics(calls) => Trouble::Panics(calls),
            Self::TableFails(calls) => Trouble::TableFails(calls),
            _ => Trouble::None,
        }
    }

    /// When the first attempt of each delivery is killed, if it is.
    fn deliveries(self) -> Vec<Option<u16>> {
        match self {
            Self::Twice => vec![None, None],
            Self::Killed(steps) => vec![Some(steps)],
            Self::TwiceAndKilled(steps) => vec![Some(steps), None],
            _ => vec![None],
        }
    }
}

pub struct Stage {
    pub machine: Machine,
    pub running: Running,
    pub customers: Rc<FakeCustomers>,
    pub store: Rc<MemoryStore>,
    pub registration: Registration,
    bucket: Bucket,
    hub: Rc<Hub>,
    trouble: Rc<Cell<Trouble>>,
    template: Value,
    sent: Vec<(Value, Timestamp)>,
    /// A hostile tenant's registration. That tenant knows everything that is sent here.
    neighbour: (Registration, String),
}

impl Stage {
    pub async fn set(seed: u64) -> Self {
        let world = World::new().await;
        for (name, letter) in [("R4", 'D'), ("R3", 'C'), ("R2", 'B'), ("R", 'A')] {
            world.make_role(name, letter);
        }
        let neighbour = world.register_neighbour().await;
        let template = world.request("Create", "");
        let World {
            callback,
            registration,
            ..
        } = world;
        let machine = Machine::new(start(), seed);
        let trouble = Rc::new(Cell::default());
        let turns = Turns {
            machine: machine.clone(),
            trouble: Rc::clone(&trouble),
        };
        let store = Rc::new(callback.env.store);
        let customers = Rc::new(callback.env.customers);
        let bucket = Bucket {
            machine: machine.clone(),
            taking: Rc::default(),
            puts: Rc::default(),
        };
        let hub = Callback {
            env: Environment {
                store: InTurn {
                    port: Rc::clone(&store),
                    gate: turns.clone(),
                },
                customers: InTurn {
                    port: Rc::clone(&customers),
                    gate: turns,
                },
                host: machine.clone(),
                settings: callback.env.settings,
                hub: callback.env.hub,
                onboarding: None,
            },
            keys: callback.keys,
            reply: bucket.clone(),
            response_origins: callback.response_origins,
        };
        Self {
            running: Running::on(&machine),
            machine,
            customers,
            store,
            registration,
            bucket,
            hub: Rc::new(hub),
            trouble,
            template,
            sent: Vec::new(),
            neighbour,
        }
    }

    pub fn properties(&self) -> Value {
        self.template["ResourceProperties"].clone()
    }

    /// Sends a request as CloudFormation. Returns its id.
    pub fn send(&mut self, kind: &str, body: Value, fate: Fate) -> String {
        let id = format!("{kind}-{}", self.sent.len());
        let mut request = self.template.clone();
        request["RequestType"] = json!(kind);
        request["RequestId"] = json!(id);
        request["ResponseURL"] = json!(format!("http://127.0.0.1:1/{id}"));
        for (field, value) in body.as_object().into_iter().flatten() {
            request[field] = value.clone();
        }
        let mut taking = self.bucket.taking.borrow_mut();
        taking.insert(id.clone(), fate.taking());
        drop(taking);
        self.trouble.set(fate.trouble());
        // The requests of a stack have distinct times.
        self.machine.advance(SignedDuration::from_secs(1));
        let sent_at = self.machine.now();
        // Faults apply only to the stack's own request.
        let alone = fate.trouble() != Trouble::None;
        if !alone && self.sent.len().is_multiple_of(2) {
            self.send_hostile_requests(&request, sent_at);
        }
        for kill in fate.deliveries() {
            self.start(&request, sent_at, kill);
        }
        if !alone && self.sent.len() % 2 == 1 {
            self.send_hostile_requests(&request, sent_at);
        }
        self.sent.push((request, sent_at));
        id
    }

    /// The hostile tenant sends the same ids with its own token, in every type of request.
    fn send_hostile_requests(&mut self, request: &Value, sent_at: Timestamp) {
        let (registration, token) = &self.neighbour;
        let (external_id, token) = (json!(registration.external_id), json!(token));
        for kind in ["Delete", "Create", "Update"] {
            let mut hostile = request.clone();
            hostile["RequestType"] = json!(kind);
            hostile["ResponseURL"] = json!("http://127.0.0.1:1/hostile");
            hostile["OldResourceProperties"] = json!({});
            let properties = &mut hostile["ResourceProperties"];
            properties["RegistrationToken"] = token.clone();
            properties["ExternalId"] = external_id.clone();
            self.start(&hostile, sent_at, None);
        }
    }

    fn start(&mut self, request: &Value, sent_at: Timestamp, kill: Option<u16>) {
        let message = json!({ "Message": request.to_string(), "Timestamp": sent_at });
        let event = json!({ "Records": [{ "Sns": message }] });
        let (hub, machine) = (Rc::clone(&self.hub), self.machine.clone());
        self.running.start(deliver(hub, machine, event, kill));
    }

    /// Waits like CloudFormation, until the first answer or the service timeout.
    pub fn wait(&mut self, id: &str) -> Option<Value> {
        let (bucket, machine) = (self.bucket.clone(), self.machine.clone());
        let over = machine.now() + SERVICE_TIMEOUT;
        self.running
            .run_until(|| bucket.answer(id).is_some() || machine.now() >= over);
        self.trouble.set(Trouble::None);
        let answer = self.bucket.answer(id)?;
        Some(serde_json::from_str(&answer.body).expect("JSON"))
    }

    /// Delivers every message once more, as SNS may do.
    pub fn replay(&mut self) {
        for (request, sent_at) in self.sent.clone() {
            self.start(&request, sent_at, None);
        }
        self.running.run_to_the_end();
    }

    pub fn requests(&self) -> impl Iterator<Item = (&Value, Timestamp, Vec<Put>)> {
        self.sent.iter().map(|(request, at)| {
            let id = request["RequestId"].as_str().unwrap_or_default();
            let puts = self.bucket.puts.borrow().get(id).cloned();
            (request, *at, puts.unwrap_or_default())
        })
    }

    pub async fn current_registration(&self) -> Registration {
        let found = self
            .store
            .registration_by_id(&self.registration.registration_id);
        found.await.expect("read").expect("there")
    }

    pub async fn accounts(&self) -> Vec<Account> {
        let (tenant, group) = (&self.registration.tenant, &self.registration.group_id);
        let page = self.store.accounts(tenant, group, &everything()).await;
        page.expect("listed").items
    }

    pub async fn orphans(&self, stack: &StackId) -> Option<OrphanedStack> {
        let tenant = &self.registration.tenant;
        let page = self
            .store
            .orphaned_stacks(tenant, None, &everything())
            .await;
        let mut entries = page.expect("listed").items.into_iter();
        entries.find(|entry| &entry.stack_id == stack)
    }

    /// The sequence numbers of each record's audit entries, in the order of the commits.
    pub fn sequences(&self) -> BTreeMap<String, Vec<u64>> {
        let mut sequences: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for entry in self.store.trail() {
            sequences
                .entry(entry.record_id)
                .or_default()
                .push(entry.sequence);
        }
        sequences
    }
}

fn everything() -> Slice {
    Slice::first(100)
}

/// Delivers one message like Lambda: up to three attempts, the first of which may be killed.
async fn deliver(hub: Rc<Hub>, machine: Machine, event: Value, mut kill: Option<u16>) {
    for _ in 0..ATTEMPTS {
        let deadline = machine.now() + TIMEOUT;
        match steps_of(hub.handle(&event, deadline), kill.take()).await {
            Some(result) => {
                assert!(
                    machine.now() < deadline,
                    "an invocation exceeded its timeout"
                );
                if result.is_ok() {
                    return;
                }
            }
            None => machine.sleep(TIMEOUT).await,
        }
        machine.sleep(SignedDuration::from_secs(60)).await;
    }
}
