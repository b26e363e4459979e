//! Rate limits per tenant, for changes and for requests that cause calls to AWS.

use crate::Api;
use crate::caller::Caller;
use crate::problem::Problem;
use rolecall_domain::SignedDuration;
use rolecall_domain::messages::Detail;
use rolecall_domain::ports::{Paces, TemplateBucket, TokenKeys};
use rolecall_domain::schedule::Subject;
use rolecall_domain::schedule::pace::{Errand, Limited};
use rolecall_domain::text::Tenant;
use rolecall_usecases::Env;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// Counts the request against its limit.
    ///
    /// # Errors
    /// `rate_limited` if the limit is exceeded.
    pub(crate) async fn admit(&self, caller: &Caller, what: Limited) -> Result<(), Problem> {
        self.admit_in(&caller.tenant, what).await
    }

    /// The same for a request without a caller in the tenant.
    pub(crate) async fn admit_in(&self, tenant: &Tenant, what: Limited) -> Result<(), Problem> {
        let (now, pace) = (self.env.now(), what.pace(self.env.settings()));
        let admitted = self.env.store().admit(tenant, &what, pace, now);
        match admitted.await? {
            None => Ok(()),
            Some(wait) => Err(Problem::rate_limited(wait, &detail(&what, pace.every))),
        }
    }
}

fn detail(what: &Limited, every: SignedDuration) -> Detail {
    let pace = Problem::seconds(every);
    match what {
        Limited::Tenant(Errand::Change) => Detail::TooManyChanges,
        Limited::Tenant(_) => Detail::TooManyRequestsOfKind,
        Limited::Paste(_) => Detail::TooManyPastes,
        Limited::Check(Subject::Stack(_)) => Detail::StackCheckedRecently { pace },
        Limited::Check(_) => Detail::AccountCheckedRecently { pace },
        Limited::Question(_) => Detail::AccountQueriedRecently { pace },
        Limited::Choice(_) => Detail::RolesChangedTooOften,
        Limited::CustomerLink(_) => Detail::CustomerLinkRenewedRecently { pace },
        Limited::ConnectPage(_) | Limited::CustomerPage(_) => Detail::PageReadTooOften,
        // Only credential-broker counts these.
        Limited::Issue(..) => Detail::CredentialsTooOften,
        Limited::IssueRefusal(..) => Detail::RefusedTooOften,
    }
}
