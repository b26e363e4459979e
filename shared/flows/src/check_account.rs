//! Looks at a connected account again, and draws the consequences.

use crate::follow_stack::planned;
use crate::observe::glance;
use crate::published::Published;
use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::check::quick::Glance;
use rolecall_domain::check::{Expected, Observed, Report, Trigger, Verdict, verify};
use rolecall_domain::companion::MadeRole;
use rolecall_domain::ids::StackEntryId;
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::record::account::{Account, AccountState};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::schedule::{Checkup, StackLook, Subject};
use rolecall_domain::text::Tenant;
use rolecall_domain::transition::check;
use rolecall_domain::transition::check::after_check;
use std::collections::BTreeMap;

/// What a scheduled check came to.
#[derive(Debug)]
pub enum Checked {
    /// A glance, which leaves no report.
    Glance(Verdict),
    Thorough(Report),
}

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
        published: &Published,
    ) -> Result<Option<Checked>, FlowError> {
        let settled = *account.state() == AccountState::Active
            && account.reported_role.is_none()
            && account.made_roles.iter().all(MadeRole::was_seen)
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
                Glance::Changed => return self.check_thoroughly(account, checkup, published).await,
            };
            self.store.reschedule(checkup, &next).await?;
            return Ok(Some(Checked::Glance(verdict)));
        }
        self.check_thoroughly(account, checkup, published).await
    }

    async fn check_thoroughly(
        &self,
        account: Account,
        checkup: &Checkup,
        published: &Published,
    ) -> Result<Option<Checked>, FlowError> {
        let checkup = checkup.clone();
        let report = self
            .look_and_conclude(account, checkup, Trigger::Scheduled, published)
            .await?;
        Ok(report.map(Checked::Thorough))
    }

    /// Verifies the account's role and stack as they are now.
    async fn verify_account(
        &self,
        account: &Account,
        trigger: Trigger,
        published: &Published,
    ) -> Result<(Report, Observed), FlowError> {
        let mut expected = Expected {
            tenant: account.tenant.clone(),
            role_arn: account.role.arn.clone(),
            stack_id: account.stack_id.clone(),
            external_id: account.external_id.clone(),
            trigger,
            heard_at: None,
            reported_external_id_matches: None,
            pinned_account: None,
            recorded_role: Some(account.role.unique_id.clone()),
            account_closed: account.told_closed_by().is_some(),
            template_version: account.template_version.clone(),
            permissions: Vec::new(),
            current_template: published.template(&self.store).await?,
            made_roles: account.made_roles.clone(),
            recorded_roles: account.made_roles.clone(),
            alike: Vec::new(),
            hub: self.hub.clone(),
            account_id: Some(account.account_id.clone()),
            known_policies: BTreeMap::new(),
        };
        let observed = self.look(&mut expected, published).await?;
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
        let checkup = self.account_checkup(&account).await?;
        self.look_and_conclude(account, checkup, trigger, &Published::default())
            .await
    }

    /// The checkup was read before the look: what is scheduled meanwhile, because of news, stays in
    /// force.
    async fn look_and_conclude(
        &self,
        mut account: Account,
        mut checkup: Checkup,
        trigger: Trigger,
        published: &Published,
    ) -> Result<Option<Report>, FlowError> {
        if account.is_deregistered() {
            return Ok(None);
        }
        if account.is_connected()
            && let Some(reported) = account.reported_role.clone()
        {
            account = self.adopt_role(account, &reported, None, None).await?;
            checkup = self.account_checkup(&account).await?;
        }
        let (report, observed) = self.verify_account(&account, trigger, published).await?;
        self.draw_consequences(account, &checkup, &report, &observed, trigger)
            .await?;
        Ok(Some(report))
    }

    /// Keeps the report, sets the next check, and takes the step that follows, if any.
    async fn draw_consequences(
        &self,
        mut account: Account,
        checkup: &Checkup,
        report: &Report,
        observed: &Observed,
        trigger: Trigger,
    ) -> Result<(), FlowError> {
        let kept = checkup.kept(report);
        let mut made_roles = observed.made_roles();
        let mut may_return = true;
        for _ in 0..DECISIONS {
            let now = self.now();
            let next =
                checkup.after_account_check(report.verdict, now, self.jitter(), &self.settings);
            let checked = check::Checked {
                report,
                seen: EvidenceKind::of(observed),
                certain: trigger == Trigger::OnDemand || next.streak >= PATIENCE,
                may_return,
                made_roles: made_roles.as_deref(),
            };
            let entry_id = StackEntryId::new(self.id_seed());
            let change = after_check(&account, &checked, entry_id, now, &self.settings);
            let next = if account.is_connected() {
                next
            } else {
                let look = StackLook::of(change.is_some(), account.is_stale(now));
                checkup.after_stack_check(now, look, &self.settings)
            };
            let next = planned(checkup, next, trigger);
            let Some(change) = change else {
                self.store.put_report(&kept).await?;
                self.store.reschedule(checkup, &next).await?;
                return Ok(());
            };
            let change = change.look_next(next).keep(kept.clone());
            match self.store.commit(&change).await {
                // Its AWS account is connected by another now: it stays disconnected.
                Err(CommitError::Connected(_)) => may_return = false,
                result => {
                    if applied(result)? {
                        return Ok(());
                    }
                    let Some(current) = self.unless_other(&account).await? else {
                        return Ok(());
                    };
                    // What its stack told meanwhile is newer than what was seen.
                    if current.told_at != account.told_at {
                        made_roles = None;
                    }
                    account = current;
                }
            }
        }
        Err(FlowError::Contended)
    }

    /// The account as it is now. None where what was seen says nothing about it any more: it has
    /// another role, or its stack announced its end meanwhile, or no longer does.
    async fn unless_other(&self, account: &Account) -> Result<Option<Account>, FlowError> {
        let (tenant, id) = (&account.tenant, &account.account_id);
        let current = self.store.account(tenant, id).await?;
        Ok(current.filter(|current| {
            current.is_connected() == account.is_connected() && current.role == account.role
        }))
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
}
