//! An attempt to complete a registration, by a callback or a paste.

mod expectation;
mod outcome;

pub use expectation::{EarlyInspection, inspect_early};
pub use outcome::verification_refusal;

use crate::inspect::inspect;
use crate::on_record::registration_again;
use crate::propagation::verify_once_propagated;
use crate::retry::decide_from;
use crate::{Env, TemplateCache, UseCaseError};
use expectation::{expectation, note_verification};
use futures_util::join;
use outcome::{confirm, record, refuse, reject};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::Role;
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::{Occasion, PersistedAnswer};
use rolecall_domain::check::{AssumeOutcome, Granted, Report, Verdict, verify};
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::ids::AccountId;
use rolecall_domain::link::stack_info::StackInfo;
use rolecall_domain::link::template::{TemplateId, TemplateVersion};
use rolecall_domain::ports::Requests;
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::{Admission, Channel, Registration};
use rolecall_domain::text::{Actor, Name};
use rolecall_domain::transition::register::Registered;

/// The data of an attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub registration: Registration,
    pub channel: Channel,
    pub actor: Actor,
    pub stack_id: StackId,
    /// The role that the stack reported, or the rejection if the report is invalid.
    pub role_arn: Result<RoleArn, Refusal>,
    pub logical_resource_id: Option<String>,
    pub template_version: Option<TemplateVersion>,
    /// The template that the stack reported.
    pub template_id: Option<TemplateId>,
    /// The companion roles that the stack reported.
    pub deployed_roles: Vec<DeployedRole>,
    pub name: Option<Name>,
    /// When this stack was first reported.
    pub received_at: Timestamp,
    /// Whether to wait for a role that may still be propagating.
    pub waits: bool,
    /// Whether the stack reported the registration's external ID.
    pub reported_external_id_matches: Option<bool>,
}

impl Attempt {
    /// An attempt with a stack's pasted output.
    pub fn pasted(
        registration: Registration,
        stack_info: StackInfo,
        name: Option<Name>,
        actor: Actor,
        now: Timestamp,
    ) -> Self {
        Self {
            registration,
            channel: Channel::Paste,
            actor,
            stack_id: stack_info.stack_id,
            role_arn: Ok(stack_info.role_arn),
            logical_resource_id: None,
            template_version: None,
            template_id: stack_info.template_id,
            deployed_roles: Vec::new(),
            name,
            received_at: now,
            waits: true,
            reported_external_id_matches: None,
        }
    }

    /// The template that the stack reported, or else the link's.
    fn template_id(&self) -> TemplateId {
        let of_link = &self.registration.template.template_id;
        self.template_id.clone().unwrap_or_else(|| of_link.clone())
    }
}

struct Verified {
    report: Report,
    granted: Option<Granted>,
    /// The stack as it was read through the role.
    seen: Option<EvidenceKind>,
    deployed_roles: Vec<DeployedRole>,
}

/// The outcome of an attempt. The persisted response is the one that [`Answering`] returned for it.
#[derive(Debug)]
pub enum Outcome {
    Registered(Box<Registered>),
    /// The same stack was recorded before.
    Confirmed(AccountId),
    Refused(Refusal),
    /// Another worker has already answered this request.
    Answered,
}

/// Creates the response that is stored in the same transaction as the outcome.
#[expect(
    async_fn_in_trait,
    reason = "the use case is generic over it and needs no Send bound"
)]
pub trait Answering {
    async fn answer(&self, outcome: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer>;
}

/// A paste is answered over HTTP, so no response is persisted.
#[derive(Debug)]
pub struct NoAnswer;

impl Answering for NoAnswer {
    async fn answer(&self, _: Result<&AccountId, &Refusal>) -> Option<PersistedAnswer> {
        None
    }
}

/// Admits, verifies and records an attempt. An inconclusive paste is not recorded, so that it can
/// be repeated. An inconclusive callback is rejected, because CloudFormation sends it only once.
///
/// `early` is an inspection of the role that has already been made.
///
/// # Errors
/// If the store fails, or concurrent changes to the registration persist.
pub async fn register(
    env: &impl Env,
    attempt: Attempt,
    mut early: Option<EarlyInspection>,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    let mut verified: Option<Verified> = None;
    let read_again =
        async |attempt: &mut Attempt| registration_again(env, &mut attempt.registration).await;
    decide_from(env, attempt, read_again, async |attempt| {
        let role_arn = match admit(attempt) {
            Admission::Open(role_arn) => role_arn,
            Admission::Done(account_id) => {
                return confirm(env, attempt, account_id, answering).await;
            }
            Admission::Refused(refusal) => {
                return refuse(env, attempt, refusal, None, answering).await;
            }
        };
        let verified = match &mut verified {
            Some(verified) => verified,
            None => verified.insert(verify_attempt(env, attempt, &role_arn, early.take()).await?),
        };
        conclude(env, attempt, role_arn, verified, answering).await
    })
    .await
}

/// Records an attempt that passed, and rejects all others.
async fn conclude(
    env: &impl Env,
    attempt: &Attempt,
    role_arn: RoleArn,
    verified: &Verified,
    answering: &impl Answering,
) -> Result<Outcome, UseCaseError> {
    match &verified.granted {
        Some(granted) if verified.report.verdict == Verdict::Passed => {
            let role = Role {
                arn: role_arn,
                unique_id: granted.role_unique_id.clone(),
            };
            record(env, attempt, role, verified, answering).await
        }
        _ => reject(env, attempt, verified, answering).await,
    }
}

fn admit(attempt: &Attempt) -> Admission {
    match &attempt.role_arn {
        Err(refusal) => Admission::Refused(refusal.clone()),
        Ok(role_arn) => attempt.registration.admit(
            attempt.channel,
            &attempt.stack_id,
            role_arn,
            attempt.received_at,
        ),
    }
}

/// Inspects and verifies; a callback waits while the role is propagating.
async fn verify_attempt(
    env: &impl Env,
    attempt: &Attempt,
    role_arn: &RoleArn,
    early: Option<EarlyInspection>,
) -> Result<Verified, UseCaseError> {
    let (mut expected, first) = match early {
        Some(early) => early.for_attempt(attempt),
        None => (expectation(env, attempt, role_arn), None),
    };
    let (report, observed) = match attempt.channel {
        Channel::Callback => verify_once_propagated(env, expected, first).await?,
        Channel::Paste => {
            let templates = TemplateCache::default();
            let ((), observed) = join!(
                note_verification(env, attempt),
                inspect(env, &mut expected, &templates)
            );
            let observed = observed?;
            let mut report = verify(&expected, &observed, env.now());
            if report.verdict == Verdict::Inconclusive {
                expected.received_at = Some(first_pasted_at(env, attempt).await?);
                report = verify(&expected, &observed, env.now());
            }
            (report, observed)
        }
    };
    let deployed_roles = observed.companion_roles();
    let seen = EvidenceKind::of(&observed).filter(EvidenceKind::is_reading);
    let granted = match observed.assume {
        Some(AssumeOutcome::Granted(granted)) => Some(granted),
        _ => None,
    };
    Ok(Verified {
        report,
        granted,
        seen,
        deployed_roles,
    })
}

/// When the stack was first pasted. A role that is rejected for longer than propagation takes is
/// rejected permanently.
async fn first_pasted_at(env: &impl Env, attempt: &Attempt) -> Result<Timestamp, UseCaseError> {
    let registration_id = &attempt.registration.registration_id;
    let (stack_id, now) = (&attempt.stack_id, attempt.received_at);
    let first = env.store().first_pasted_at(registration_id, stack_id, now);
    Ok(first.await?)
}

fn occasion(env: &impl Env, attempt: &Attempt, cause: &str) -> Occasion {
    Occasion::new(env.now(), attempt.actor.clone(), cause)
}
