//! What the programs are woken for: the event, what must have been asked of AWS for it, and what must
//! have come of it. Who does less, or comes to another verdict, is not measured.

use anyhow::{Context, Result, ensure};
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
use crate::fleet::accounts::{Customer, Kind, TemplateFacts};
use crate::fleet::queue::Queue;
use crate::fleet::seed::{self, CheckKind, Home, Member};
use crate::stub::{AGAIN, Service, TOKEN_KEYS, Tally};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    Nothing,
    /// A customer's stack reports its role: verified and recorded, and CloudFormation answered.
    Registration,
    /// A stack's output is pasted: verified and recorded, and the account shown.
    Paste,
    /// A connected account is looked at again, thoroughly.
    Verification,
    /// A hundred of them in one batch, as the queue hands them over.
    Batch,
    /// A tenant asks for a new link.
    Link,
    /// A look for what is due, when nothing is.
    Sweep,
    /// Two audit entries go out to the bus.
    Publication,
    /// The calls that a registration makes, and nothing else.
    CallsOfRegistration,
    /// The calls that a full check makes, and nothing else.
    CallsOfVerification,
}

/// One event, and what is to come of it.
#[derive(Debug)]
pub struct Errand {
    pub event: Value,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
enum Outcome {
    Nothing,
    /// Nothing but recorded calls.
    Recorded,
    Registered(Box<Registration>, Customer, Channel),
    Refused(Box<Registration>, Channel),
    Verified(Vec<Member>),
    Status(u64),
}

/// No verification makes fewer.
const LEAST_CALLS: u64 = 10;

/// A tenant may ask for so many in a moment.
const LINKS_OF_ONE_TENANT: usize = 100;

/// Messages in a full batch.
pub const BATCH: usize = 100;

/// Accounts of which each is in good order.
fn healthy(count: usize) -> Vec<Customer> {
    let all = (0..).map(Customer);
    all.filter(|one| one.kind() == Kind::Healthy)
        .take(count)
        .collect()
}

/// Its trust policy lets in anybody: the one that must be refused.
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
            Self::Verification => "a re-verification",
            Self::Batch => "100 re-verifications",
            Self::Link => "a new link",
            Self::Sweep => "a look for what is due",
            Self::Publication => "two events published",
            Self::CallsOfRegistration => "a registration's calls",
            Self::CallsOfVerification => "a re-verification's calls",
        }
    }

    /// The job that makes this one's calls, by hand.
    pub fn by_hand(self) -> Option<Self> {
        match self {
            Self::Registration => Some(Self::CallsOfRegistration),
            Self::Verification => Some(Self::CallsOfVerification),
            _ => None,
        }
    }

    /// So many errands, and one more that must come to a refusal where there can be one.
    ///
    /// # Errors
    /// When the table refuses something.
    pub async fn errands(self, count: usize, scene: &Scene<'_>) -> Result<Vec<Errand>> {
        let mut customers = healthy(count);
        customers.extend(too_broad());
        match self {
            Self::Registration => scene.registrations(&customers, Channel::Callback).await,
            Self::Paste => scene.registrations(&customers, Channel::Paste).await,
            Self::Verification => scene.verifications(&customers, 1).await,
            Self::Batch => scene.verifications(&healthy(count * BATCH), BATCH).await,
            Self::Link => scene.links(count).await,
            Self::Nothing => Ok(repeated(count, &json!({}), Outcome::Nothing)),
            Self::CallsOfRegistration | Self::CallsOfVerification => {
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

    /// The least that the hub has to ask of its own account for it.
    fn calls(self) -> &'static [(Service, &'static str, u64)] {
        use Service::{DynamoDb, EventBridge, S3};
        match self {
            Self::Nothing | Self::CallsOfRegistration | Self::CallsOfVerification => &[],
            Self::Registration => &[
                (DynamoDb, "UpdateItem", 1),
                (DynamoDb, "GetItem", 2),
                (DynamoDb, "TransactWriteItems", 1),
                (S3, "PutObject", 1),
            ],
            Self::Paste => &[
                (DynamoDb, "GetItem", 2),
                (DynamoDb, "TransactWriteItems", 1),
            ],
            Self::Verification | Self::Batch => &[(DynamoDb, "GetItem", 2)],
            Self::Link => &[(DynamoDb, "TransactWriteItems", 1)],
            Self::Sweep => &[(DynamoDb, "Query", 16)],
            Self::Publication => &[(EventBridge, "PutEvents", 1)],
        }
    }

    /// The least that has to be asked of a customer's account for it.
    fn looks(self) -> &'static [(Service, &'static str, u64)] {
        use Service::{CloudFormation, Iam, Sts};
        match self {
            Self::Registration | Self::Paste | Self::Verification | Self::Batch => &[
                (Sts, "AssumeRole", 3),
                (CloudFormation, "DescribeStacks", 1),
                (CloudFormation, "DescribeStackResources", 1),
                (Iam, "GetRole", 1),
                (Iam, "ListAttachedRolePolicies", 1),
                (Iam, "ListRolePolicies", 1),
                (Iam, "GetRolePolicy", 1),
            ],
            _ => &[],
        }
    }
}

fn repeated(count: usize, event: &Value, outcome: Outcome) -> Vec<Errand> {
    let one = || Errand {
        event: event.clone(),
        outcome: outcome.clone(),
    };
    std::iter::repeat_with(one).take(count).collect()
}

/// Where errands are prepared and looked into.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub table: &'a Table,
    pub template: &'a TemplateFacts,
    /// Where CloudFormation waits for answers.
    pub responses_url: &'a str,
}

impl Scene<'_> {
    async fn registrations(&self, customers: &[Customer], channel: Channel) -> Result<Vec<Errand>> {
        let keys = KeyRing::parse(TOKEN_KEYS)?;
        let made = seed::registrations(self.table, customers, self.template).await?;
        let errand = |(registration, customer): (Registration, &Customer)| {
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
            Ok(Errand { event, outcome })
        };
        made.into_iter().zip(customers).map(errand).collect()
    }

    async fn verifications(&self, customers: &[Customer], batch: usize) -> Result<Vec<Errand>> {
        let members =
            seed::fleet(self.table, customers, CheckKind::FullCheck, self.template).await?;
        let mut queue = Queue::of(&members)?;
        let errand = |members: &[Member]| Errand {
            event: queue.next_event(batch),
            outcome: Outcome::Verified(members.to_vec()),
        };
        Ok(members.chunks(batch).map(errand).collect())
    }

    async fn links(&self, count: usize) -> Result<Vec<Errand>> {
        let occasion = Occasion::new(SystemHost.now(), Actor::Hub, "seeded");
        let mut errands = Vec::with_capacity(count);
        while errands.len() < count {
            let tenant = Tenant::parse(format!("acme-{}", errands.len()))?;
            let home = Home::make(self.table, &tenant, self.template, &occasion).await?;
            let event = events::link(&home.group)?;
            let some = (count - errands.len()).min(LINKS_OF_ONE_TENANT);
            errands.extend(repeated(some, &event, Outcome::Status(201)));
        }
        Ok(errands)
    }

    /// Whether an errand was done, and done right.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn judge(
        &self,
        job: Job,
        errand: &Errand,
        answer: &Value,
        tally: &Tally,
    ) -> Result<()> {
        let refused = matches!(errand.outcome, Outcome::Refused(..));
        for (service, operation, least) in job.calls().iter().chain(job.looks()) {
            let count = tally.calls.get(&(*service, (*operation).to_owned()));
            let count = count.copied().unwrap_or(0);
            // How a refusal is written down is everybody's own.
            let free = refused && *service == Service::DynamoDb;
            ensure!(
                count >= *least || free,
                "{operation} was asked {count} times"
            );
        }
        match &errand.outcome {
            Outcome::Nothing => Ok(()),
            Outcome::Recorded => {
                let mut operations = tally.calls.keys().map(|(_, operation)| operation);
                let all =
                    operations.all(|operation| operation == AGAIN) && tally.all() >= LEAST_CALLS;
                ensure!(all, "it asked for {:?}", tally.calls);
                Ok(())
            }
            Outcome::Status(status) => {
                ensure!(answer["statusCode"] == *status, "it answered {answer}");
                Ok(())
            }
            Outcome::Registered(registration, customer, channel) => {
                let told = told(*channel, answer, tally)?;
                let id = match channel {
                    Channel::Callback => &told["Data"]["AccountId"],
                    Channel::Paste => &told["account_id"],
                };
                let id = id.as_str().with_context(|| format!("it told {told}"))?;
                let id = AccountId::parse(id)?;
                self.is_registered(registration, *customer, &id).await
            }
            Outcome::Refused(registration, channel) => {
                let told = told(*channel, answer, tally)?;
                let refused = match channel {
                    Channel::Callback => told["Status"] == "FAILED",
                    Channel::Paste => answer["statusCode"] == 422,
                };
                ensure!(refused, "it was not refused: {told}");
                let now = self.table.registration_by_id(&registration.registration_id);
                let now = now.await?.context("the registration is gone")?;
                ensure!(now.account_id().is_none(), "it was recorded");
                Ok(())
            }
            Outcome::Verified(members) => {
                let failures = answer["batchItemFailures"].as_array().map(Vec::len);
                ensure!(failures == Some(0), "it answered {answer}");
                for member in members {
                    let verdict = seed::verdict(self.table, member).await?;
                    let expected = member.customer.expected();
                    ensure!(verdict == Some(expected), "{verdict:?}, not {expected:?}");
                }
                Ok(())
            }
        }
    }

    /// The product finds all of it on record.
    async fn is_registered(
        &self,
        registration: &Registration,
        customer: Customer,
        id: &AccountId,
    ) -> Result<()> {
        let account = self.table.account(&registration.tenant, id).await?;
        let account = account.context("there is no such account")?;
        let names = customer.on_record()?;
        ensure!(*account.state() == AccountState::Active, "it is not active");
        ensure!(account.role.arn == names.role_arn, "it has another role");
        ensure!(account.role.unique_id == names.role_unique_id, "another id");
        let now = self.table.registration_by_id(&registration.registration_id);
        let now = now.await?.context("the registration is gone")?;
        ensure!(now.account_id() == Some(id), "it is not completed");
        Ok(())
    }
}

/// The one answer that CloudFormation got, or the caller of the API.
fn told(channel: Channel, answer: &Value, tally: &Tally) -> Result<Value> {
    let text = match (channel, &tally.answers[..]) {
        (Channel::Callback, [answer]) => answer,
        (Channel::Callback, answers) => {
            anyhow::bail!("CloudFormation was answered {} times", answers.len())
        }
        (Channel::Paste, _) => answer["body"].as_str().unwrap_or_default(),
    };
    Ok(serde_json::from_str(text)?)
}
