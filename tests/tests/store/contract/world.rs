//! One test's data in the store, with its own tenant, ids and time.

use super::records::report;
use rolecall_domain::aws::Role;
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Guard, Occasion, Owner, RequestKey};
use rolecall_domain::check::StackStatus;
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, OrphanedStackId, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::link::token::KeyId;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{Clock, Entropy, Slice, Store};
use rolecall_domain::record::account::Account;
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::evidence::{Evidence, EvidenceKind};
use rolecall_domain::record::evidence_log::EvidenceLog;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::orphan::{NewOrphanedStack, OrphanedStack};
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::register;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{FakeHost, onboarding, template};
use rolecall_tests::in_process::hub;
use serde_json::json;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Ids ascend in the order of creation. No two tests create the same ids.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenant: Tenant,
    host: FakeHost,
}

/// A time with nanoseconds, far from the times that other tests use.
const START: &str = "2100-01-01T00:00:00.123456789Z";

impl World {
    pub(crate) fn new(test: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        test.hash(&mut hasher);
        let start: Timestamp = START.parse().expect("a time");
        Self {
            tenant: Tenant::parse(test).expect("test names are valid tenants"),
            host: FakeHost::new(start, hasher.finish()),
        }
    }

    /// Another tenant.
    pub(crate) fn other_tenant(&self) -> Self {
        Self::new(&format!("{}-2", self.tenant))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.host.now()
    }

    pub(crate) fn advance(&self, duration: SignedDuration) {
        self.host.advance(duration);
    }

    pub(crate) fn occasion(&self) -> Occasion {
        Occasion::new(self.now(), Actor::user("a-user"), "a test")
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.host.fill(&mut bytes);
        bytes
    }

    fn hex<const N: usize>(&self) -> String {
        hex::encode(self.random::<N>())
    }

    pub(crate) fn seed(&self) -> IdSeed {
        self.advance(SignedDuration::from_millis(1));
        IdSeed {
            at: self.now(),
            random: self.random(),
        }
    }

    /// An id with the given last digit, which decides the shard.
    pub(crate) fn account_id_in(&self, shard: u8) -> AccountId {
        let mut seed = self.seed();
        seed.random[9] = (seed.random[9] & 0xf0) | shard;
        AccountId::new(seed)
    }

    pub(crate) fn aws_account(&self) -> AwsAccountId {
        let number = u64::from_le_bytes(self.random()) % 1_000_000_000_000;
        AwsAccountId::parse(format!("{number:012}")).expect("twelve digits")
    }

    pub(crate) fn stack_id(&self) -> StackId {
        let (account, unique) = (self.aws_account(), self.hex::<8>());
        let arn = format!("arn:aws:cloudformation:eu-central-1:{account}:stack/rolecall/{unique}");
        StackId::parse(arn).expect("a stack's ARN")
    }

    pub(crate) fn role_arn(&self, stack: &StackId) -> RoleArn {
        let (account, unique) = (stack.account(), self.hex::<8>());
        RoleArn::parse(format!("arn:aws:iam::{account}:role/rolecall/{unique}")).expect("an ARN")
    }

    pub(crate) fn external_id(&self) -> ExternalId {
        ExternalId::from_random(self.random())
    }

    pub(crate) fn guard(&self) -> Guard {
        Guard::Stack(self.stack_id())
    }

    pub(crate) fn request(&self) -> RequestKey {
        RequestKey {
            registration_id: RegistrationId::new(self.seed()),
            stack_id: self.stack_id(),
            request_id: self.hex::<16>(),
        }
    }

    pub(crate) fn group(&self) -> Group {
        Group {
            group_id: GroupId::new(self.seed()),
            tenant: self.tenant.clone(),
            version: 1,
            name: Name::parse("開発 #1").expect("a name"),
            color: Color::parse("#1a2b3c").expect("a color"),
            created_at: self.now(),
            closing_until: None,
        }
    }

    pub(crate) fn registration(&self, group: &GroupId) -> Registration {
        Registration {
            registration_id: RegistrationId::new(self.seed()),
            tenant: self.tenant.clone(),
            version: 1,
            group_id: group.clone(),
            state: RegistrationState::Pending,
            account_name: None,
            aws_account_id: Some(self.aws_account()),
            region: Region::parse("eu-central-1").expect("a Region"),
            report_by: ReportBy::Callback,
            locale: Language::Japanese,
            return_url: None,
            external_id: self.external_id(),
            token_key_id: KeyId::parse("k1").expect("a key"),
            allow_duplicate: false,
            access: Vec::new(),
            companion_roles: Vec::new(),
            template: self.template(),
            created_at: self.now(),
            expires_at: self.now() + SignedDuration::from_hours(48),
            refused_stacks: 0,
            refused_attempts: 0,
            last_attempt: None,
            started: Vec::new(),
            pasted: Vec::new(),
        }
    }

    pub(crate) fn template(&self) -> PublishedTemplate {
        template(&hub(), &json!([])).published_at(&onboarding(&hub()).bucket_url)
    }

    pub(crate) fn role(&self, stack: &StackId) -> Role {
        let unique_id = format!("AROA{}", self.hex::<8>().to_uppercase());
        Role {
            arn: self.role_arn(stack),
            unique_id: RoleUniqueId::parse(unique_id).expect("a unique id"),
        }
    }

    pub(crate) fn account(&self, group: &GroupId) -> Account {
        let stack_id = self.stack_id();
        let candidate = NewAccount {
            account_id: AccountId::new(self.seed()),
            role: self.role(&stack_id),
            stack_id,
            logical_resource_id: Some("Registration".to_owned()),
            template_version: self.template().version,
            template_id: self.template().template_id,
            deployed_roles: Vec::new(),
            name: Some(Name::parse("production").expect("a name")),
        };
        let (registration, report) = (self.registration(group), report(self.now()));
        let settings = Settings::default();
        register(
            &registration,
            candidate,
            report,
            &self.occasion(),
            &settings,
        )
        .0
        .account
    }

    pub(crate) fn orphaned_stack(&self) -> OrphanedStack {
        self.orphaned_stack_with(EvidenceLog::default())
    }

    fn orphaned_stack_with(&self, evidence: EvidenceLog) -> OrphanedStack {
        let stack_id = self.stack_id();
        let orphan = NewOrphanedStack {
            orphaned_stack_id: OrphanedStackId::new(self.seed()),
            tenant: self.tenant.clone(),
            registration_id: RegistrationId::new(self.seed()),
            account_id: None,
            role_arn: Some(self.role_arn(&stack_id)),
            stack_id,
            external_id: self.external_id(),
            logical_resource_id: Some("Registration".into()),
            evidence,
        };
        OrphanedStack::open(orphan, self.now(), &Settings::default())
    }

    /// An orphaned stack that was read through its role.
    pub(crate) fn proven_stack(&self) -> OrphanedStack {
        let kind = EvidenceKind::StackStatus {
            status: Some(StackStatus::CreateComplete),
            reason: None,
            protected: false,
            nested: None,
        };
        let mut evidence = EvidenceLog::default();
        evidence.add(kind, self.now(), &Settings::default());
        self.orphaned_stack_with(evidence)
    }

    /// The orphaned stack after new evidence, so many minutes from now.
    pub(crate) fn seen(
        &self,
        entry: &OrphanedStack,
        kind: EvidenceKind,
        minutes: i64,
    ) -> OrphanedStack {
        let at = self.now() + SignedDuration::from_mins(minutes);
        let seen = entry.with_evidence(Some(Evidence { kind, at }), at, &Settings::default());
        seen.expect("new evidence")
    }

    /// The same account with another id.
    pub(crate) fn sibling(&self, account: &Account) -> Account {
        let mut sibling = account.clone();
        sibling.account_id = AccountId::new(self.seed());
        sibling
    }

    pub(crate) fn creation(&self, record: impl Into<AnyRecord>) -> Change {
        let AnyRecord(record, event) = record.into();
        Change::new().create(record, event, &self.occasion())
    }

    pub(crate) fn step<T: Into<AnyRecord>>(&self, before: T, after: T) -> Change {
        let (AnyRecord(before, _), AnyRecord(after, _)) = (before.into(), after.into());
        Change::new().update(before, after, Event::AccountChanged, &self.occasion())
    }

    pub(crate) fn deletion(&self, record: impl Into<AnyRecord>) -> Change {
        let AnyRecord(record, _) = record.into();
        Change::new().delete(record, Event::GroupDeleted, &self.occasion())
    }

    /// Stores a new group.
    pub(crate) async fn given_group(&self, store: &impl Store) -> Group {
        let group = self.group();
        self.given(store, &self.creation(&group)).await;
        group
    }

    pub(crate) async fn given(&self, store: &impl Store, change: &Change) {
        store.commit(change).await.expect("the commit succeeds");
    }
}

/// A record and the event of its creation.
#[derive(Debug)]
pub(crate) struct AnyRecord(Record, Event);

impl From<&Group> for AnyRecord {
    fn from(group: &Group) -> Self {
        Self(Record::Group(group.clone()), Event::GroupCreated)
    }
}

impl From<&Registration> for AnyRecord {
    fn from(registration: &Registration) -> Self {
        let record = Record::Registration(registration.clone());
        Self(record, Event::RegistrationCreated)
    }
}

impl From<&Account> for AnyRecord {
    fn from(account: &Account) -> Self {
        Self(Record::Account(account.clone()), Event::AccountRegistered)
    }
}

impl From<&OrphanedStack> for AnyRecord {
    fn from(entry: &OrphanedStack) -> Self {
        Self(Record::OrphanedStack(entry.clone()), Event::StackOrphaned)
    }
}

impl AnyRecord {
    pub(crate) fn owner(&self) -> Owner {
        Owner::from(&self.0)
    }
}

pub(crate) fn owner_of(record: impl Into<AnyRecord>) -> Owner {
    record.into().owner()
}

/// The first page of a list, with so many items.
pub(crate) fn first(limit: usize) -> Slice {
    Slice::first(limit)
}
