//! Issues credentials for a customer's account to a service.

use crate::UseCaseError;
use futures_util::join;
use rolecall_domain::SignedDuration;
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::credentials::{
    BrokerProof, Credentials, Decision, Finding, IssueRefusal, IssueRequest, Known, ProofResult,
    Receipt, SessionName, SessionPolicy, decide, is_still_valid,
};
use rolecall_domain::ids::IdSeed;
use rolecall_domain::ports::{
    Assumed, CheckQueue, Host, IssueSession, IssuedSession, Receipts, Records, ScheduleStore,
    SessionRequest, StoreError,
};
use rolecall_domain::record::account::Account;
use rolecall_domain::retry::{RetryPolicy, with_retry};
use rolecall_domain::schedule::pace::Limited;
use rolecall_domain::schedule::{DueCheck, Subject};
use rolecall_domain::settings::Settings;

/// The ports of the function that issues credentials. It reads records, and writes only receipts. They
/// are fewer than those of [`crate::Env`], so that it starts fast.
#[derive(Debug)]
pub struct Broker<S, C, Q, H> {
    pub store: S,
    pub customers: C,
    pub queue: Q,
    pub host: H,
    pub settings: Settings,
}

/// Credentials whose receipt is recorded.
#[derive(Debug)]
pub struct Issued {
    pub account: Account,
    pub credentials: Credentials,
    pub receipt: Receipt,
}

/// Why no credentials were issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("there is no account with this ID")]
    UnknownAccount,
    /// The account is known, so that the request can be logged with it.
    #[error("the request was refused")]
    Refused(Box<Account>, IssueRefusal),
    /// The service sent too many requests for the account, or too many that were refused.
    #[error("the service sent too many requests")]
    TooOften {
        wait: SignedDuration,
        were_refused: bool,
    },
    #[error("AWS returned no usable response")]
    Inconclusive,
    /// Only the operator can fix it.
    #[error("STS rejected the access profile as a session policy: {0}")]
    PolicyRejected(String),
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
}

impl From<StoreError> for IssueError {
    fn from(error: StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

/// Issues credentials for one access profile of an account.
///
/// Credentials are returned only after their receipt was recorded, on the condition that the account has not
/// changed since the decision. Therefore no credentials are returned after a deregistration that was committed
/// before the receipt, and a deregistration that was committed after it finds the receipt.
///
/// # Errors
/// Why no credentials were issued.
pub async fn issue_credentials<S, C, Q, H>(
    broker: &Broker<S, C, Q, H>,
    request: &IssueRequest,
) -> Result<Issued, IssueError>
where
    S: Records + ScheduleStore + Receipts,
    C: IssueSession,
    Q: CheckQueue,
    H: Host,
{
    let account = broker.store.account_by_id(&request.account_id).await?;
    let mut account = account.ok_or(IssueError::UnknownAccount)?;
    let mut is_admitted = false;
    let changed = |error: &IssueError| matches!(error, IssueError::UseCase(UseCaseError::Changed));
    let issued = with_retry(&broker.host, &RetryPolicy::BRIEF, changed, async || {
        let decision = broker.decide(request, &account).await?;
        let policy = match &decision {
            Decision::Refused(refusal) => return Err(refused(&account, refusal.clone())),
            Decision::Issue(policy) | Decision::ProveFirst(policy) => policy,
        };
        if !std::mem::replace(&mut is_admitted, true) {
            let limited = Limited::Issue(account.account_id.clone(), request.service.clone());
            broker.admit(&account, limited, false).await?;
        }
        if let Decision::ProveFirst(_) = decision {
            broker.prove(&account).await?;
        }
        let (credentials, name) = broker.session(request, &account, policy).await?;
        broker
            .record(request, &mut account, credentials, &name)
            .await
    });
    match issued.await {
        Err(IssueError::Refused(account, refusal)) => {
            let service = request.service.clone();
            let limited = Limited::IssueRefusal(account.account_id.clone(), service);
            broker.admit(&account, limited, true).await?;
            Err(IssueError::Refused(account, refusal))
        }
        Err(IssueError::UseCase(UseCaseError::Changed)) => Err(UseCaseError::Contended.into()),
        other => other,
    }
}

fn refused(account: &Account, refusal: IssueRefusal) -> IssueError {
    IssueError::Refused(Box::new(account.clone()), refusal)
}

impl<S, C, Q, H> Broker<S, C, Q, H>
where
    S: Records + ScheduleStore + Receipts,
    C: IssueSession,
    Q: CheckQueue,
    H: Host,
{
    async fn decide(
        &self,
        request: &IssueRequest,
        account: &Account,
    ) -> Result<Decision, IssueError> {
        let (store, tenant) = (&self.store, &account.tenant);
        let subject = Subject::Account(account.account_id.clone());
        let (template, schedule, report, own_proof) = join!(
            store.template(&account.template_id),
            store.check_schedule(tenant, &subject),
            store.report(tenant, &subject),
            store.broker_proof(&account.account_id),
        );
        let (template, schedule) = (template?, schedule?);
        let (report, own_proof) = (report?, own_proof?);
        let known = Known {
            account,
            template: template.as_ref(),
            schedule: schedule.as_ref(),
            report: report.as_ref(),
            own_proof: own_proof.as_ref(),
        };
        let (now, max_age) = (self.host.now(), self.settings.proof_max_age);
        Ok(decide(&known, &request.profile, now, max_age))
    }

    /// Counts the request. The limits bound how much one service can write for an account, and keep the
    /// account's record available for a deregistration.
    async fn admit(
        &self,
        account: &Account,
        limited: Limited,
        were_refused: bool,
    ) -> Result<(), IssueError> {
        let (now, pace) = (self.host.now(), limited.pace(&self.settings));
        let store = &self.store;
        match store
            .admit_issue(&account.tenant, &limited, pace, now)
            .await?
        {
            None => Ok(()),
            Some(wait) => Err(IssueError::TooOften { wait, were_refused }),
        }
    }

    /// Proves that the role can be assumed with its external ID, and not without it.
    async fn prove(&self, account: &Account) -> Result<(), IssueError> {
        let role = &account.role;
        let with = match self.customers.assume(&role.arn, &account.external_id).await {
            Assumed::Granted { granted, .. } => AssumeOutcome::Granted(granted),
            Assumed::Not(outcome) => outcome,
        };
        let mut finding = Finding::of_positive(role, &with);
        if finding == Finding::Passed {
            let without = self.customers.try_assume(&role.arn, None).await;
            finding = Finding::of_negative(&without);
        }
        self.conclude(account, finding).await
    }

    /// Stores the result of a proof, and schedules a check of the account, which updates its record.
    async fn conclude(&self, account: &Account, finding: Finding) -> Result<(), IssueError> {
        let result = match finding {
            Finding::Passed => ProofResult::Passed,
            Finding::Failed(code) => ProofResult::Failed(code),
            Finding::Unclear => return Err(IssueError::Inconclusive),
        };
        let proof = BrokerProof {
            role: account.role.clone(),
            at: self.host.now(),
            result,
        };
        let due = [DueCheck {
            tenant: account.tenant.clone(),
            account_id: account.account_id.clone(),
            leased_until: None,
        }];
        let kept = self.store.keep_broker_proof(&account.account_id, &proof);
        // A check that was not queued runs when it is due.
        let (kept, _) = join!(kept, self.queue.send(&due));
        kept?;
        match result {
            ProofResult::Passed => Ok(()),
            ProofResult::Failed(code) => {
                Err(refused(account, IssueRefusal::failing(account, code)))
            }
        }
    }

    /// Assumes the role, limited to the profile.
    async fn session(
        &self,
        request: &IssueRequest,
        account: &Account,
        policy: &SessionPolicy,
    ) -> Result<(Credentials, SessionName), IssueError> {
        let name = SessionName::new(&request.service, request.given_name.as_ref());
        let session = SessionRequest {
            role: &account.role.arn,
            external_id: &account.external_id,
            name: &name,
            policy,
            duration: request.duration,
        };
        let (outcome, credentials) = match self.customers.issue(&session).await {
            IssuedSession::Granted {
                granted,
                credentials,
            } => (AssumeOutcome::Granted(granted), Some(credentials)),
            IssuedSession::Not(outcome) => (outcome, None),
            IssuedSession::PolicyRejected { code } => return Err(IssueError::PolicyRejected(code)),
        };
        match (Finding::of_positive(&account.role, &outcome), credentials) {
            (Finding::Passed, Some(credentials)) => Ok((credentials, name)),
            (Finding::Passed | Finding::Unclear, _) => Err(IssueError::Inconclusive),
            (failed, _) => {
                self.conclude(account, failed).await?;
                Err(IssueError::Inconclusive)
            }
        }
    }

    /// Records the receipt on the condition that the account has not changed. If it has, and the change is
    /// irrelevant, the condition is the changed account.
    async fn record(
        &self,
        request: &IssueRequest,
        account: &mut Account,
        credentials: Credentials,
        name: &SessionName,
    ) -> Result<Issued, IssueError> {
        let mut random = [0; 10];
        self.host.fill(&mut random);
        let at = self.host.now();
        let (who, until) = (
            (&request.service, &request.profile),
            credentials.expiration(),
        );
        let receipt = Receipt::new(IdSeed { at, random }, account, who, name, until);
        let stale = |error: &UseCaseError| matches!(error, UseCaseError::Changed);
        let mut is_first = true;
        let mut decided_again = Ok(());
        let recorded = with_retry(&self.host, &RetryPolicy::BRIEF, stale, async || {
            if !std::mem::take(&mut is_first) {
                let (tenant, id) = (&account.tenant, &account.account_id);
                let current = self.store.account(tenant, id).await?;
                let current = current.ok_or(UseCaseError::Missing("an account"))?;
                decided_again = is_still_valid(account, &current);
                *account = current;
                if decided_again.is_err() {
                    return Ok(());
                }
            }
            Ok(self.store.record_issue(&receipt, account).await?)
        });
        recorded.await.map_err(|error| match error {
            UseCaseError::Changed => UseCaseError::Contended,
            other => other,
        })?;
        match decided_again {
            Ok(()) => Ok(Issued {
                account: account.clone(),
                credentials,
                receipt,
            }),
            Err(Some(refusal)) => Err(refused(account, refusal)),
            Err(None) => Err(UseCaseError::Changed.into()),
        }
    }
}
