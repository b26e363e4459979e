//! Looks at a connected account again, and draws the consequences.

use crate::observe::glance;
use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::Timestamp;
use rolecall_domain::account::{Account, AccountState};
use rolecall_domain::audit::Event;
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check_schedule::{Checkup, KeptReport, StackLook, Subject};
use rolecall_domain::departing;
use rolecall_domain::evidence::{Evidence, EvidenceKind};
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::verification::glance::Glance;
use rolecall_domain::verification::{
    AssumeOutcome, Expected, Observed, Report, Trigger, Verdict, verify,
};

/// Failed scheduled checks in a row before an account is called unhealthy: one bad minute is none.
const PATIENCE: u32 = 3;

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// One scheduled check, of an account in any state: a glance where everything was in order not
    /// long ago, and a thorough look where it was not, or the glance shows that something changed.
    /// Returns what it came to; none where there is nothing to check.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn check_when_due(
        &self,
        account: Account,
        checkup: &Checkup,
    ) -> Result<Option<Verdict>, FlowError> {
        let settled = *account.state() == AccountState::Active
            && account.reported_role.is_none()
            && account.closed().is_none();
        if settled && checkup.wants_glance(self.now(), &self.settings) {
            let seen = glance(&self.customers, &account.role, &account.external_id).await;
            let (now, jitter) = (self.now(), self.jitter());
            let (verdict, next) = match seen {
                Glance::InOrder => (
                    Verdict::Passed,
                    checkup.after_glance(now, jitter, &self.settings),
                ),
                Glance::Unclear => {
                    let verdict = Verdict::Inconclusive;
                    let next = checkup.after_account_check(verdict, now, jitter, &self.settings);
                    (verdict, next)
                }
                Glance::Changed => return self.check_thoroughly(account).await,
            };
            self.store.reschedule(checkup, &next).await?;
            return Ok(Some(verdict));
        }
        self.check_thoroughly(account).await
    }

    async fn check_thoroughly(&self, account: Account) -> Result<Option<Verdict>, FlowError> {
        let report = self.check_account(account, Trigger::Scheduled).await?;
        Ok(report.map(|report| report.verdict))
    }

    /// Verifies the account's role and stack as they are now.
    async fn verify_account(
        &self,
        account: &Account,
        trigger: Trigger,
    ) -> Result<(Report, Observed), FlowError> {
        let mut expected = Expected {
            role_arn: account.role.arn.clone(),
            stack_id: account.stack_id.clone(),
            external_id: account.external_id.clone(),
            trigger,
            heard_at: None,
            reported_external_id_matches: None,
            pinned_account: None,
            recorded_role: Some(account.role.unique_id.clone()),
            account_closed: account.is_told_closed(),
            template_version: account.template_version.clone(),
            permissions: Vec::new(),
            current_template: self.store.published_template().await?,
            hub: self.hub.clone(),
        };
        let observed = self.look(&mut expected).await?;
        Ok((verify(&expected, &observed, self.now()), observed))
    }

    /// One thorough check of an account in any state but deregistered: verified, or, once
    /// disconnected, followed like a leftover stack. Returns the report, if there is one.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn check_account(
        &self,
        account: Account,
        trigger: Trigger,
    ) -> Result<Option<Report>, FlowError> {
        match account.state() {
            AccountState::Deregistered { .. } => Ok(None),
            AccountState::Disconnected { since, .. } => {
                let since = *since;
                self.check_disconnected(account, since).await
            }
            AccountState::Active | AccountState::Unhealthy => {
                let account = match account.reported_role.clone() {
                    Some(reported) => self.adopt_role(account, &reported, None, None).await?,
                    None => account,
                };
                let (report, observed) = self.verify_account(&account, trigger).await?;
                let refused = observed.assume == Some(AssumeOutcome::Refused);
                self.draw_consequences(account, &report, refused, trigger)
                    .await?;
                Ok(Some(report))
            }
        }
    }

    /// Keeps the report, sets the next check, and changes the account's health where it must.
    async fn draw_consequences(
        &self,
        mut account: Account,
        report: &Report,
        refused: bool,
        trigger: Trigger,
    ) -> Result<(), FlowError> {
        for _ in 0..DECISIONS {
            let now = self.now();
            let checkup = self.account_checkup(&account).await?;
            let next =
                checkup.after_account_check(report.verdict, now, self.jitter(), &self.settings);
            let certain = trigger == Trigger::OnDemand || next.streak >= PATIENCE;
            let kept = kept(&checkup, report);
            let step = self.step(&account, report, refused, certain, now);
            let Some(change) = step else {
                self.store.put_report(&kept).await?;
                self.store.reschedule(&checkup, &next).await?;
                return Ok(());
            };
            let next = if change.ends_account() {
                next.ended()
            } else {
                next
            };
            if applied(self.store.commit(&change.schedule(next).keep(kept)).await)? {
                return Ok(());
            }
            match self
                .store
                .account(&account.tenant, &account.account_id)
                .await?
            {
                // What was seen of another role says nothing about the present one.
                Some(current) if current.is_connected() && current.role == account.role => {
                    account = current;
                }
                _ => return Ok(()),
            }
        }
        Err(FlowError::Contended)
    }

    /// What a report on a connected account changes, if anything.
    fn step(
        &self,
        account: &Account,
        report: &Report,
        refused: bool,
        certain: bool,
        now: Timestamp,
    ) -> Option<Change> {
        let cause = report
            .decisive()
            .map_or("verified", |check| check.code.as_str());
        let occasion = Occasion::new(now, Actor::Hub, cause);
        let (after, event) = match report.verdict {
            Verdict::Passed => {
                let unhealthy = *account.state() == AccountState::Unhealthy;
                let after = account.passed(now, &self.settings)?;
                let event = if unhealthy {
                    Event::AccountRecovered
                } else {
                    Event::AccountChanged
                };
                (after, event)
            }
            Verdict::Failed => {
                let id = StackEntryId::new(self.id_seed());
                let gone = Occasion::new(now, Actor::Hub, "stack_gone");
                let gone = departing::closed_for_good(account, id, &gone, &self.settings);
                if let Some(change) = gone.filter(|_| refused) {
                    return Some(change);
                }
                let after = certain.then(|| account.turned_unhealthy()).flatten()?;
                (after, Event::AccountUnhealthy)
            }
            Verdict::Inconclusive => return None,
        };
        Some(departing::account_changed(
            account, &after, event, &occasion,
        ))
    }

    pub(crate) async fn account_checkup(&self, account: &Account) -> Result<Checkup, FlowError> {
        let subject = Subject::Account(account.account_id.clone());
        self.checkup_of(&account.tenant, subject).await
    }

    /// When the subject is looked at; never, where nothing says so.
    pub(crate) async fn checkup_of(
        &self,
        tenant: &Tenant,
        subject: Subject,
    ) -> Result<Checkup, FlowError> {
        let checkup = self.store.checkup(tenant, &subject).await?;
        Ok(checkup.unwrap_or_else(|| Checkup::never(tenant.clone(), subject)))
    }

    /// An account whose stack announced its end: back when a check passes a good while later,
    /// gone when the role's silence proves it.
    async fn check_disconnected(
        &self,
        account: Account,
        since: Timestamp,
    ) -> Result<Option<Report>, FlowError> {
        let (report, observed) = self.verify_account(&account, Trigger::Scheduled).await?;
        let now = self.now();
        let checkup = self.account_checkup(&account).await?;
        let back = report.verdict == Verdict::Passed
            && now.duration_since(since) >= self.settings.deleting_recheck;
        let change = if back {
            let occasion = Occasion::new(now, Actor::Hub, "verified");
            account.reconnected().map(|after| {
                departing::account_changed(&account, &after, Event::AccountRecovered, &occasion)
            })
        } else {
            let occasion = Occasion::new(now, Actor::Hub, "stack_gone");
            let id = StackEntryId::new(self.id_seed());
            let seen = EvidenceKind::of(&observed).map(|kind| Evidence { kind, at: now });
            departing::follow_disconnected(&account, seen, id, &occasion, &self.settings)
        };
        let look = match change.is_some() {
            true => StackLook::News,
            false if account.is_stale(now) => StackLook::Stale,
            false => StackLook::Quiet,
        };
        let next = checkup.after_stack_check(now, look, &self.settings);
        self.commit_disconnected(change, &checkup, next, kept(&checkup, &report))
            .await?;
        Ok(Some(report))
    }

    /// What changed meanwhile is looked at anew when it is next due.
    async fn commit_disconnected(
        &self,
        change: Option<Change>,
        checkup: &Checkup,
        next: Checkup,
        report: KeptReport,
    ) -> Result<(), FlowError> {
        if let Some(change) = change {
            let next = if change.ends_account() {
                next.ended()
            } else {
                next.clone()
            };
            let change = change.schedule(next).keep(report.clone());
            match self.store.commit(&change).await {
                // Its AWS account is connected by another now: it stays disconnected.
                Err(CommitError::Connected(_)) => {}
                Err(CommitError::Stale) => return Ok(()),
                result => return applied(result).map(|_| ()),
            }
        }
        self.store.put_report(&report).await?;
        self.store.reschedule(checkup, &next).await?;
        Ok(())
    }
}

fn kept(checkup: &Checkup, report: &Report) -> KeptReport {
    KeptReport {
        tenant: checkup.tenant.clone(),
        subject: checkup.subject.clone(),
        report: report.clone(),
    }
}
