//! A verification that waits for what AWS has not told everywhere yet.

use crate::published::Published;
use crate::{Context, FlowError};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::{Expected, Observed, Read, Report, Verdict, verify};
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::settings::PROPAGATION;

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Looks and judges, again and again while the role may still be propagating. The first look
    /// may have been taken already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify_patiently(
        &self,
        mut expected: Expected,
        mut first: Option<Observed>,
    ) -> Result<(Report, Observed), FlowError> {
        let (mut pause, published) = (SignedDuration::from_millis(500), Published::default());
        loop {
            let observed = match first.take() {
                Some(first) => first,
                None => self.look(&mut expected, &published).await?,
            };
            let now = self.host.now();
            let report = verify(&expected, &observed, now);
            let young = expected
                .heard_at
                .is_some_and(|at| now.duration_since(at) < PROPAGATION);
            let settled = report.verdict != Verdict::Inconclusive && !is_unripe(&observed);
            if settled || !young {
                return Ok((report, observed));
            }
            self.host.sleep(pause).await;
            pause = (pause * 2).min(SignedDuration::from_secs(8));
        }
    }
}

/// Whether a role that the stack says it has made is not there yet, or not to be read yet: IAM takes
/// a while to tell everybody.
fn is_unripe(observed: &Observed) -> bool {
    let mut companions = observed.companions.iter().flatten();
    companions.any(|(_, seen)| matches!(seen.role, Read::NotFound | Read::Denied(_)))
}
