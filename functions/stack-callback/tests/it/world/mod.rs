//! A hub in memory with one pending registration, a customer account, and CloudFormation's bucket.

use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::Hub;
use rolecall_domain::ids::{GroupId, IdSeed, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::{PublishedTemplate, TemplateId};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::Lists;
use rolecall_domain::ports::{CustomerAccounts, Records, Slice, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::create_registration;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeHost, FakeKeys, FakeRole, MemoryStore};
use rolecall_testing::{onboarding, template};
use rolecall_usecases::{Env, Environment};
use serde_json::{Value, json};
use stack_callback::{Callback, CallbackError, Reply, ReplyError};
use std::sync::Mutex;

/// CloudFormation's bucket. Stores accepted answers, and rejects as many PUTs as configured.
#[derive(Debug, Default)]
pub struct Bucket {
    pub refusals: Mutex<u32>,
    /// The error of a rejected PUT. The default is 503.
    pub failure: Mutex<Option<ReplyError>>,
    /// It accepts the connection and never responds.
    pub hangs: Mutex<bool>,
    /// The number of PUTs, accepted or not.
    pub puts: Mutex<u32>,
    pub bodies: Mutex<Vec<String>>,
}

impl Bucket {
    /// Rejects every PUT from now on.
    pub fn refuse_all(&self, failure: ReplyError) {
        *self.refusals.lock().expect("no panic") = u32::MAX;
        *self.failure.lock().expect("no panic") = Some(failure);
    }

    pub fn puts(&self) -> u32 {
        *self.puts.lock().expect("no panic")
    }

    fn refusal(&self) -> ReplyError {
        let failure = self.failure.lock().expect("no panic").clone();
        failure.unwrap_or(ReplyError::Refused(503))
    }
}

impl Reply for Bucket {
    async fn put(&self, _: &str, body: &str) -> Result<(), ReplyError> {
        *self.puts.lock().expect("no panic") += 1;
        if *self.hangs.lock().expect("no panic") {
            std::future::pending::<()>().await;
        }
        let mut refusals = self.refusals.lock().expect("no panic");
        if *refusals > 0 {
            *refusals -= 1;
            return Err(self.refusal());
        }
        self.bodies.lock().expect("no panic").push(body.to_owned());
        Ok(())
    }
}

pub type Hubs<C> = Callback<Environment<MemoryStore, C, FakeHost>, FakeKeys, Bucket>;

pub struct World<C> {
    pub callback: Hubs<C>,
    pub registration: Registration,
    pub token: String,
}

pub const STACK: &str = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc";
pub const ROLE: &str = "arn:aws:iam::222222222222:role/rolecall/R";

pub fn stack() -> StackId {
    StackId::parse(STACK).expect("valid")
}

pub fn role(name: &str) -> RoleArn {
    RoleArn::parse(format!("arn:aws:iam::222222222222:role/rolecall/{name}")).expect("valid")
}

pub fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

pub fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

/// The reason that the stack's events show.
pub fn reason(answer: &Value) -> &str {
    answer["Reason"].as_str().unwrap_or_default()
}

/// The code of the registration's last attempt.
pub fn last_code(registration: &Registration) -> Option<&str> {
    let last = registration.last_attempt.as_ref();
    last.map(|last| last.code.as_str())
}

impl World<FakeCustomers> {
    /// The stack is being created, and its role is healthy.
    pub async fn new() -> Self {
        let world = Self::with(FakeCustomers::new()).await;
        world.make_role("R", 'A');
        world
    }

    /// Adds a role to the stack.
    pub fn make_role(&self, name: &str, letter: char) {
        self.make_role_of(name, letter, &self.registration, &stack());
    }

    /// The same for another registration's stack.
    pub fn make_role_of(&self, name: &str, letter: char, of: &Registration, stack: &StackId) {
        let customers = &self.callback.env.customers;
        let unique_id = RoleUniqueId::parse(format!("AROA{}", letter.to_string().repeat(17)));
        let external_id = of.external_id.clone();
        let made = FakeRole::healthy(unique_id.expect("valid"), external_id, &hub());
        customers.create_stack(stack, &role(name), made);
    }
}

impl<C: CustomerAccounts> World<C> {
    pub async fn with(customers: C) -> Self {
        let ring = KeyRing::parse(r#"{"k1":"0123456789abcdef0123456789abcdef"}"#).expect("valid");
        let registration = registration(&ring);
        let token = ring
            .token(&registration.registration_id, ring.signer())
            .expect("key is there");
        let callback = Callback {
            env: Environment {
                store: MemoryStore::new(),
                customers,
                host: FakeHost::new(start(), 1),
                settings: Settings::default(),
                hub: hub(),
                onboarding: None,
            },
            keys: FakeKeys::new(ring),
            reply: Bucket::default(),
            response_origins: vec!["http://127.0.0.1:1".into()],
        };
        let occasion = Occasion::new(start(), Actor::Hub, "test");
        let group = Group {
            group_id: registration.group_id.clone(),
            tenant: registration.tenant.clone(),
            version: 1,
            name: Name::parse("Production").expect("valid"),
            color: Color::parse("#112233").expect("valid"),
            created_at: start(),
            closing_until: None,
        };
        let made = Change::new().create(Record::Group(group), Event::GroupCreated, &occasion);
        let store = &callback.env.store;
        store.commit(&made).await.expect("group");
        store
            .commit(&create_registration(registration.clone(), None, &occasion))
            .await
            .expect("registration");
        let template = template(&hub(), &json!([]));
        store.keep_template(&template).await.expect("kept");
        Self {
            callback,
            registration,
            token: token.expose().to_owned(),
        }
    }

    /// Another registration of the same tenant, and its token.
    pub async fn register_another(
        &self,
        change: impl FnOnce(&mut Registration),
    ) -> (Registration, String) {
        let ring = self.callback.keys.ring().await.expect("a ring");
        let mut another = Registration {
            registration_id: RegistrationId::new(IdSeed {
                at: start(),
                random: [7; 10],
            }),
            external_id: ExternalId::from_random([8; 20]),
            ..self.registration.clone()
        };
        change(&mut another);
        let occasion = Occasion::new(start(), Actor::Hub, "test");
        let made = create_registration(another.clone(), None, &occasion);
        self.callback.env.store.commit(&made).await.expect("made");
        let token = ring.token(&another.registration_id, ring.signer());
        (another, token.expect("key is there").expose().to_owned())
    }

    /// Another tenant's registration, and its token.
    pub async fn register_neighbour(&self) -> (Registration, String) {
        let seed = IdSeed {
            at: start(),
            random: [5; 10],
        };
        let group = Group {
            group_id: GroupId::new(seed),
            tenant: Tenant::parse("globex").expect("valid"),
            version: 1,
            name: Name::parse("Production").expect("valid"),
            color: Color::parse("#332211").expect("valid"),
            created_at: start(),
            closing_until: None,
        };
        let (tenant, group_id) = (group.tenant.clone(), group.group_id.clone());
        let occasion = Occasion::new(start(), Actor::Hub, "test");
        let made = Change::new().create(Record::Group(group), Event::GroupCreated, &occasion);
        let store = &self.callback.env.store;
        store.commit(&made).await.expect("group");
        self.register_another(|registration| {
            registration.tenant = tenant;
            registration.group_id = group_id;
        })
        .await
    }

    /// Records the hub's template with these companion roles. Returns its ID.
    pub async fn keep_template(&self, companion_roles: &Value) -> TemplateId {
        let template = template(&hub(), companion_roles);
        let kept = self.callback.env.store.keep_template(&template).await;
        kept.expect("kept");
        template.id()
    }

    /// A request with the properties that the template sends.
    pub fn request(&self, request_type: &str, request_id: &str) -> Value {
        json!({
            "RequestType": request_type,
            "ResponseURL": "http://127.0.0.1:1/response",
            "StackId": STACK,
            "RequestId": request_id,
            "ResourceType": "Custom::RolecallRegistration",
            "LogicalResourceId": "Registration",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:sns:us-east-1:111111111111:rolecall-registration",
                "RegistrationToken": self.token,
                "ExternalId": self.registration.external_id,
                "RoleArn": ROLE,
                "TemplateVersion": self.registration.template.version,
                "TemplateId": self.registration.template.template_id,
            }
        })
    }

    /// The same for the resource that the template creates first.
    pub fn preflight(&self, request_type: &str, request_id: &str) -> Value {
        let mut request = self.request(request_type, request_id);
        request["ResourceType"] = json!("Custom::RolecallPreflight");
        request["LogicalResourceId"] = json!("Preflight");
        if let Some(properties) = request["ResourceProperties"].as_object_mut() {
            properties.remove("RoleArn");
        }
        request
    }

    /// The Delete of an accepted preflight.
    pub fn preflight_delete(&self, request_id: &str) -> Value {
        let mut request = self.preflight("Delete", request_id);
        let id = &self.registration.registration_id;
        request["PhysicalResourceId"] = json!(format!("rolecall/preflight/{id}"));
        request
    }

    /// The registration as it is stored.
    pub async fn current(&self) -> Registration {
        let store = &self.callback.env.store;
        let found = store.registration_by_id(&self.registration.registration_id);
        found.await.expect("read").expect("there")
    }

    pub fn request_about(&self, request_type: &str, request_id: &str, physical_id: &str) -> Value {
        let mut request = self.request(request_type, request_id);
        request["PhysicalResourceId"] = json!(physical_id);
        request
    }

    pub async fn deliver(&self, event: &Value) -> Result<(), CallbackError> {
        let deadline = self.callback.env.now() + SignedDuration::from_secs(120);
        self.callback.handle(event, deadline).await
    }

    /// Delivers and returns the answer.
    pub async fn ask(&self, event: &Value) -> Value {
        self.deliver(event).await.expect("handled");
        serde_json::from_str(&self.bodies().pop().expect("answered")).expect("JSON")
    }

    /// The stack's preflight passes. Returns the answer.
    pub async fn pass_preflight(&self) -> Value {
        let answer = self.ask(&self.preflight("Create", "first")).await;
        assert_eq!(answer["Status"], "SUCCESS", "{answer}");
        answer
    }

    /// The stack registers.
    pub async fn register(&self) {
        let answer = self.ask(&self.request("Create", "create")).await;
        assert_eq!(answer["Status"], "SUCCESS", "{answer}");
    }

    /// The names of all audit entries.
    pub fn events(&self) -> Vec<&'static str> {
        let trail = self.callback.env.store.trail();
        trail.iter().map(|entry| entry.event.as_str()).collect()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.callback.reply.bodies.lock().expect("no panic").clone()
    }

    pub async fn accounts(&self) -> Vec<Account> {
        let slice = Slice::first(10);
        let (tenant, group) = (&self.registration.tenant, &self.registration.group_id);
        self.callback
            .env
            .store
            .accounts(tenant, group, &slice)
            .await
            .expect("listed")
            .items
    }

    pub async fn orphans(&self) -> Vec<rolecall_domain::record::orphan::OrphanedStack> {
        let slice = Slice::first(10);
        let tenant = &self.registration.tenant;
        self.callback
            .env
            .store
            .orphaned_stacks(tenant, None, &slice)
            .await
            .expect("listed")
            .items
    }
}

/// The hub's template with these companion roles, in its bucket.
fn published(companion_roles: &Value) -> PublishedTemplate {
    template(&hub(), companion_roles).published_at(&onboarding(&hub()).bucket_url)
}

fn registration(ring: &KeyRing) -> Registration {
    let seed = |byte| IdSeed {
        at: start(),
        random: [byte; 10],
    };
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
        external_id: ExternalId::from_random([9; 20]),
        token_key_id: ring.signer().clone(),
        allow_duplicate: false,
        access: Vec::new(),
        companion_roles: Vec::new(),
        template: published(&json!([])),
        created_at: start(),
        expires_at: start() + SignedDuration::from_hours(48),
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    }
}
