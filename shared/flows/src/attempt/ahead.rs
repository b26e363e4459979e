//! What an attempt is verified against, and a first look before it is certain that it is made.

use super::Attempt;
use crate::published::Published;
use crate::{Context, FlowError};
use rolecall_domain::Timestamp;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::{Expected, Observed, Trigger};
use rolecall_domain::ports::{CustomerAccounts, Host, Store};
use rolecall_domain::record::registration::{Admission, Channel};
use std::collections::BTreeMap;

/// A first look at an attempt's role. It changes nothing, so it can be taken while the request is
/// still being claimed.
#[derive(Debug)]
pub struct Ahead {
    expected: Expected,
    observed: Observed,
}

impl Ahead {
    /// For the same attempt, of which it is known by now when its stack was first heard of.
    pub(super) fn for_attempt(self, attempt: &Attempt) -> (Expected, Option<Observed>) {
        let expected = Expected {
            heard_at: heard_at(attempt),
            ..self.expected
        };
        (expected, Some(self.observed))
    }
}

fn heard_at(attempt: &Attempt) -> Option<Timestamp> {
    attempt.waits.then_some(attempt.heard_at)
}

impl<S: Store, C: CustomerAccounts, H: Host> Context<S, C, H> {
    /// Takes the first look for an attempt that would be admitted now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look_ahead(&self, attempt: &Attempt) -> Result<Option<Ahead>, FlowError> {
        let Admission::Open(role_arn) = self.admit(attempt) else {
            return Ok(None);
        };
        let mut expected = self.expected(attempt, &role_arn);
        let observed = self.look(&mut expected, &Published::default()).await?;
        Ok(Some(Ahead { expected, observed }))
    }

    pub(super) fn expected(&self, attempt: &Attempt, role_arn: &RoleArn) -> Expected {
        let registration = &attempt.registration;
        let trigger = match attempt.channel {
            Channel::Callback => Trigger::Create,
            Channel::Paste => Trigger::Paste,
        };
        let recorded = &registration.template;
        Expected {
            tenant: registration.tenant.clone(),
            role_arn: role_arn.clone(),
            stack_id: attempt.stack_id.clone(),
            external_id: registration.external_id.clone(),
            trigger,
            heard_at: heard_at(attempt),
            reported_external_id_matches: attempt.reported_external_id_matches,
            pinned_account: registration.aws_account_id.clone(),
            recorded_role: None,
            account_closed: false,
            template_version: attempt
                .template_version
                .clone()
                .unwrap_or_else(|| recorded.version.clone()),
            permissions: Vec::new(),
            current_template: Some(recorded.clone()),
            made_roles: attempt.made_roles.clone(),
            recorded_roles: Vec::new(),
            alike: Vec::new(),
            hub: self.hub.clone(),
            account_id: None,
            known_policies: BTreeMap::new(),
        }
    }
}
