//! The events that the programs handle, with the AWS calls and results that are required. A program
//! that does less or gets a different result is not measured.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::change::Occasion;
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::ports::{Clock, Records};
use rolecall_domain::record::account::AccountState;
use rolecall_domain::record::registration::{Channel, Registration};
use rolecall_domain::text::{Actor, Tenant};
use serde_json::{Value, json};

use super::events;
use super::issue::Issued;
use super::page::Listed;
use crate::console::Recorded;
use crate::fleet::accounts::{Customer, Kind, TemplateFacts};
use crate::fleet::queue::Queue;
use crate::fleet::seed::{self, CheckKind, Home, Member};
use crate::stub::{AGAIN, Service, TOKEN_KEYS, Tally};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Job {
    #[value(skip)]
    Nothing,
    /// A customer's stack reports its role: it is verified and recorded, and CloudFormation gets a
    /// response.
    Registration,
    /// A stack's output is pasted: it is verified and recorded, and the account is returned.
    Paste,
    /// A full check of a connected account.
    Verification,
    #[value(skip)]
    /// A hundred full checks in one batch, as SQS delivers them.
    Batch,
    /// A tenant requests a new link.
    Link,
    /// A scheduled sweep without due work.
    Sweep,
    /// Two audit entries are published to the bus.
    Publication,
    /// A service requests credentials of a connected account.
    Issue,
    /// A user opens the page of a group with 50 accounts. The API is a stub.
    Page,
    /// A tenant lists the same accounts through the API.
    Accounts,
    #[value(skip)]
    /// The AWS calls of a registration, and nothing else.
    CallsOfRegistration,
    #[value(skip)]
    /// The AWS calls of a full check, and nothing else.
    CallsOfVerification,
    #[value(skip)]
    /// Only the AWS calls for issuing credentials.
    CallsOfIssue,
}

/// One event and its expected result.
#[derive(Debug)]
pub struct Task {
    pub event: Value,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Nothing,
    /// Only the recorded calls.
    Recorded,
    Registered(Box<Registration>, Customer, Channel),
    Refused(Box<Registration>, Channel),
    Verified(Vec<Member>),
    Issued(Issued),
    Status(u64),
    Listed(Listed),
}

/// The minimum number of calls that are repeated by hand.
const LEAST_CALLS: u64 = 9;

/// A tenant's burst limit for new links.
const LINKS_OF_ONE_TENANT: usize = 100;

/// The number of messages in a full batch.
pub const BATCH: usize = 100;

/// An account whose trust policy allows any principal, which must be refused.
fn too_broad() -> Option<Customer> {
    let mut all = (0..100).map(Customer);
    all.find(|one| one.kind() == Kind::TooBroad)
}

impl Job {
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Registration => "a registration",
            Self::Paste => "a paste",
            Self::Verification => "a full check",
            Self::Batch => "100 full checks",
            Self::Link => "a new link",
            Self::Sweep => "a sweep without due work",
            Self::Publication => "two events published",
            Self::Issue => "credentials",
            Self::Page => "a page of 50 accounts",
            Self::Accounts => "a list of 50 accounts",
            Self::CallsOfRegistration => "a registration's calls",
            Self::CallsOfVerification => "a full check's calls",
            Self::CallsOfIssue => "the calls for credentials",
        }
    }

    /// The job that repeats this one's AWS calls without an SDK.
    pub fn by_hand(self) -> Option<Self> {
        match self {
            Self::Registration => Some(Self::CallsOfRegistration),
            Self::Verification => Some(Self::CallsOfVerification),
            Self::Issue => Some(Self::CallsOfIssue),
            _ => None,
        }
    }

    /// Whether it issues credentials, or makes the calls for it.
    pub fn is_issue(self) -> bool {
        matches!(self, Self::Issue | Self::CallsOfIssue)
    }

    /// Prepares this many events, and one more that must be refused if the job has refusals.
    ///
    /// # Errors
    /// If the table rejects a write.
    pub async fn tasks(self, count: usize, scene: &Scene<'_>) -> Result<Vec<Task>> {
        let mut customers = Customer::healthy(count);
        customers.extend(too_broad());
        match self {
            Self::Registration => scene.registrations(&customers, Channel::Callback).await,
            Self::Paste => scene.registrations(&customers, Channel::Paste).await,
            Self::Verification => scene.verifications(&customers, 1).await,
            Self::Batch => {
                scene
                    .verifications(&Customer::healthy(count * BATCH), BATCH)
                    .await
            }
            Self::Link => scene.links(count).await,
            Self::Nothing => Ok(repeated(count, &json!({}), Outcome::Nothing)),
            Self::Page => scene.pages(count).await,
            Self::Accounts => scene.lists(count).await,
            Self::Issue => scene.issues(&Customer::healthy(count)).await,
            Self::CallsOfRegistration | Self::CallsOfVerification | Self::CallsOfIssue => {
                Ok(repeated(count, &json!({}), Outcome::Recorded))
            }
            Self::Sweep => Ok(repeated(
                count,
                &events::sample("stack-cleanup/schedule.json")?,
                Outcome::Nothing,
            )),
            Self::Publication => {
                let event = events::sample("event-publisher/stream-batch.json")?;
                Ok(repeated(count, &event, Outcome::Nothing))
            }
        }
    }
}

pub(super) fn repeated(count: usize, event: &Value, outcome: Outcome) -> Vec<Task> {
    let one = || Task {
        event: event.clone(),
        outcome: outcome.clone(),
    };
    std::iter::repeat_with(one).take(count).collect()
}

/// Prepares events and checks their results.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub table: &'a Table,
    pub template: &'a TemplateFacts,
    /// The host for CloudFormation's responses.
    pub responses_url: &'a str,
    /// The API's responses for the console; none if it is not measured.
    pub recorded: Option<&'a Recorded>,
}

impl Scene<'_> {
    async fn registrations(&self, customers: &[Customer], channel: Channel) -> Result<Vec<Task>> {
        let keys = KeyRing::parse(TOKEN_KEYS)?;
        let made = seed::registrations(self.table, customers, self.template).await?;
        let task = |(registration, customer): (Registration, &Customer)| {
            let event = match channel {
                Channel::Callback => {
                    let (id, key) = (&registration.registration_id, &registration.token_key_id);
                    let token = keys.token(id, key).context("no such key")?;
                    events::create(self.responses_url, &registration, *customer, token.expose())
                }
                Channel::Paste => events::paste(&registration, *customer)?,
            };
            let registration = Box::new(registration);
            let outcome = match customer.kind() {
                Kind::TooBroad => Outcome::Refused(registration, channel),
                _ => Outcome::Registered(registration, *customer, channel),
            };
            Ok(Task { event, outcome })
        };
        made.into_iter().zip(customers).map(task).collect()
    }

    async fn verifications(&self, customers: &[Customer], batch: usize) -> Result<Vec<Task>> {
        let members =
            seed::fleet(self.table, customers, CheckKind::FullCheck, self.template).await?;
        let mut queue = Queue::of(&members)?;
        let task = |members: &[Member]| Task {
            event: queue.next_event(batch),
            outcome: Outcome::Verified(members.to_vec()),
        };
        Ok(members.chunks(batch).map(task).collect())
    }

    async fn links(&self, count: usize) -> Result<Vec<Task>> {
        let occasion = Occasion::new(SystemHost.now(), Actor::Hub, "seeded");
        let mut tasks = Vec::with_capacity(count);
        while tasks.len() < count {
            let tenant = Tenant::parse(format!("acme-{}", tasks.len()))?;
            let home = Home::make(self.table, &tenant, self.template, &occasion).await?;
            let event = events::link(&home.group)?;
            let some = (count - tasks.len()).min(LINKS_OF_ONE_TENANT);
            tasks.extend(repeated(some, &event, Outcome::Status(201)));
        }
        Ok(tasks)
    }

    /// Checks that an event was handled correctly.
    ///
    /// # Errors
    /// The first difference.
    pub async fn judge(&self, job: Job, task: &Task, answer: &Value, tally: &Tally) -> Result<()> {
        let refused = matches!(task.outcome, Outcome::Refused(..));
        for (service, operation, least) in job.calls().iter().chain(job.customer_calls()) {
            let count = tally.calls.get(&(*service, (*operation).to_owned()));
            let count = count.copied().unwrap_or(0);
            // Programs may store a refusal in different ways.
            let free = refused && *service == Service::DynamoDb;
            ensure!(
                count >= *least || free,
                "{operation} was called {count} times; the response is {answer}"
            );
        }
        match &task.outcome {
            Outcome::Nothing => Ok(()),
            Outcome::Recorded => {
                let mut operations = tally.calls.keys().map(|(_, operation)| operation);
                let all =
                    operations.all(|operation| operation == AGAIN) && tally.all() >= LEAST_CALLS;
                ensure!(all, "unexpected calls: {:?}", tally.calls);
                Ok(())
            }
            Outcome::Status(status) => {
                ensure!(
                    answer["statusCode"] == *status,
                    "unexpected response: {answer}"
                );
                Ok(())
            }
            Outcome::Listed(listed) => listed.judge(answer),
            Outcome::Issued(issued) => self.is_issued(issued, answer).await,
            Outcome::Registered(registration, customer, channel) => {
                let response = response(*channel, answer, tally)?;
                let id = match channel {
                    Channel::Callback => &response["Data"]["AccountId"],
                    Channel::Paste => &response["account_id"],
                };
                let id = id
                    .as_str()
                    .with_context(|| format!("no account in {response}"))?;
                let id = AccountId::parse(id)?;
                self.is_registered(registration, *customer, &id).await
            }
            Outcome::Refused(registration, channel) => {
                let response = response(*channel, answer, tally)?;
                let refused = match channel {
                    Channel::Callback => response["Status"] == "FAILED",
                    Channel::Paste => answer["statusCode"] == 422,
                };
                ensure!(refused, "not refused: {response}");
                let now = self.table.registration_by_id(&registration.registration_id);
                let now = now.await?.context("the registration does not exist")?;
                ensure!(now.account_id().is_none(), "an account was recorded");
                Ok(())
            }
            Outcome::Verified(members) => {
                let failures = answer["batchItemFailures"].as_array().map(Vec::len);
                ensure!(failures == Some(0), "unexpected response: {answer}");
                for member in members {
                    let verdict = seed::verdict(self.table, member).await?;
                    let expected = member.customer.expected();
                    ensure!(
                        verdict == Some(expected),
                        "{verdict:?} instead of {expected:?}"
                    );
                }
                Ok(())
            }
        }
    }

    /// Checks the records through the product's own adapter.
    async fn is_registered(
        &self,
        registration: &Registration,
        customer: Customer,
        id: &AccountId,
    ) -> Result<()> {
        let account = self.table.account(&registration.tenant, id).await?;
        let account = account.context("the account does not exist")?;
        let names = customer.on_record()?;
        ensure!(
            *account.state() == AccountState::Active,
            "the account is not active"
        );
        ensure!(
            account.role.arn == names.role_arn,
            "the account has another role"
        );
        ensure!(
            account.role.unique_id == names.role_unique_id,
            "the role has another unique ID"
        );
        let now = self.table.registration_by_id(&registration.registration_id);
        let now = now.await?.context("the registration does not exist")?;
        ensure!(
            now.account_id() == Some(id),
            "the registration is not completed"
        );
        Ok(())
    }
}

/// The response to CloudFormation or to the API caller.
fn response(channel: Channel, answer: &Value, tally: &Tally) -> Result<Value> {
    let text = match (channel, &tally.answers[..]) {
        (Channel::Callback, [answer]) => answer,
        (Channel::Callback, answers) => {
            anyhow::bail!("CloudFormation got {} responses", answers.len())
        }
        (Channel::Paste, _) => answer["body"].as_str().unwrap_or_default(),
    };
    Ok(serde_json::from_str(text)?)
}
