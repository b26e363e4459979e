//! The ports in memory, one turn per call, and what may go wrong with them.

use crate::machine::Machine;
use rolecall_domain::account::Account;
use rolecall_domain::audit::AuditEntry;
use rolecall_domain::aws::{AwsAccountId, ExternalId, RoleArn, StackId};
use rolecall_domain::change::{
    Change, Guard, IdempotencyRecord, Owner, PersistedAnswer, RequestKey,
};
use rolecall_domain::check_schedule::{Checkup, KeptReport, Subject};
use rolecall_domain::fakes::{FakeCustomers, FakeSession, MemoryStore};
use rolecall_domain::group::Group;
use rolecall_domain::ids::{AccountId, GroupId, RegistrationId, StackEntryId};
use rolecall_domain::ports::{
    Assumed, Checkups, Clock, CommitError, CustomerAccounts, Lists, Page, Records, RequestClaim,
    Requests, Slice, StoreError,
};
use rolecall_domain::registration::Registration;
use rolecall_domain::stack_entry::StackEntry;
use rolecall_domain::template::{PublishedTemplate, TemplatePermissions, TemplateVersion};
use rolecall_domain::text::{IdempotencyKey, Tenant};
use rolecall_domain::verification::{AssumeOutcome, Read, Report, RoleFacts, StackFacts};
use rolecall_domain::{SignedDuration, Timestamp};
use stack_callback::Reply;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What is wrong with the world just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trouble {
    #[default]
    None,
    /// AWS takes its time with every call.
    SlowAws,
    /// The next so many calls to AWS panic.
    Panics(u8),
    /// The next so many calls to the table fail.
    TableFails(u8),
}

#[derive(Debug, Clone)]
pub struct Turns {
    pub machine: Machine,
    pub trouble: Rc<Cell<Trouble>>,
}

impl Turns {
    async fn table(&self) -> Result<(), StoreError> {
        self.machine.turn().await;
        match self.trouble.get() {
            Trouble::TableFails(left @ 1..) => {
                self.trouble.set(Trouble::TableFails(left - 1));
                Err(StoreError::Unavailable("on purpose".into()))
            }
            _ => Ok(()),
        }
    }

    async fn aws(&self) {
        self.machine.turn().await;
        match self.trouble.get() {
            Trouble::SlowAws => self.machine.sleep(SignedDuration::from_secs(45)).await,
            Trouble::Panics(left @ 1..) => {
                self.trouble.set(Trouble::Panics(left - 1));
                // Not `panic!`: what is on purpose needs no message.
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            _ => {}
        }
    }
}

/// The store, in turns.
#[derive(Debug)]
pub struct Table(pub Rc<MemoryStore>, pub Turns);

/// Passes calls on, each after its turn.
macro_rules! in_turn {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(async fn $name(&self, $($argument: $type),*) -> Result<$result, StoreError> {
            self.1.table().await?;
            self.0.$name($($argument),*).await
        })*
    };
}

impl Records for Table {
    in_turn! {
        group(tenant: &Tenant, id: &GroupId) -> Option<Group>;
        registration(tenant: &Tenant, id: &RegistrationId) -> Option<Registration>;
        registration_by_id(id: &RegistrationId) -> Option<Registration>;
        account(tenant: &Tenant, id: &AccountId) -> Option<Account>;
        stack_entry(tenant: &Tenant, id: &StackEntryId) -> Option<StackEntry>;
        owner(guard: &Guard) -> Option<Owner>;
        published_template() -> Option<PublishedTemplate>;
        template_permissions(version: &TemplateVersion) -> Option<TemplatePermissions>;
        idempotency(tenant: &Tenant, route: &str, key: &IdempotencyKey) -> Option<IdempotencyRecord>;
    }

    async fn commit(&self, change: &Change) -> Result<(), CommitError> {
        self.1.table().await?;
        self.0.commit(change).await
    }
}

impl Lists for Table {
    in_turn! {
        groups(tenant: &Tenant, slice: &Slice) -> Page<Group>;
        registrations(tenant: &Tenant, group: &GroupId, slice: &Slice) -> Page<Registration>;
        accounts(tenant: &Tenant, group: &GroupId, slice: &Slice) -> Page<Account>;
        stack_entries(tenant: &Tenant, status: Option<&str>, slice: &Slice) -> Page<StackEntry>;
        history(tenant: &Tenant, record_id: &str, slice: &Slice) -> Page<AuditEntry>;
        in_aws_account(aws_account_id: &AwsAccountId, slice: &Slice) -> Page<Owner>;
        count_accounts(tenant: &Tenant, group: &GroupId) -> usize;
        pending_registrations(tenant: &Tenant, group: Option<&GroupId>, limit: usize) -> Vec<RegistrationId>;
    }
}

impl Checkups for Table {
    in_turn! {
        checkup(tenant: &Tenant, subject: &Subject) -> Option<Checkup>;
        reschedule(before: &Checkup, after: &Checkup) -> bool;
        report(tenant: &Tenant, subject: &Subject) -> Option<Report>;
        put_report(report: &KeptReport) -> ();
        due(shard: u8, now: Timestamp, limit: usize) -> Vec<(Tenant, Subject)>;
        lease(tenant: &Tenant, subject: &Subject, now: Timestamp, until: Timestamp) -> bool;
        admit_on_demand(tenant: &Tenant, subject: &Subject, now: Timestamp, gap: SignedDuration) -> bool;
    }
}

impl Requests for Table {
    in_turn! {
        claim_request(key: &RequestKey, now: Timestamp, lease_until: Timestamp) -> RequestClaim;
        keep_answer(answer: &PersistedAnswer) -> String;
    }
}

/// The customer's account, in turns.
#[derive(Debug)]
pub struct Customer(pub Rc<FakeCustomers>, pub Turns);

impl CustomerAccounts for Customer {
    type Session = FakeSession;

    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<FakeSession> {
        self.1.aws().await;
        self.0.assume(role, external_id).await
    }

    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome {
        self.1.aws().await;
        self.0.try_assume(role, external_id).await
    }

    async fn stack(
        &self,
        session: &FakeSession,
        id: &StackId,
        external_id: &ExternalId,
    ) -> Read<StackFacts> {
        self.1.aws().await;
        self.0.stack(session, id, external_id).await
    }

    async fn stack_roles(&self, session: &FakeSession, id: &StackId) -> Read<BTreeSet<String>> {
        self.1.aws().await;
        self.0.stack_roles(session, id).await
    }

    async fn role(&self, session: &FakeSession, role: &RoleArn) -> Read<RoleFacts> {
        self.1.aws().await;
        self.0.role(session, role).await
    }

    async fn attached_policies(
        &self,
        session: &FakeSession,
        role: &RoleArn,
    ) -> Read<BTreeSet<String>> {
        self.1.aws().await;
        self.0.attached_policies(session, role).await
    }

    async fn policy_document(&self, session: &FakeSession, arn: &str) -> Read<String> {
        self.1.aws().await;
        self.0.policy_document(session, arn).await
    }

    async fn inline_policies(
        &self,
        session: &FakeSession,
        role: &RoleArn,
    ) -> Read<BTreeMap<String, String>> {
        self.1.aws().await;
        self.0.inline_policies(session, role).await
    }
}

/// How the bucket treats the answers to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    AtOnce,
    /// 500 for a while.
    After(u8),
    /// It says nothing for a while, and the sender gives up waiting.
    AfterHanging(u8),
    Never,
}

/// An answer that was put, whether or not the bucket took it.
#[derive(Debug, Clone)]
pub struct Put {
    pub body: String,
    pub at: Timestamp,
    pub taken: bool,
}

/// CloudFormation's bucket. The URL's last part names the request.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub machine: Machine,
    pub taking: Rc<RefCell<BTreeMap<String, Taking>>>,
    pub puts: Rc<RefCell<BTreeMap<String, Vec<Put>>>>,
}

#[derive(Debug, thiserror::Error)]
#[error("not taken")]
pub struct NotTaken;

impl Bucket {
    fn admit(&self, request: &str) -> Taking {
        let mut taking = self.taking.borrow_mut();
        let Some(how) = taking.get_mut(request) else {
            return Taking::AtOnce;
        };
        let now = *how;
        match how {
            Taking::After(left @ 1..) | Taking::AfterHanging(left @ 1..) => *left -= 1,
            Taking::Never => {}
            _ => return Taking::AtOnce,
        }
        now
    }

    fn note(&self, request: &str, body: &str, taken: bool) {
        let put = Put {
            body: body.to_owned(),
            at: self.machine.now(),
            taken,
        };
        let mut puts = self.puts.borrow_mut();
        puts.entry(request.to_owned()).or_default().push(put);
    }

    /// The first answer to a request that arrived.
    pub fn answer(&self, request: &str) -> Option<Put> {
        let puts = self.puts.borrow();
        let mut taken = puts.get(request)?.iter().filter(|put| put.taken);
        taken.next().cloned()
    }
}

impl Reply for Bucket {
    type Error = NotTaken;

    async fn put(&self, url: &str, body: &str) -> Result<(), NotTaken> {
        let request = url.rsplit('/').next().unwrap_or_default().to_owned();
        self.machine.turn().await;
        let how = self.admit(&request);
        self.note(&request, body, how == Taking::AtOnce);
        match how {
            Taking::AtOnce => Ok(()),
            Taking::AfterHanging(_) => {
                self.machine.sleep(SignedDuration::from_secs(5)).await;
                Err(NotTaken)
            }
            Taking::After(_) | Taking::Never => Err(NotTaken),
        }
    }
}
