//! One attempt to complete a registration, by callback or by paste.

use crate::observe::observe;
use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::Timestamp;
use rolecall_domain::account::{Account, Role};
use rolecall_domain::audit::{Event, Record};
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::{Change, Guard, Occasion, PersistedAnswer, RequestKey, Requirement};
use rolecall_domain::ids::{AccountId, StackEntryId};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, RequestClaim, Store};
use rolecall_domain::problem::{Code, Refusal};
use rolecall_domain::registering::{self, Candidate, RefusedStack};
use rolecall_domain::registration::{Admission, Channel, Registration};
use rolecall_domain::template::TemplateVersion;
use rolecall_domain::text::{Actor, Name};
use rolecall_domain::verification::{
    AssumeOutcome, Expected, Granted, Report, Trigger, Verdict, verify,
};

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
    pub name: Option<Name>,
    /// When this stack was first heard of.
    pub heard_at: Timestamp,
    /// Whether the stack reported the registration's own external ID.
    pub reported_external_id_matches: Option<bool>,
}

/// How it ended. What is persisted with it is what the answer function gave for it.
#[derive(Debug)]
pub enum Outcome {
    Registered(AccountId),
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
        mut attempt: Attempt,
        answering: &impl Answering,
    ) -> Result<Outcome, FlowError> {
        let mut verified: Option<(Report, Option<Granted>)> = None;
        for _ in 0..DECISIONS {
            let committed = match self.admit(&attempt) {
                Admission::Done(account_id) => {
                    self.confirm(&attempt, account_id, answering).await?
                }
                Admission::Refused(refusal) => self.refuse(&attempt, refusal, answering).await?,
                Admission::Open(role_arn) => {
                    if verified.is_none() {
                        verified = Some(self.verify_attempt(&attempt, &role_arn).await?);
                    }
                    match &verified {
                        Some((report, Some(granted))) if report.verdict == Verdict::Passed => {
                            let role = Role {
                                arn: role_arn,
                                unique_id: granted.role_unique_id.clone(),
                            };
                            self.record(&attempt, role, report, answering).await?
                        }
                        Some((report, _)) => self.reject(&attempt, report, answering).await?,
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
                return Err(FlowError::Contended);
            };
            attempt.registration = current;
        }
        Err(FlowError::Contended)
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
    ) -> Result<(Report, Option<Granted>), FlowError> {
        let registration = &attempt.registration;
        let trigger = match attempt.channel {
            Channel::Callback => Trigger::Create,
            Channel::Paste => Trigger::Paste,
        };
        let recorded = &registration.template;
        let mut expected = Expected {
            role_arn: role_arn.clone(),
            stack_id: attempt.stack_id.clone(),
            trigger,
            heard_at: Some(attempt.heard_at),
            reported_external_id_matches: attempt.reported_external_id_matches,
            pinned_account: registration.aws_account_id.clone(),
            recorded_role: None,
            template_version: attempt
                .template_version
                .clone()
                .unwrap_or_else(|| recorded.version.clone()),
            current_template: Some(recorded.clone()),
            hub: self.hub.clone(),
        };
        let external_id = &registration.external_id;
        let (report, observed) = match attempt.channel {
            Channel::Callback => self.verify_patiently(&expected, external_id).await,
            Channel::Paste => {
                let observed = observe(&self.customers, &expected, external_id).await;
                let mut report = verify(&expected, &observed, self.now());
                if report.verdict == Verdict::Inconclusive {
                    expected.heard_at = Some(self.first_heard_at(attempt).await?);
                    report = verify(&expected, &observed, self.now());
                }
                (report, observed)
            }
        };
        let granted = match observed.assume {
            Some(AssumeOutcome::Granted(granted)) => Some(granted),
            _ => None,
        };
        Ok((report, granted))
    }

    /// When a pasted stack was first heard of: a role that is refused for longer than a new one may
    /// be is refused for good. A paste is no CloudFormation request, but this is kept like one's.
    async fn first_heard_at(&self, attempt: &Attempt) -> Result<Timestamp, FlowError> {
        let key = RequestKey {
            stack_id: attempt.stack_id.clone(),
            request_id: format!("paste/{}", attempt.registration.registration_id),
        };
        match self
            .store
            .claim_request(&key, attempt.heard_at, attempt.heard_at)
            .await?
        {
            RequestClaim::Yours { first_received_at } => Ok(first_received_at),
            RequestClaim::Busy { .. } | RequestClaim::Answered { .. } => Ok(attempt.heard_at),
        }
    }

    /// Completed by this very stack before: the same account again. If a paste came first, the
    /// account learns now that its stack has a custom resource.
    async fn confirm(
        &self,
        attempt: &Attempt,
        account_id: AccountId,
        answering: &impl Answering,
    ) -> Result<Option<Outcome>, FlowError> {
        let mut change = Change::new().answering(answering.answer(Ok(&account_id)));
        if let Some(logical_resource_id) = &attempt.logical_resource_id {
            let tenant = &attempt.registration.tenant;
            let account = self.store.account(tenant, &account_id).await?;
            let heard = account.and_then(|account| {
                account
                    .heard_from(logical_resource_id)
                    .map(|after| (account, after))
            });
            if let Some((before, after)) = heard {
                let (before, after) = (Record::Account(before), Record::Account(after));
                let occasion = self.occasion(attempt, "callback after paste");
                change = change.update(before, after, Event::AccountChanged, &occasion);
            }
        }
        match self.commit_unless_empty(&change).await {
            Err(CommitError::Answered) => Ok(Some(Outcome::Answered)),
            result => Ok(applied(result)?.then_some(Outcome::Registered(account_id))),
        }
    }

    async fn commit_unless_empty(&self, change: &Change) -> Result<(), CommitError> {
        if change.is_empty() {
            Ok(())
        } else {
            self.store.commit(change).await
        }
    }

    async fn record(
        &self,
        attempt: &Attempt,
        role: Role,
        report: &Report,
        answering: &impl Answering,
    ) -> Result<Option<Outcome>, FlowError> {
        let registration = &attempt.registration;
        let candidate = Candidate {
            account_id: AccountId::new(self.id_seed()),
            role,
            stack_id: attempt.stack_id.clone(),
            logical_resource_id: attempt.logical_resource_id.clone(),
            template_version: attempt
                .template_version
                .clone()
                .unwrap_or_else(|| registration.template.version.clone()),
            name: attempt.name.clone(),
        };
        let occasion = self.occasion(attempt, "verified");
        let (account, change) = registering::register(
            registration,
            candidate,
            report.clone(),
            &occasion,
            &self.settings,
        );
        let change = change.answering(answering.answer(Ok(&account.account_id)));
        match self.store.commit(&change).await {
            Ok(()) => {
                log_registered(&account);
                Ok(Some(Outcome::Registered(account.account_id)))
            }
            Err(CommitError::Stale) => Ok(None),
            Err(CommitError::Answered) => Ok(Some(Outcome::Answered)),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(error) => {
                let refusal = conflict(&error).with_report(report.clone());
                self.refuse(attempt, refusal, answering).await
            }
        }
    }

    /// What the report says, as a refusal.
    async fn reject(
        &self,
        attempt: &Attempt,
        report: &Report,
        answering: &impl Answering,
    ) -> Result<Option<Outcome>, FlowError> {
        let refusal = verification_refusal(report);
        if attempt.channel == Channel::Paste && report.verdict == Verdict::Inconclusive {
            return Ok(Some(Outcome::Refused(refusal)));
        }
        self.refuse(attempt, refusal, answering).await
    }

    /// Writes a refusal down, with the answer; a refused stack goes into the ledger.
    async fn refuse(
        &self,
        attempt: &Attempt,
        refusal: Refusal,
        answering: &impl Answering,
    ) -> Result<Option<Outcome>, FlowError> {
        let Attempt {
            registration,
            stack_id,
            ..
        } = attempt;
        let occasion = self.occasion(attempt, refusal.code.as_str());
        let mut change = Change::new().answering(answering.answer(Err(&refusal)));
        change = registering::refuse(change, registration, &refusal, stack_id, &occasion);
        if attempt.channel == Channel::Callback && registration.notes_refusals() {
            change = self.with_ledger_entry(change, attempt, &occasion).await?;
        }
        match self.commit_unless_empty(&change).await {
            Ok(()) => Ok(Some(Outcome::Refused(refusal))),
            Err(CommitError::Answered) => Ok(Some(Outcome::Answered)),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Adds a ledger entry for a refused stack, unless an account or an entry has it. If its
    /// Delete came already, that is the entry's evidence; if not, it must not come in between.
    async fn with_ledger_entry(
        &self,
        change: Change,
        attempt: &Attempt,
        occasion: &Occasion,
    ) -> Result<Change, FlowError> {
        let stack_id = &attempt.stack_id;
        let tombstone = registering::tombstone(stack_id, attempt.logical_resource_id.as_deref());
        let (account, ledger) = (
            Guard::Stack(stack_id.clone()),
            Guard::Ledger(stack_id.clone()),
        );
        let (account, ledger, deleted) = futures_util::join!(
            self.store.owner(&account),
            self.store.owner(&ledger),
            self.store.owner(&tombstone)
        );
        if account?.is_some() || ledger?.is_some() {
            return Ok(change);
        }
        let deleted = deleted?.is_some();
        let refused =
            RefusedStack {
                stack_entry_id: StackEntryId::new(self.id_seed()),
                stack_id: stack_id.clone(),
                // The hub's own policy refuses its own roles, which would prove nothing.
                role_arn: attempt.role_arn.as_ref().ok().cloned().filter(|role| {
                    self.hub.allow_own_account || role.account() != &self.hub.account
                }),
                logical_resource_id: attempt
                    .logical_resource_id
                    .clone()
                    .unwrap_or_else(|| registering::LOGICAL_RESOURCE_ID.to_owned()),
                deleted,
            };
        let change = registering::open_refused_stack(
            change,
            &attempt.registration,
            refused,
            occasion,
            &self.settings,
        );
        Ok(if deleted {
            change
        } else {
            change.require(Requirement::Free(tombstone))
        })
    }

    fn occasion(&self, attempt: &Attempt, cause: &str) -> Occasion {
        Occasion::new(self.now(), attempt.actor.clone(), cause)
    }
}

fn log_registered(account: &Account) {
    tracing::info!(
        account.id = %account.account_id,
        account.aws_account_id = %account.aws_account_id,
        "account registered"
    );
}

/// Which of what must be unique was not.
fn conflict(error: &CommitError) -> Refusal {
    const NEW_LINK: &str = "Create a new stack from this registration's link.";
    match error {
        CommitError::Held(Guard::RoleArn(_) | Guard::RoleUniqueId(_)) => Refusal::new(
            Code::RoleAlreadyRegistered,
            "This role is registered already; a role is never registered twice.",
            NEW_LINK,
        ),
        CommitError::Held(Guard::Stack(_)) => Refusal::new(
            Code::StackAlreadyRegistered,
            "This stack is registered already; a stack is never registered twice.",
            NEW_LINK,
        ),
        CommitError::Held(Guard::Deleted { .. }) => Refusal::new(
            Code::Conflict,
            "This stack was deleted before it could be registered.",
            NEW_LINK,
        ),
        CommitError::Connected(_) => Refusal::new(
            Code::AccountAlreadyConnected,
            "This AWS account is connected already.",
            "Deregister the connected account first, or start a registration with allow_duplicate.",
        ),
        CommitError::GroupClosed => Refusal::new(
            Code::NotFound,
            "The group of this registration no longer exists.",
            "Start a new registration in another group.",
        ),
        _ => Refusal::new(
            Code::Conflict,
            "Something else changed this registration at the same time.",
            "Try again.",
        ),
    }
}

/// The first check that failed, or could not be finished, in its own words.
pub fn verification_refusal(report: &Report) -> Refusal {
    let code = match report.verdict {
        Verdict::Inconclusive => Code::VerificationInconclusive,
        Verdict::Passed | Verdict::Failed => Code::VerificationFailed,
    };
    let (detail, remedy) = match report.decisive() {
        Some(check) => (
            format!("{}: {}", check.code.as_str(), check.message),
            check.remedy.clone().unwrap_or_default(),
        ),
        None => (
            String::from("The verification did not pass."),
            String::new(),
        ),
    };
    Refusal::new(code, detail, remedy).with_report(report.clone())
}
