//! Builds the checks' expectations from the records.

use super::account::{Account, ReportedRole};
use super::registration::Registration;
use crate::aws::{RoleArn, SeenStack, StackId};
use crate::check::{CurrentTemplate, Expected, Hub, Trigger};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Expected {
    /// For a connected account's role and stack.
    pub fn for_account(
        account: &Account,
        trigger: Trigger,
        current: Option<CurrentTemplate>,
        hub: &Hub,
    ) -> Self {
        Self {
            tenant: account.tenant.clone(),
            role_arn: account.role.arn.clone(),
            stack_id: account.stack_id.clone(),
            external_id: account.external_id.clone(),
            trigger,
            received_at: None,
            reported_external_id_matches: None,
            pinned_account: None,
            recorded_role: Some(account.role.unique_id.clone()),
            account_closed: account.closure_evidence().is_some(),
            template_id: account.template_id.clone(),
            template: None,
            current,
            deployed_roles: account.deployed_roles.clone(),
            recorded_roles: account.deployed_roles.clone(),
            duplicates: Vec::new(),
            hub: hub.clone(),
            account_id: Some(account.account_id.clone()),
            known_policies: BTreeMap::new(),
            known_stack: SeenStack::default(),
        }
    }

    /// For the role that an update of the account's stack reported.
    pub fn for_update(
        account: &Account,
        reported: &ReportedRole,
        received_at: Option<Timestamp>,
        current: Option<CurrentTemplate>,
        hub: &Hub,
    ) -> Self {
        Self {
            role_arn: reported.role_arn.clone(),
            received_at,
            reported_external_id_matches: Some(true),
            pinned_account: Some(account.aws_account_id.clone()),
            // The callback was authenticated by the token, so it may report a re-created role.
            recorded_role: None,
            account_closed: false,
            template_id: reported.template_id.clone(),
            deployed_roles: reported.deployed_roles.clone(),
            ..Self::for_account(account, Trigger::Update, current, hub)
        }
    }

    /// For a stack that is about to become the registration's account.
    pub fn for_registration(
        registration: &Registration,
        stack_id: &StackId,
        role_arn: &RoleArn,
        trigger: Trigger,
        hub: &Hub,
    ) -> Self {
        Self {
            tenant: registration.tenant.clone(),
            role_arn: role_arn.clone(),
            stack_id: stack_id.clone(),
            external_id: registration.external_id.clone(),
            trigger,
            received_at: None,
            reported_external_id_matches: None,
            pinned_account: registration.aws_account_id.clone(),
            recorded_role: None,
            account_closed: false,
            template_id: registration.template.template_id.clone(),
            template: None,
            current: None,
            deployed_roles: Vec::new(),
            recorded_roles: Vec::new(),
            duplicates: Vec::new(),
            hub: hub.clone(),
            account_id: None,
            known_policies: BTreeMap::new(),
            known_stack: SeenStack::default(),
        }
    }
}
