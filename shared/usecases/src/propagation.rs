//! A verification that waits for IAM, because a new role takes a while to propagate.

use crate::inspect::inspect;
use crate::{Env, TemplateCache, UseCaseError};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::{Expected, Observed, Read, Report, Verdict, verify};
use rolecall_domain::ports::Clock;
use rolecall_domain::settings::PROPAGATION;

/// Inspects and verifies repeatedly while the role may still be propagating. `first` is an
/// inspection that has already been made.
///
/// # Errors
/// If the store fails.
pub(crate) async fn verify_once_propagated(
    env: &impl Env,
    mut expected: Expected,
    mut first: Option<Observed>,
) -> Result<(Report, Observed), UseCaseError> {
    let (mut pause, templates) = (SignedDuration::from_millis(500), TemplateCache::default());
    loop {
        let observed = match first.take() {
            Some(first) => first,
            None => inspect(env, &mut expected, &templates).await?,
        };
        let now = env.now();
        let report = verify(&expected, &observed, now);
        let young = expected
            .received_at
            .is_some_and(|at| now.duration_since(at) < PROPAGATION);
        let settled = report.verdict != Verdict::Inconclusive && !is_propagating(&observed);
        if settled || !young {
            return Ok((report, observed));
        }
        env.host().sleep(pause).await;
        pause = (pause * 2).min(SignedDuration::from_secs(8));
    }
}

/// Whether a role that the stack has created does not exist yet, or can't be read yet.
fn is_propagating(observed: &Observed) -> bool {
    let mut companions = observed.companions.iter().flatten();
    companions.any(|(_, seen)| matches!(seen.role, Read::NotFound | Read::Denied(_)))
}
