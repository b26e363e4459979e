//! Looks at a connected account again, and draws the consequences.

use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::Timestamp;
use rolecall_domain::account::{Account, AccountState};
use rolecall_domain::audit::Event;
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check_schedule::{Checkup, Subject};
use rolecall_domain::departing;
use rolecall_domain::evidence::{Evidence, EvidenceKind};
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::text::{Actor, Tenant};
use rolecall_domain::verification::{Expected, Observed, Report, Trigger, Verdict, verify};

/// Failed scheduled checks in a row before an account is called unhealthy: one bad minute is none.
const PATIENCE: u32 = 3;

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
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
            template_version: account.template_version.clone(),
            permissions: Vec::new(),
            current_template: self.store.published_template().await?,
            hub: self.hub.clone(),
        };
        let observed = self.look(&mut expected).await?;
        Ok((verify(&expected, &observed, self.now()), observed))
    }

    /// One check of an account in any state but deregistered: verified, or, once disconnected,
    /// followed like a leftover stack. Returns the report, if there is one.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn check_account(
        &self,
        account: Account,
        trigger: Trigger,
    ) -> Result<Option<Report>, FlowError> {
        match account.state {
            AccountState::Deregistered { .. } => Ok(None),
            AccountState::Disconnected { since, .. } => {
                self.check_disconnected(account, since).await
            }
            AccountState::Active | AccountState::Unhealthy => {
                let account = match account.reported_role.clone() {
                    Some(reported) => self.adopt_role(account, &reported, None, None).await?,
                    None => account,
                };
                let (report, _) = self.verify_account(&account, trigger).await?;
                self.draw_consequences(account, &report, trigger).await?;
                Ok(Some(report))
            }
        }
    }

    /// Keeps the report, sets the next check, and changes the account's health where it must.
    async fn draw_consequences(
        &self,
        mut account: Account,
        report: &Report,
        trigger: Trigger,
    ) -> Result<(), FlowError> {
        for _ in 0..DECISIONS {
            let now = self.now();
            let checkup = self.account_checkup(&account).await?;
            let next =
                checkup.after_account_check(report.clone(), now, self.jitter(), &self.settings);
            let certain = trigger == Trigger::OnDemand || next.streak >= PATIENCE;
            let step = match report.verdict {
                Verdict::Passed => account
                    .recovered()
                    .map(|after| (after, Event::AccountRecovered)),
                Verdict::Failed if certain => account
                    .turned_unhealthy()
                    .map(|after| (after, Event::AccountUnhealthy)),
                Verdict::Failed | Verdict::Inconclusive => None,
            };
            let Some((after, event)) = step else {
                self.store.put_checkup(&next).await?;
                return Ok(());
            };
            let cause = report
                .decisive()
                .map_or("verified", |check| check.code.as_str());
            let occasion = Occasion::new(now, Actor::Hub, cause);
            let change =
                departing::account_changed(&account, &after, event, &occasion).schedule(next);
            if applied(self.store.commit(&change).await)? {
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

    pub(crate) async fn account_checkup(&self, account: &Account) -> Result<Checkup, FlowError> {
        let subject = Subject::Account(account.account_id.clone());
        self.checkup_of(&account.tenant, subject).await
    }

    /// When the subject is looked at; now, where nothing says so.
    pub(crate) async fn checkup_of(
        &self,
        tenant: &Tenant,
        subject: Subject,
    ) -> Result<Checkup, FlowError> {
        let checkup = self.store.checkup(tenant, &subject).await?;
        Ok(checkup.unwrap_or_else(|| Checkup::first(tenant.clone(), subject, self.now())))
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
            EvidenceKind::of(&observed).and_then(|kind| {
                let seen = Evidence { kind, at: now };
                departing::follow_disconnected(&account, seen, id, &occasion, &self.settings)
            })
        };
        let mut next = checkup.after_stack_check(now, change.is_some(), true, &self.settings);
        next.report = Some(report.clone());
        self.commit_disconnected(change, next).await?;
        Ok(Some(report))
    }

    /// What changed meanwhile is looked at anew when it is next due.
    async fn commit_disconnected(
        &self,
        change: Option<Change>,
        next: Checkup,
    ) -> Result<(), FlowError> {
        let Some(change) = change else {
            return Ok(self.store.put_checkup(&next).await?);
        };
        let next = if change.ends_account() {
            next.ended()
        } else {
            next
        };
        let change = change.schedule(next.clone());
        match self.store.commit(&change).await {
            Ok(()) => Ok(()),
            // Its AWS account is connected by another now: it stays disconnected.
            Err(CommitError::Connected(_)) => Ok(self.store.put_checkup(&next).await?),
            Err(CommitError::Stale) => Ok(()),
            Err(error) => applied(Err(error)).map(|_| ()),
        }
    }
}
