//! A hub in memory. Its records have the ids of the samples under `events/`.

use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::aws::{Role, SeenStack};
use rolecall_domain::change::audit::{AuditEntry, Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::Hub;
use rolecall_domain::check::{Report, StackStatus};
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::page_token::Page;
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{CheckQueue, DeadLetters, EventBus, Publication, Records};
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::account::{Account, DeregistrationCause};
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::schedule::DueCheck;
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::deregister::deregister;
use rolecall_domain::transition::register::{create_registration, register};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeCustomers, FakeHost, FakeKeys, FakeRole, MemoryStore, onboarding};
use rolecall_usecases::{Env, Environment};
use serde_json::{Value, json};
use stack_callback::{Reply, ReplyError};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub const STACK: &str = "arn:aws:cloudformation:eu-central-1:222222222222:stack/rolecall-1d2e3f4a5c/6f8b0c60-1c5e-11f0-9d8e-0a1b2c3d4e5f";
pub const ROLE: &str =
    "arn:aws:iam::222222222222:role/rolecall/rolecall-1d2e3f4a5c-RolecallRole-1ABCDEFGHIJKL";
pub const EXTERNAL_ID: &str = "REDACTED-EXTERNAL-ID";
const GROUP: &str = "grp_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
pub const REGISTRATION: &str = "reg_0198a0b1c2d37e4f8a9b0c1d2e3f4a5c";
const ACCOUNT: &str = "acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5d";
const STACK_ENTRY: &str = "stk_0198a0b1c2d37e4f8a9b0c1d2e3f4a5e";

pub type TestEnv = Environment<MemoryStore, FakeCustomers, FakeHost>;

/// The stage of the samples' story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A group and a registration exist, and the stack is being created.
    Pending,
    Connected,
    Deregistered,
}

pub const STAGES: [Stage; 3] = [Stage::Pending, Stage::Connected, Stage::Deregistered];

pub fn keys() -> FakeKeys {
    let secret =
        r#"{"k1":"0123456789abcdef0123456789abcdef","k2":"fedcba9876543210fedcba9876543210"}"#;
    FakeKeys::new(KeyRing::parse(secret).expect("valid"))
}

pub fn registration_id() -> RegistrationId {
    RegistrationId::parse(REGISTRATION).expect("valid")
}

/// Inserts the registration's token where the samples have a placeholder.
pub fn with_token(input: &str) -> String {
    let ring = keys().0;
    let token = ring
        .token(&registration_id(), ring.signer())
        .expect("a key");
    input.replace(&format!("{REGISTRATION}.REDACTED"), token.expose())
}

/// Inserts the secrets of page tokens where the samples have a placeholder.
pub fn with_page_token(input: &str) -> String {
    let ring = keys().0;
    let account_id = AccountId::parse(ACCOUNT).expect("valid");
    let pages = [
        Page::Connect(registration_id()),
        Page::Customer {
            account_id,
            link: 0,
        },
    ];
    let insert = |text: String, page: &Page| {
        let token = ring.page_token(page, ring.signer()).expect("a key");
        let text = text.replace(&format!("{page}.REDACTED"), token.expose());
        match page {
            Page::Connect(_) => text.replace("REDACTED-PAGE-TOKEN", token.expose()),
            Page::Customer { .. } => text,
        }
    };
    pages.iter().fold(input.to_owned(), insert)
}

fn start() -> Timestamp {
    Timestamp::from_second(1_756_800_000).expect("in range")
}

/// The deadline of an invocation.
pub fn deadline(env: &TestEnv) -> Timestamp {
    env.now() + SignedDuration::from_secs(120)
}

fn hub() -> Hub {
    Hub {
        account: AwsAccountId::parse("111111111111").expect("valid"),
        region: Region::parse("us-east-1").expect("valid"),
        allow_own_account: false,
        trusted_principals: vec!["arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".into()],
    }
}

/// A hub at a stage of the story.
pub fn at(stage: Stage) -> TestEnv {
    let hub = hub();
    let customers = FakeCustomers::new();
    let external_id = ExternalId::parse(EXTERNAL_ID).expect("valid");
    let role = FakeRole::healthy(unique_id(), external_id, &hub);
    customers.create_stack(&stack_id(), &role_arn(), role);
    let env = Environment {
        store: MemoryStore::new(),
        customers,
        host: FakeHost::new(start(), 1),
        settings: Settings::default(),
        onboarding: Some(onboarding(&hub)),
        hub,
    };
    let template = rolecall_testing::template(&env.hub, &json!([]));
    super::finish(env.store.keep_template(&template)).expect("kept");
    let occasion = Occasion::new(start(), Actor::Hub, "test");
    let group = Record::Group(group());
    commit(
        &env,
        &Change::new().create(group, Event::GroupCreated, &occasion),
    );
    commit(&env, &create_registration(registration(), None, &occasion));
    if stage != Stage::Pending {
        let account = connect(&env, &occasion);
        if stage == Stage::Deregistered {
            let id = OrphanedStackId::parse(STACK_ENTRY).expect("valid");
            let cause = DeregistrationCause::Requested;
            let gone = deregister(
                &account,
                &SeenStack::default(),
                cause,
                id,
                &occasion,
                &env.settings,
            );
            commit(&env, &gone.expect("a connected account").2);
        }
    }
    env
}

/// Completes the stack, as it is when its output is pasted.
pub fn complete_stack(env: &TestEnv) {
    env.customers.change_stack(&stack_id(), |stack| {
        stack.status = StackStatus::CreateComplete;
    });
}

fn commit(env: &TestEnv, change: &Change) {
    super::finish(env.store.commit(change)).expect("committed");
}

fn connect(env: &TestEnv, occasion: &Occasion) -> Account {
    let candidate = NewAccount {
        account_id: AccountId::parse(ACCOUNT).expect("valid"),
        role: Role {
            arn: role_arn(),
            unique_id: unique_id(),
        },
        stack_id: stack_id(),
        logical_resource_id: Some("Registration".to_owned()),
        template_version: template().version,
        template_id: template().template_id,
        deployed_roles: Vec::new(),
        name: None,
    };
    let report = Report::new(start(), Vec::new());
    let (registered, change) =
        register(&registration(), candidate, report, occasion, &env.settings);
    commit(env, &change);
    registered.account
}

fn stack_id() -> StackId {
    StackId::parse(STACK).expect("valid")
}

fn role_arn() -> RoleArn {
    RoleArn::parse(ROLE).expect("valid")
}

fn unique_id() -> RoleUniqueId {
    RoleUniqueId::parse("AROAEXAMPLEEXAMPLE123").expect("valid")
}

fn template() -> PublishedTemplate {
    let template = rolecall_testing::template(&hub(), &json!([]));
    template.published_at(&onboarding(&hub()).bucket_url)
}

fn group() -> Group {
    Group {
        group_id: GroupId::parse(GROUP).expect("valid"),
        tenant: Tenant::parse("acme").expect("valid"),
        version: 1,
        name: Name::parse("Production").expect("valid"),
        color: Color::parse("#2f6fed").expect("valid"),
        created_at: start(),
        closing_until: None,
    }
}

fn registration() -> Registration {
    Registration {
        registration_id: registration_id(),
        tenant: group().tenant,
        version: 1,
        group_id: group().group_id,
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse("eu-central-1").expect("valid"),
        report_by: ReportBy::Callback,
        locale: Language::English,
        return_url: None,
        external_id: ExternalId::parse(EXTERNAL_ID).expect("valid"),
        token_key_id: keys().0.signer().clone(),
        allow_duplicate: false,
        access: Vec::new(),
        companion_roles: Vec::new(),
        template: template(),
        created_at: start(),
        expires_at: start() + SignedDuration::from_hours(48),
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    }
}

/// Records everything that the hub sends.
#[derive(Debug, Default)]
pub struct Out {
    replies: Mutex<Vec<(String, String)>>,
    published: Mutex<Vec<AuditEntry>>,
    dead_letters: Mutex<Vec<Value>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Out {
    /// The URLs and bodies of the answers.
    pub fn replies(&self) -> Vec<(String, String)> {
        held(&self.replies).clone()
    }

    pub fn published(&self) -> Vec<AuditEntry> {
        held(&self.published).clone()
    }

    /// The messages in the dead-letter queue.
    pub fn dead_letters(&self) -> Vec<Value> {
        held(&self.dead_letters).clone()
    }
}

impl Reply for &Out {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        held(&self.replies).push((url.to_owned(), body.to_owned()));
        Ok(())
    }
}

impl EventBus for &Out {
    async fn publish(&self, entries: &[AuditEntry]) -> Vec<Publication> {
        held(&self.published).extend(entries.to_vec());
        vec![Publication::Published; entries.len()]
    }
}

impl DeadLetters for &Out {
    type Error = Infallible;

    async fn send(&self, message: &Value) -> Result<(), Infallible> {
        held(&self.dead_letters).push(message.clone());
        Ok(())
    }
}

impl CheckQueue for &Out {
    async fn send(&self, _: &[DueCheck]) -> Vec<DueCheck> {
        Vec::new()
    }
}
