//! The six functions, wired as in their `main.rs`, and the schedule.

use crate::gate::Door;
use crate::queue::Checks;
use crate::request::Wire;
use crate::stream::{Bus, NoDeadLetters};
use crate::world::{REGION, World};
use credential_broker::Gateway;
use event_publisher::Publisher;
use registration_api::Api;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::check;
use rolecall_domain::link::service::Service;
use rolecall_domain::ports::Clock;
use rolecall_domain::template::Onboarding;
use rolecall_testing::{
    FakeCustomers, FakeKeys, InTurn, Machine, MemoryBucket, MemoryStore, NoIssuers, onboarding,
    owners,
};
use rolecall_usecases::Environment;
use rolecall_usecases::issue_credentials::Broker;
use serde_json::{Value, json};
use stack_callback::Callback;
use stack_cleanup::Cleanup;
use std::rc::Rc;

type Table = InTurn<MemoryStore, Door>;
type Aws = InTurn<FakeCustomers, Door>;
type Env = Environment<Table, Aws, Machine>;

pub struct Hub {
    pub api: Api<Env, FakeKeys, InTurn<MemoryBucket, Door>>,
    pub callback: Callback<Env, FakeKeys, Wire>,
    pub cleanup: Cleanup<Env, Checks, NoDeadLetters>,
    /// The environment of account-health, which has no other dependencies.
    pub health: Env,
    pub broker: Gateway<Table, Aws, Checks, Machine, NoIssuers>,
    pub publisher: Publisher<Bus, NoDeadLetters>,
}

/// An allowed origin for response URLs.
pub const RESPONSES: &str = "http://127.0.0.1:1";

/// The timeout in `infra/template.yaml`.
const CLEANUP_TIMEOUT: SignedDuration = SignedDuration::from_secs(300);

pub fn identity() -> check::Hub {
    check::Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

fn door(world: &Rc<World>, function: &'static str) -> Door {
    Door {
        world: Rc::clone(world),
        function,
    }
}

fn environment(world: &Rc<World>, function: &'static str, onboarding: Option<Onboarding>) -> Env {
    let gate = door(world, function);
    Environment {
        store: InTurn {
            port: Rc::clone(&world.store),
            gate: gate.clone(),
        },
        customers: InTurn {
            port: Rc::clone(&world.aws),
            gate,
        },
        host: world.machine.clone(),
        settings: world.settings,
        hub: identity(),
        onboarding,
    }
}

fn broker(world: &Rc<World>) -> Gateway<Table, Aws, Checks, Machine, NoIssuers> {
    let env = environment(world, "credential-broker", None);
    Gateway {
        broker: Broker {
            store: env.store,
            customers: env.customers,
            queue: Checks(Rc::clone(world)),
            host: env.host,
            settings: env.settings,
        },
        keys: NoIssuers,
        hub_account: env.hub.account,
        api_url: "https://hub.example".to_owned(),
    }
}

impl Hub {
    pub fn new(world: &Rc<World>) -> Self {
        let onboarding = onboarding(&identity());
        Self {
            api: Api {
                env: environment(world, "registration-api", Some(onboarding.clone())),
                keys: world.keys.clone(),
                bucket: InTurn {
                    port: Rc::clone(&world.templates),
                    gate: door(world, "registration-api"),
                },
                claims: owners(),
                sign_in: registration_api::sign_in::SignIn::default(),
                service: Service::new(Region::parse(REGION).expect("valid"), []),
                topic_name: "rolecall-registration".to_owned(),
                onboarding_bucket: "bucket".to_owned(),
                api_url: "https://hub.example".to_owned(),
                console_url: Some("https://hub.example".to_owned()),
            },
            callback: Callback {
                env: environment(world, "stack-callback", None),
                keys: world.keys.clone(),
                reply: Wire(Rc::clone(world)),
                response_origins: vec![RESPONSES.to_owned()],
            },
            cleanup: Cleanup {
                env: environment(world, "stack-cleanup", None),
                queue: Checks(Rc::clone(world)),
                dead_letters: NoDeadLetters(Rc::clone(world)),
            },
            health: environment(world, "account-health", Some(onboarding)),
            broker: broker(world),
            publisher: Publisher {
                bus: Bus(Rc::clone(world)),
                dead_letters: NoDeadLetters(Rc::clone(world)),
            },
        }
    }
}

/// The schedule runs every minute. Most runs without due work are skipped.
pub async fn keep_time(world: Rc<World>) {
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);
    loop {
        let now = world.now();
        let due = world.store.next_due();
        let left = due.map_or(MINUTE * 10, |due| due.duration_since(now));
        world.machine.sleep(left.clamp(MINUTE, MINUTE * 10)).await;
        if world.store.next_due().is_none_or(|due| due > world.now()) {
            continue;
        }
        let tick = json!({"source": "aws.events", "detail-type": "Scheduled Event"});
        let sweeping = Rc::clone(&world);
        world.machine.start(async move {
            sweeping.wake_cleanup(tick).await;
        });
    }
}

impl World {
    /// Returns false if Lambda gave up.
    pub async fn wake_cleanup(self: &Rc<Self>, event: Value) -> bool {
        let hub = self.hub();
        self.invoke_until_done("stack-cleanup", CLEANUP_TIMEOUT, async |deadline| {
            hub.cleanup.handle(&event, deadline).await
        })
        .await
    }
}
