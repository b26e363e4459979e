//! A stack's update reported its role: the same, or another in its place.

use crate::{Context, DECISIONS, FlowError, applied};
use rolecall_domain::Timestamp;
use rolecall_domain::account::{Account, Role};
use rolecall_domain::audit::{Event, Record};
use rolecall_domain::aws::RoleArn;
use rolecall_domain::change::{Change, Guard, Occasion, PersistedAnswer};
use rolecall_domain::check_schedule::{Checkup, Subject};
use rolecall_domain::ports::{CommitError, CustomerAccounts, Host, Store};
use rolecall_domain::registering::owner;
use rolecall_domain::template::TemplateVersion;
use rolecall_domain::text::Actor;
use rolecall_domain::verification::{AssumeOutcome, Expected, Report, Trigger, Verdict};

/// What an update reported.
#[derive(Debug, Clone)]
pub struct Reported {
    pub role_arn: RoleArn,
    pub template_version: TemplateVersion,
    pub heard_at: Timestamp,
}

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Verifies the reported role and swaps it in. A role that does not pass is left out, and
    /// the report tells why; only the former role, to which a rolled-back update returns, is
    /// taken back as soon as it answers. The answer is kept in every case.
    ///
    /// # Errors
    /// When the store fails, or others keep changing the account.
    pub async fn update_role(
        &self,
        mut account: Account,
        reported: &Reported,
        answer: &PersistedAnswer,
    ) -> Result<(), FlowError> {
        let expected = self.expected_of_update(&account, reported).await?;
        let (report, observed) = self.verify_patiently(&expected, &account.external_id).await;
        for _ in 0..DECISIONS {
            let former = account
                .previous_role
                .as_ref()
                .is_some_and(|role| role.arn == reported.role_arn);
            let after = match &observed.assume {
                Some(AssumeOutcome::Granted(granted))
                    if former || report.verdict == Verdict::Passed =>
                {
                    let role = Role {
                        arn: reported.role_arn.clone(),
                        unique_id: granted.role_unique_id.clone(),
                    };
                    account.updated(role, reported.template_version.clone())
                }
                _ => None,
            };
            let checkup = self.reported_checkup(&account, &report).await?;
            let change = update(&account, after, self.now(), answer).schedule(checkup.clone());
            match self.store.commit(&change).await {
                Err(CommitError::Answered) => return Ok(()),
                Err(CommitError::Held(_)) => {
                    tracing::warn!(account.id = %account.account_id, "an update reported another account's role");
                    let change = Change::new()
                        .schedule(checkup)
                        .answering(Some(answer.clone()));
                    applied(self.store.commit(&change).await)?;
                    return Ok(());
                }
                result => {
                    if applied(result)? {
                        return Ok(());
                    }
                }
            }
            let current = self
                .store
                .account(&account.tenant, &account.account_id)
                .await?;
            account = current.ok_or(FlowError::Contended)?;
        }
        Err(FlowError::Contended)
    }

    async fn expected_of_update(
        &self,
        account: &Account,
        reported: &Reported,
    ) -> Result<Expected, FlowError> {
        Ok(Expected {
            role_arn: reported.role_arn.clone(),
            stack_id: account.stack_id.clone(),
            trigger: Trigger::Update,
            heard_at: Some(reported.heard_at),
            reported_external_id_matches: Some(true),
            pinned_account: Some(account.aws_account_id.clone()),
            // The callback carries the token, so it may bring a re-created role.
            recorded_role: None,
            template_version: reported.template_version.clone(),
            current_template: self.store.published_template().await?,
            hub: self.hub.clone(),
        })
    }

    async fn reported_checkup(
        &self,
        account: &Account,
        report: &Report,
    ) -> Result<Checkup, FlowError> {
        let subject = Subject::Account(account.account_id.clone());
        let mut checkup = self.checkup_of(account, &subject).await?;
        checkup.last_checked_at = Some(report.checked_at);
        checkup.report = Some(report.clone());
        Ok(checkup)
    }
}

fn update(
    account: &Account,
    after: Option<Account>,
    now: Timestamp,
    answer: &PersistedAnswer,
) -> Change {
    let change = Change::new().answering(Some(answer.clone()));
    let Some(after) = after else {
        return change;
    };
    let (role, before) = (after.role.clone(), Record::Account(account.clone()));
    let owner = owner(&before);
    let occasion = Occasion::new(now, Actor::Stack, "stack_updated");
    change
        .update(
            before,
            Record::Account(after),
            Event::AccountChanged,
            &occasion,
        )
        .claim(Guard::RoleArn(role.arn), &owner)
        .claim(Guard::RoleUniqueId(role.unique_id), &owner)
}
