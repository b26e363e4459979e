//! What an account's stack reports and what is read of it: its role, its companion roles and its template.

use super::Account;
use crate::aws::{Role, RoleArn};
use crate::check::{SettledStack, TemplateComparison};
use crate::companion::{DeployedRole, RequestedRole};
use crate::link::template::{TemplateId, TemplateVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The contents of an update's callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedRole {
    pub role_arn: RoleArn,
    pub template_version: TemplateVersion,
    pub template_id: TemplateId,
    /// The companion roles that the stack has created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_roles: Vec<DeployedRole>,
    /// When the update was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Timestamp>,
}

impl Account {
    /// Whether a later update than this one was already processed.
    pub fn has_newer_report_than(&self, reported: &ReportedRole) -> bool {
        reported.reported_at < self.reported_at && reported.reported_at.is_some()
    }

    /// Records a verified role that an update reported; `None` if nothing changed. The previous
    /// role is kept, because the update may be rolled back.
    pub fn with_role(&self, role: Role, reported: &ReportedRole) -> Option<Self> {
        let same = role == self.role
            && reported.template_version == self.template_version
            && reported.template_id == self.template_id
            && reported.deployed_roles == self.deployed_roles
            && self.reported_role.is_none()
            && !self.is_newer(reported);
        if same || self.is_deregistered() {
            return None;
        }
        let swapped = (role != self.role).then(|| self.role.clone());
        let previous_role = swapped.or_else(|| self.previous_role.clone());
        Some(Self {
            role,
            previous_role,
            reported_role: None,
            reported_at: reported.reported_at.max(self.reported_at),
            template_version: reported.template_version.clone(),
            template_id: reported.template_id.clone(),
            deployed_roles: reported.deployed_roles.clone(),
            ..self.next()
        })
    }

    /// Records a reported role that could not be verified. The account's own role is already
    /// recorded, and earlier reports are superseded.
    pub fn with_unverified_role(&self, reported: &ReportedRole) -> Option<Self> {
        let other = (reported.role_arn != self.role.arn).then(|| reported.clone());
        // Companion roles reported together with an unverified role belong to that role.
        let deployed_roles = match &other {
            Some(_) => &self.deployed_roles,
            None => &reported.deployed_roles,
        };
        let known = self.reported_role == other
            && *deployed_roles == self.deployed_roles
            && !self.is_newer(reported);
        (!known && !self.is_deregistered()).then(|| Self {
            reported_role: other,
            deployed_roles: deployed_roles.clone(),
            reported_at: reported.reported_at.max(self.reported_at),
            ..self.next()
        })
    }

    /// Whether the update is later than all processed ones.
    fn is_newer(&self, reported: &ReportedRole) -> bool {
        reported.reported_at > self.reported_at
    }

    /// The stack turned out to have a custom resource: its output was pasted before the callback
    /// arrived.
    pub fn with_custom_resource(&self, logical_resource_id: &str) -> Option<Self> {
        self.logical_resource_id.is_none().then(|| Self {
            logical_resource_id: Some(logical_resource_id.to_owned()),
            ..self.next()
        })
    }

    /// The stack has different companion roles than the record, or another template, or its template differs
    /// otherwise from the current one than at the last full check.
    pub fn with_stack(
        &self,
        stack: &SettledStack,
        comparison: &TemplateComparison<'_>,
    ) -> Option<Self> {
        let seen = Self {
            template_difference: match comparison {
                TemplateComparison::Skipped => self.template_difference.clone(),
                TemplateComparison::Same => None,
                TemplateComparison::Different(difference) => Some((*difference).clone()),
            },
            ..self.seen_in(stack)
        };
        let same = seen.deployed_roles == self.deployed_roles
            && seen.template_id == self.template_id
            && seen.template_version == self.template_version
            && seen.template_difference == self.template_difference;
        (!same && self.is_connected()).then(|| Self {
            version: self.next().version,
            ..seen
        })
    }

    /// The same version of the record, with what was read of the stack.
    #[must_use]
    pub fn seen_in(&self, stack: &SettledStack) -> Self {
        let (id, version) = (&stack.template_id, &stack.template_version);
        Self {
            deployed_roles: stack.deployed_roles.clone(),
            template_id: id.as_ref().unwrap_or(&self.template_id).clone(),
            template_version: version.as_ref().unwrap_or(&self.template_version).clone(),
            ..self.clone()
        }
    }

    /// Whether the stack has created a role for EC2 instances.
    pub fn has_instances(&self) -> bool {
        let mut made = self.seen_roles();
        made.any(|made| made.instance_profile_arn.is_some())
    }

    /// Whether the stack's observed roles match the requested ones.
    pub fn matches_request(&self) -> bool {
        let as_made = |role: &RequestedRole| {
            let mut made = self.seen_roles();
            made.any(|one| one.kind == role.kind && one.options.as_ref() == Some(&role.options))
        };
        self.deployed_roles.len() == self.companion_roles.len()
            && self.companion_roles.iter().all(as_made)
    }

    /// The stack's roles that the hub has observed. No others are ever shown to people.
    pub fn seen_roles(&self) -> impl Iterator<Item = &DeployedRole> {
        self.deployed_roles.iter().filter(|made| made.was_seen())
    }
}
