//! One connected account, the functions that check it, and a clock that the test controls.

use rolecall_domain::aws::Role;
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::change::audit::{AuditEntry, Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::Hub;
use rolecall_domain::check::{AssumeOutcome, Report, StackStatus};
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::{PublishedTemplate, TemplateId, TemplateVersion};
use rolecall_domain::link::token::KeyId;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{
    CheckQueue, Clock, DeadLetters, Lists, Records, ScheduleStore, Slice,
};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::OrphanedStack;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::schedule::{CheckSchedule, DueCheck, Subject};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::{create_registration, register};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeHost, FakeRole, MemoryStore, onboarding};
use rolecall_tests::accounts::sqs_batch;
use rolecall_usecases::{Env, Environment};
use serde_json::{Value, json};
use stack_cleanup::{Cleanup, Summary};
use std::convert::Infallible;
use std::sync::Mutex;

pub type TestEnv = Environment<MemoryStore, FakeCustomers, FakeHost>;

/// Stores the checks that are sent to it.
#[derive(Debug, Default)]
struct Queue(Mutex<Vec<DueCheck>>);

impl CheckQueue for &Queue {
    async fn send(&self, due: &[DueCheck]) -> Vec<DueCheck> {
        self.0.lock().expect("no panic").extend(due.to_vec());
        Vec::new()
    }
}

impl DeadLetters for &Queue {
    type Error = Infallible;

    async fn send(&self, message: &Value) -> Result<(), Infallible> {
        panic!("an event could not be read: {message}")
    }
}

pub struct World {
    env: Option<TestEnv>,
    pub tenant: Tenant,
    pub group: GroupId,
    pub role: RoleArn,
    pub stack: StackId,
    ids: u8,
}

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub fn days(days: i64) -> SignedDuration {
    hours(24 * days)
}

impl World {
    /// A world with one account that was just registered.
    pub async fn connected() -> Self {
        let mut world = Self::empty().await;
        let registration = world.register_link().await;
        let unique_id = RoleUniqueId::parse("AROAEXAMPLEEXAMPLE123").expect("valid");
        let hub = world.env().hub.clone();
        let role = FakeRole::healthy(unique_id.clone(), registration.external_id.clone(), &hub);
        let customers = &world.env().customers;
        customers.create_stack(&world.stack, &world.role, role);
        let complete = StackStatus::CreateComplete;
        customers.change_stack(&world.stack, |stack| stack.status = complete);
        let candidate = NewAccount {
            account_id: AccountId::new(world.seed()),
            role: Role {
                arn: world.role.clone(),
                unique_id,
            },
            stack_id: world.stack.clone(),
            logical_resource_id: Some("Registration".to_owned()),
            template_version: registration.template.version.clone(),
            template_id: registration.template.template_id.clone(),
            deployed_roles: Vec::new(),
            name: None,
        };
        let report = Report::new(start(), Vec::new());
        let (occasion, settings) = (world.occasion(), Settings::default());
        let (_, change) = register(&registration, candidate, report, &occasion, &settings);
        world.commit(&change).await;
        world
    }

    /// A world with an empty group.
    pub async fn empty() -> Self {
        let hub = Hub {
            account: AwsAccountId::parse("111111111111").expect("valid"),
            region: Region::parse("us-east-1").expect("valid"),
            allow_own_account: false,
            trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/*".into()],
        };
        let env = Environment {
            onboarding: None,
            store: MemoryStore::new(),
            customers: FakeCustomers::new(),
            host: FakeHost::new(start(), 1),
            settings: Settings::default(),
            hub,
        };
        let stack = "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc";
        let world = Self {
            env: Some(env),
            tenant: Tenant::parse("acme").expect("valid"),
            group: GroupId::new(IdSeed {
                at: start(),
                random: [0; 10],
            }),
            role: RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/R").expect("valid"),
            stack: StackId::parse(stack).expect("valid"),
            ids: 0,
        };
        let group = Group {
            group_id: world.group.clone(),
            tenant: world.tenant.clone(),
            version: 1,
            name: Name::parse("Production").expect("valid"),
            color: Color::parse("#112233").expect("valid"),
            created_at: start(),
            closing_until: None,
        };
        let occasion = world.occasion();
        let made = Change::new().create(Record::Group(group), Event::GroupCreated, &occasion);
        world.commit(&made).await;
        world
    }

    /// Creates another pending registration.
    pub async fn register_link(&mut self) -> Registration {
        let seed = self.seed();
        let registration = Registration {
            registration_id: RegistrationId::new(seed),
            tenant: self.tenant.clone(),
            version: 1,
            group_id: self.group.clone(),
            state: RegistrationState::Pending,
            account_name: None,
            aws_account_id: None,
            region: Region::parse("us-east-1").expect("valid"),
            report_by: ReportBy::Callback,
            locale: Language::English,
            return_url: None,
            external_id: ExternalId::from_random([self.ids; 20]),
            token_key_id: KeyId::parse("k1").expect("a key"),
            allow_duplicate: false,
            access: Vec::new(),
            companion_roles: Vec::new(),
            template: PublishedTemplate {
                version: TemplateVersion::parse("1.0.0").expect("valid"),
                template_id: TemplateId::of("a template"),
                url: "https://bucket.s3.amazonaws.com/onboarding/1.0.0-abc/role.yaml".into(),
            },
            created_at: self.now(),
            expires_at: self.now() + hours(48),
            refused_stacks: 0,
            refused_attempts: 0,
            last_attempt: None,
            started: Vec::new(),
            pasted: Vec::new(),
        };
        let change = create_registration(registration.clone(), None, &self.occasion());
        self.commit(&change).await;
        registration
    }

    pub fn env(&self) -> &TestEnv {
        self.env.as_ref().expect("no function is running")
    }

    /// From now on, full checks compare the stack's template with the current one.
    pub fn render_templates(&mut self) {
        let env = self.env.as_mut().expect("no function is running");
        env.onboarding = Some(onboarding(&env.hub));
    }

    pub fn now(&self) -> Timestamp {
        self.env().host.now()
    }

    pub fn pass(&self, duration: SignedDuration) {
        self.env().host.advance(duration);
    }

    pub fn seed(&mut self) -> IdSeed {
        self.ids += 1;
        IdSeed {
            at: self.now(),
            random: [self.ids; 10],
        }
    }

    pub fn occasion(&self) -> Occasion {
        Occasion::new(self.now(), Actor::Hub, "test")
    }

    pub async fn commit(&self, change: &Change) {
        let done = self.env().store.commit(change).await;
        done.expect("the commit succeeds");
    }

    pub fn change_role(&self, change: impl FnOnce(&mut FakeRole)) {
        self.env().customers.change_role(&self.role, change);
    }

    /// AWS STS rejects the role, because the AWS account is suspended or the role was deleted.
    pub fn refuse(&self, refused: bool) {
        self.change_role(|role| role.sts_says = refused.then_some(AssumeOutcome::Refused));
    }

    /// Runs `stack-cleanup` with an event, and returns its summary and the checks that it sent.
    pub async fn send_event(&mut self, event: &Value) -> (Summary, Vec<DueCheck>) {
        let queue = Queue::default();
        let cleanup = Cleanup {
            env: self.env.take().expect("no function is running"),
            queue: &queue,
            dead_letters: &queue,
        };
        let deadline = cleanup.env.now() + SignedDuration::from_secs(300);
        let summary = cleanup.handle(event, deadline).await;
        self.env = Some(cleanup.env);
        let queued = queue.0.into_inner().expect("no panic");
        (summary.expect("the event is handled"), queued)
    }

    pub async fn sweep(&mut self) -> Vec<DueCheck> {
        let event = json!({ "source": "aws.events", "detail-type": "Scheduled Event" });
        self.send_event(&event).await.1
    }

    /// An event of AWS Organizations about the stack's AWS account.
    pub fn organization_event(&self, name: &str, details: Value) -> Value {
        json!({
            "id": "1",
            "source": "aws.organizations",
            "detail-type": "AWS Service Event via CloudTrail",
            "account": "999999999999",
            "time": self.now(),
            "detail": { "eventName": name, "serviceEventDetails": details },
        })
    }

    /// Runs a check, and returns the number of failed messages.
    pub async fn check(&mut self, due: &DueCheck) -> usize {
        let deadline = self.now() + SignedDuration::from_secs(120);
        let batch = sqs_batch(&json!(due));
        let response = account_health::handle(self.env(), &batch, deadline).await;
        let response = response.expect("a batch");
        response.batch_item_failures.len()
    }

    /// Advances the clock until the account is due and runs its check; returns the time that
    /// passed.
    pub async fn next_check(&mut self) -> SignedDuration {
        let next = self
            .check_schedule()
            .await
            .next_check_at
            .expect("a scheduled check");
        let waited = next.duration_since(self.now());
        self.pass(waited.max(SignedDuration::ZERO));
        for due in self.sweep().await {
            assert_eq!(self.check(&due).await, 0);
        }
        waited
    }

    pub async fn account(&self) -> Account {
        let trail = self.env().store.trail();
        let ids = trail
            .iter()
            .map(|entry| AccountId::parse(&*entry.record_id));
        let id = ids.flatten().next().expect("an account");
        let read = self.env().store.account(&self.tenant, &id).await;
        read.expect("read").expect("an account")
    }

    async fn subject(&self) -> Subject {
        Subject::Account(self.account().await.account_id)
    }

    pub async fn check_schedule(&self) -> CheckSchedule {
        let subject = self.subject().await;
        let read = self.env().store.check_schedule(&self.tenant, &subject);
        read.await.expect("read").expect("a schedule")
    }

    pub async fn report(&self) -> Report {
        let subject = self.subject().await;
        let read = self.env().store.report(&self.tenant, &subject);
        read.await.expect("read").expect("a report")
    }

    pub async fn entries(&self) -> Vec<OrphanedStack> {
        let slice = Slice::first(100);
        let page = self.env().store.orphaned_stacks(&self.tenant, None, &slice);
        page.await.expect("read").items
    }

    /// The names of all events so far.
    pub fn events(&self) -> Vec<&'static str> {
        let name = |entry: AuditEntry| entry.event.as_str();
        self.env().store.trail().into_iter().map(name).collect()
    }
}
