//! One attempt to complete a registration, by callback or by paste.

mod ahead;
mod endings;

pub use ahead::Ahead;
pub use endings::verification_refusal;

use crate::published::Published;
use crate::{Context, DECISIONS, FlowError};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::Role;
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::{Occasion, PersistedAnswer};
use rolecall_domain::check::{AssumeOutcome, Granted, Report, Verdict, verify};
use rolecall_domain::companion::MadeRole;
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::template::TemplateVersion;
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Admission, Channel, Registration};
use rolecall_domain::text::{Actor, Name};
use rolecall_domain::transition::register::Registered;

/// What the attempt brings.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub registration: Registration,
    pub channel: Channel,
    pub actor: Actor,
    pub stack_id: StackId,
    /// The role that the stack reported, or what is wrong with the report.
    pub role_arn: Result<RoleArn, Refusal>,
    pub logical_resource_id: Option<String>,
    pub template_version: Option<TemplateVersion>,
    /// The roles that the stack reported beside the hub's own.
    pub made_roles: Vec<MadeRole>,
    pub name: Option<Name>,
    /// When this stack was first heard of.
    pub heard_at: Timestamp,
    /// Whether a role that may still be propagating is waited for.
    pub waits: bool,
    /// Whether the stack reported the registration's own external ID.
    pub reported_external_id_matches: Option<bool>,
}

/// What was found out.
struct Verified {
    report: Report,
    granted: Option<Granted>,
    made_roles: Vec<MadeRole>,
}

/// How it ended. What is persisted with it is what the answer function gave for it.
#[derive(Debug)]
pub enum Outcome {
    Registered(Box<Registered>),
    /// Recorded by this very stack before.
    Confirmed(AccountId),
    Refused(Refusal),
    /// Another worker has answered this request meanwhile.
    Answered,
}

/// Makes the answer that goes into the same transaction as the outcome.
pub trait Answering {
    fn answer(&self, outcome: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer>;
}

/// The paste channel answers over HTTP and persists nothing for it.
#[derive(Debug)]
pub struct NoAnswer;

impl Answering for NoAnswer {
    fn answer(&self, _: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer> {
        None
    }
}

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Admits, verifies and records. An inconclusive paste leaves no trace, so that it can be
    /// repeated; an inconclusive callback is refused, because CloudFormation asks only once.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the registration.
    pub async fn attempt(
        &self,
        attempt: Attempt,
        answering: &impl Answering,
    ) -> Result<Outcome, FlowError> {
        self.attempt_after(None, attempt, answering).await
    }

    /// The same, where the first look at the role was taken already.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the registration.
    pub async fn attempt_after(
        &self,
        mut ahead: Option<Ahead>,
        mut attempt: Attempt,
        answering: &impl Answering,
    ) -> Result<Outcome, FlowError> {
        let mut verified: Option<Verified> = None;
        for _ in 0..DECISIONS {
            let committed = match self.admit(&attempt) {
                Admission::Done(account_id) => {
                    self.confirm(&attempt, account_id, answering).await?
                }
                Admission::Refused(refusal) => self.refuse(&attempt, refusal, answering).await?,
                Admission::Open(role_arn) => {
                    if verified.is_none() {
                        let ahead = ahead.take();
                        let found = self.verify_attempt(&attempt, &role_arn, ahead).await?;
                        verified = Some(found);
                    }
                    match &verified {
                        Some(verified) => {
                            self.conclude(&attempt, role_arn, verified, answering)
                                .await?
                        }
                        None => None,
                    }
                }
            };
            if let Some(outcome) = committed {
                return Ok(outcome);
            }
            let Some(current) = self
                .store
                .registration_by_id(&attempt.registration.registration_id)
                .await?
            else {
                return Err(FlowError::Missing("a registration"));
            };
            attempt.registration = current;
        }
        Err(FlowError::Contended)
    }

    /// Records what passed, and refuses what did not.
    async fn conclude(
        &self,
        attempt: &Attempt,
        role_arn: RoleArn,
        verified: &Verified,
        answering: &impl Answering,
    ) -> Result<Option<Outcome>, FlowError> {
        match &verified.granted {
            Some(granted) if verified.report.verdict == Verdict::Passed => {
                let role = Role {
                    arn: role_arn,
                    unique_id: granted.role_unique_id.clone(),
                };
                self.record(attempt, role, verified, answering).await
            }
            _ => self.reject(attempt, &verified.report, answering).await,
        }
    }

    fn admit(&self, attempt: &Attempt) -> Admission {
        match &attempt.role_arn {
            Err(refusal) => Admission::Refused(refusal.clone()),
            Ok(role_arn) => attempt.registration.admit(
                attempt.channel,
                &attempt.stack_id,
                role_arn,
                attempt.heard_at,
            ),
        }
    }

    /// Observes and judges; a callback waits for what is still propagating.
    async fn verify_attempt(
        &self,
        attempt: &Attempt,
        role_arn: &RoleArn,
        ahead: Option<Ahead>,
    ) -> Result<Verified, FlowError> {
        let (mut expected, first) = match ahead {
            Some(ahead) => ahead.for_attempt(attempt),
            None => (self.expected(attempt, role_arn), None),
        };
        let (report, observed) = match attempt.channel {
            Channel::Callback => self.verify_patiently(expected, first).await?,
            Channel::Paste => {
                let observed = self.look(&mut expected, &Published::default()).await?;
                let mut report = verify(&expected, &observed, self.now());
                if report.verdict == Verdict::Inconclusive {
                    expected.heard_at = Some(self.first_heard_at(attempt).await?);
                    report = verify(&expected, &observed, self.now());
                }
                (report, observed)
            }
        };
        let made_roles = observed.companion_roles();
        let granted = match observed.assume {
            Some(AssumeOutcome::Granted(granted)) => Some(granted),
            _ => None,
        };
        Ok(Verified {
            report,
            granted,
            made_roles,
        })
    }

    /// When a pasted stack was first heard of: a role that is refused for longer than a new one may
    /// be is refused for good.
    async fn first_heard_at(&self, attempt: &Attempt) -> Result<Timestamp, FlowError> {
        let registration_id = &attempt.registration.registration_id;
        let (stack_id, now) = (&attempt.stack_id, attempt.heard_at);
        let first = self.store.first_pasted_at(registration_id, stack_id, now);
        Ok(first.await?)
    }

    fn occasion(&self, attempt: &Attempt, cause: &str) -> Occasion {
        Occasion::new(self.now(), attempt.actor.clone(), cause)
    }
}
