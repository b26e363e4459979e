//! A hub in memory with one connected account, and its function that issues credentials.

use credential_broker::{Gateway, Response};
use futures_util::FutureExt;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::{
    AwsAccountId, ExternalId, Region, Role, RoleArn, RoleUniqueId, StackId,
};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{Hub, Report};
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::token::KeyId;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{Clock, Records, StoreError};
use rolecall_domain::record::account::{Account, NewAccount};
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::template::{Offering, Template};
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::{create_registration, register};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{
    FakeCustomers, FakeHost, FakeRole, Gate, InTurn, KeysOf, MemoryQueue, MemoryStore, Moment,
    TestIssuer, Trouble, offering, onboarding,
};
use rolecall_usecases::issue_credentials::Broker;
use rolecall_usecases::{Environment, deregister};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

pub const SERVICE: &str = "arn:aws:sts::111111111111:assumed-role/inventory-reader/i-0123";

/// Something that happens around one call.
pub type Meanwhile = Box<dyn FnOnce()>;

/// An action before or after the next call with this name.
type Hook = (&'static str, Moment, Meanwhile);

/// Actions around calls.
#[derive(Clone, Default)]
pub struct Hooks(Rc<RefCell<Vec<Hook>>>);

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

impl Hooks {
    pub fn at(&self, call: &'static str, moment: Moment, then: impl FnOnce() + 'static) {
        self.0.borrow_mut().push((call, moment, Box::new(then)));
    }

    fn run(&self, call: &'static str, moment: Moment) {
        let mut hooks = self.0.borrow_mut();
        let at = hooks.iter().position(|it| (it.0, it.1) == (call, moment));
        let hook = at.map(|at| hooks.remove(at));
        drop(hooks);
        if let Some((_, _, then)) = hook {
            then();
        }
    }
}

impl Gate for Hooks {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        self.run(call, moment);
        Ok(())
    }

    async fn customers(&self, call: &'static str, moment: Moment) -> Result<(), Trouble> {
        self.run(call, moment);
        Ok(())
    }
}

type Store = InTurn<MemoryStore, Hooks>;
type Customers = InTurn<FakeCustomers, Hooks>;

pub struct World {
    pub gateway: Gateway<Store, Customers, MemoryQueue, FakeHost, KeysOf>,
    /// Of workloads' tokens. No rule is published for it.
    pub issuer: Rc<TestIssuer>,
    pub account: Account,
    pub hooks: Hooks,
}

pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/broker/*".into()],
    }
}

fn seed(byte: u8) -> IdSeed {
    let random = [byte; 10];
    IdSeed { at: now(), random }
}

/// What the operator published: `inventory` by a managed policy, `backup` by an inline one.
fn access_file(action: &str) -> Value {
    let words = |en: &str| json!({"en": en, "ja": "説明"});
    json!({"profiles": {
        "inventory": {
            "title": words("Read your inventory"),
            "explain": words("Lists resources."),
            "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
        },
        "backup": {
            "title": words("Back up volumes"),
            "explain": words("Creates snapshots."),
            "policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": "*"},
            ]},
        },
    }})
}

/// An offering of both profiles.
pub fn published(action: &str) -> Offering {
    offering(&hub(), &access_file(action))
}

/// A template that gives both profiles.
pub fn template(action: &str) -> Template {
    let offering = published(action);
    let names = offering.access.profiles.keys().cloned().collect::<Vec<_>>();
    offering.template(&onboarding(&hub()).facts, &names, &[])
}

fn registration(template: &Template) -> Registration {
    Registration {
        registration_id: RegistrationId::new(seed(1)),
        tenant: Tenant::parse("acme").expect("valid"),
        version: 1,
        group_id: GroupId::new(seed(2)),
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse("us-east-1").expect("valid"),
        report_by: ReportBy::Callback,
        locale: Language::English,
        return_url: None,
        external_id: ExternalId::from_random([3; 20]),
        token_key_id: KeyId::parse("k1").expect("a key"),
        allow_duplicate: false,
        access: template.access(),
        companion_roles: Vec::new(),
        template: template.published_at("https://bucket.s3.amazonaws.com"),
        created_at: now(),
        expires_at: now() + SignedDuration::from_hours(1),
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    }
}

fn role() -> Role {
    let arn = RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/R").expect("valid");
    let unique_id = RoleUniqueId::parse("AROA0000000000000001").expect("valid");
    Role { arn, unique_id }
}

fn candidate(template: &Template) -> NewAccount {
    let stack = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc";
    NewAccount {
        account_id: AccountId::new(seed(4)),
        role: role(),
        stack_id: StackId::parse(stack).expect("valid"),
        logical_resource_id: Some("Registration".into()),
        template_version: template.version.clone(),
        template_id: template.id(),
        deployed_roles: Vec::new(),
        name: None,
    }
}

/// Commits the records of an account that has just been connected.
async fn connect(store: &MemoryStore, template: &Template) -> Account {
    let settings = Settings::default();
    let occasion = Occasion::new(now(), Actor::user("someone"), "requested");
    let registration = registration(template);
    let group = Group {
        group_id: registration.group_id.clone(),
        tenant: registration.tenant.clone(),
        version: 1,
        name: Name::parse("Production").expect("valid"),
        color: Color::parse("#112233").expect("valid"),
        created_at: now(),
        closing_until: None,
    };
    let made = Change::new().create(Record::Group(group), Event::GroupCreated, &occasion);
    store.commit(&made).await.expect("a group");
    let made = create_registration(registration.clone(), None, &occasion);
    store.commit(&made).await.expect("a registration");
    let report = Report::new(now(), Vec::new());
    let (registered, made) = register(
        &registration,
        candidate(template),
        report,
        &occasion,
        &settings,
    );
    store.commit(&made).await.expect("an account");
    store.keep_template(template).await.expect("a template");
    registered.account
}

impl World {
    pub async fn new() -> Self {
        let (hooks, issuer) = (Hooks::default(), Rc::new(TestIssuer::start()));
        let (store, customers) = (MemoryStore::new(), FakeCustomers::new());
        customers.set_clock(now());
        let account = connect(&store, &template("ec2:CreateSnapshot")).await;
        let role = FakeRole::healthy(
            account.role.unique_id.clone(),
            account.external_id.clone(),
            &hub(),
        );
        customers.create_stack(&account.stack_id, &account.role.arn, role);
        let gateway = Gateway {
            broker: Broker {
                store: InTurn {
                    port: Rc::new(store),
                    gate: hooks.clone(),
                },
                customers: InTurn {
                    port: Rc::new(customers),
                    gate: hooks.clone(),
                },
                queue: MemoryQueue::default(),
                host: FakeHost::new(now(), 7),
                settings: Settings::default(),
            },
            keys: KeysOf(Rc::clone(&issuer)),
            hub_account: hub().account,
            api_url: "https://hub.example".to_owned(),
        };
        Self {
            gateway,
            issuer,
            account,
            hooks,
        }
    }

    /// The names of all access profiles.
    pub fn profiles(&self) -> BTreeSet<ProfileName> {
        template("ec2:CreateSnapshot")
            .access()
            .into_iter()
            .collect()
    }

    pub fn store(&self) -> &MemoryStore {
        &self.gateway.broker.store.port
    }

    pub fn customers(&self) -> &FakeCustomers {
        &self.gateway.broker.customers.port
    }

    pub fn wait(&self, duration: SignedDuration) {
        let host = &self.gateway.broker.host;
        host.advance(duration);
        self.customers().set_clock(host.now());
    }

    pub fn path(&self, profile: &str) -> String {
        let id = &self.account.account_id;
        format!("/operator/v1/credentials/{profile}/{id}")
    }

    /// Requests credentials for a profile.
    pub async fn ask(&self, profile: &str, body: Value) -> Response {
        let id = self.account.account_id.to_string();
        let mut event = event(profile, &id);
        event["body"] = json!(body.to_string());
        self.gateway.handle(&event).await
    }

    /// The same, with a given status.
    pub async fn expect(&self, profile: &str, body: Value, status: u16) -> Value {
        let response = self.ask(profile, body).await;
        assert_eq!(response.status_code, status, "{profile}: {}", response.body);
        serde_json::from_str(&response.body).expect("JSON")
    }

    /// Deregisters the account, as the API does.
    pub fn deregistration(&self) -> Meanwhile {
        let store = InTurn {
            port: Rc::clone(&self.gateway.broker.store.port),
            gate: Hooks::default(),
        };
        let customers = InTurn {
            port: Rc::clone(&self.gateway.broker.customers.port),
            gate: Hooks::default(),
        };
        let id = self.account.account_id.clone();
        Box::new(move || {
            let env = Environment {
                store,
                customers,
                host: FakeHost::new(now(), 99),
                settings: Settings::default(),
                hub: hub(),
                onboarding: None,
            };
            let account = env.store.port.account_by_id(&id).now_or_never();
            let account = account.expect("at once").expect("read").expect("there");
            let actor = Actor::user("someone");
            let done = deregister(&env, account, &actor).now_or_never();
            done.expect("at once").expect("deregistered");
        })
    }
}

/// A request, as the gateway forwards it.
pub fn event(profile: &str, account_id: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "POST /operator/v1/credentials/{profile}/{account_id}",
        "rawPath": format!("/operator/v1/credentials/{profile}/{account_id}"),
        "rawQueryString": "",
        "headers": {},
        "pathParameters": {"profile": profile, "account_id": account_id},
        "requestContext": {
            "requestId": "in-memory",
            "http": {"method": "POST"},
            "authorizer": {"iam": {"accountId": "111111111111", "userArn": SERVICE}},
        },
        "isBase64Encoded": false,
    })
}
