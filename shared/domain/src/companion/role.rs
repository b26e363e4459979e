//! Companion roles as requested, and as deployed by a stack.

use super::kind::Kind;
use super::options::Options;
use crate::aws::{AwsAccountId, InstanceProfileArn, Partition, RoleArn, RoleUniqueId, StackId};
use serde::{Deserialize, Serialize};

/// A requested role with all of its options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedRole {
    pub kind: Kind,
    pub options: Options,
}

/// A role that a stack has created, as the stack reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedRole {
    pub kind: Kind,
    /// The options in force, from the template that the stack reports. `None` if the hub has no
    /// record of that template, or if the template has no such role: someone edited it.
    pub options: Option<Options>,
    pub role_arn: RoleArn,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile_arn: Option<InstanceProfileArn>,
    /// IAM's unique ID, once the hub has observed the role in the stack; `None` for unverified
    /// claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<RoleUniqueId>,
    /// The last check found that the role was deleted, or that another role has its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
}

impl DeployedRole {
    /// Whether the hub ever observed this role in the stack.
    pub fn was_seen(&self) -> bool {
        self.unique_id.is_some()
    }

    /// Whether links and profiles may refer to the role.
    pub fn is_proven(&self) -> bool {
        self.was_seen() && !self.is_lost
    }

    /// The role with its options in the template of its stack.
    #[must_use]
    pub fn with_options(self, options: Option<&Options>) -> Self {
        Self {
            options: options.cloned(),
            ..self
        }
    }

    /// Whether both describe the same deployed role, regardless of what the hub has verified.
    pub fn reports_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.options == other.options
            && self.role_arn == other.role_arn
            && self.instance_profile_arn == other.instance_profile_arn
    }

    /// Parses what a stack reports about one of its roles. `None` if the ARNs belong to another
    /// account, because the stack can't have created them. The options are those of its template,
    /// see [`DeployedRole::with_options`].
    pub fn read(
        stack: &StackId,
        kind: Kind,
        role_arn: &str,
        instance_profile_arn: Option<&str>,
    ) -> Option<Self> {
        let role_arn = RoleArn::parse(role_arn).ok()?;
        let profile = instance_profile_arn.map(InstanceProfileArn::parse);
        let profile = profile.transpose().ok()?;
        let home = |partition: Partition, account: Option<&AwsAccountId>| {
            partition == stack.partition() && account == Some(stack.account())
        };
        let foreign_profile =
            |arn: &InstanceProfileArn| !home(arn.partition(), arn.account().as_ref());
        if !home(role_arn.partition(), Some(role_arn.account()))
            || profile.as_ref().is_some_and(foreign_profile)
        {
            return None;
        }
        Some(Self {
            kind,
            options: None,
            role_arn,
            instance_profile_arn: profile,
            unique_id: None,
            is_lost: false,
        })
    }
}
