//! The expected state of an attempt, and an inspection that starts before the attempt is claimed.

use super::Attempt;
use crate::inspect::inspect;
use crate::{Env, TemplateCache, UseCaseError};
use futures_util::join;
use rolecall_domain::Timestamp;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::{Expected, Observed, Trigger};
use rolecall_domain::pages::Verification;
use rolecall_domain::ports::Requests;
use rolecall_domain::record::registration::{Admission, Channel};

/// An early inspection of an attempt's role. It changes nothing, so it can run while the request is
/// being claimed.
#[derive(Debug)]
pub struct EarlyInspection {
    expected: Expected,
    observed: Observed,
}

impl EarlyInspection {
    /// Reuses the inspection for the same attempt, whose `received_at` is now known.
    pub(super) fn for_attempt(self, attempt: &Attempt) -> (Expected, Option<Observed>) {
        let expected = Expected {
            received_at: young_since(attempt),
            ..self.expected
        };
        (expected, Some(self.observed))
    }
}

fn young_since(attempt: &Attempt) -> Option<Timestamp> {
    attempt.waits.then_some(attempt.received_at)
}

/// Inspects the role of an attempt that would be admitted now.
///
/// # Errors
/// If the store fails.
pub async fn inspect_early(
    env: &impl Env,
    attempt: &Attempt,
) -> Result<Option<EarlyInspection>, UseCaseError> {
    let Admission::Open(role_arn) = super::admit(attempt) else {
        return Ok(None);
    };
    let mut expected = expectation(env, attempt, &role_arn);
    let templates = TemplateCache::default();
    let ((), observed) = join!(
        note_verification(env, attempt),
        inspect(env, &mut expected, &templates)
    );
    let observed = observed?;
    Ok(Some(EarlyInspection { expected, observed }))
}

/// Records that a verification begins, for pages to show. Pages work without it, so a failure is only logged.
pub(super) async fn note_verification(env: &impl Env, attempt: &Attempt) {
    let registration_id = &attempt.registration.registration_id;
    let verification = Verification {
        stack_id: attempt.stack_id.clone(),
        since: env.now(),
    };
    let noted = env
        .store()
        .note_verification(registration_id, &verification);
    if let Err(error) = noted.await {
        tracing::warn!(%registration_id, %error, "failed to note a verification");
    }
}

pub(super) fn expectation(env: &impl Env, attempt: &Attempt, role_arn: &RoleArn) -> Expected {
    let registration = &attempt.registration;
    let trigger = match attempt.channel {
        Channel::Callback => Trigger::Create,
        Channel::Paste => Trigger::Paste,
    };
    Expected {
        received_at: young_since(attempt),
        reported_external_id_matches: attempt.reported_external_id_matches,
        template_id: attempt.template_id(),
        deployed_roles: attempt.deployed_roles.clone(),
        ..Expected::for_registration(
            registration,
            &attempt.stack_id,
            role_arn,
            trigger,
            env.hub(),
        )
    }
}
