//! Companion roles: as they are asked for, and as a stack has made them.

use super::kind::Kind;
use super::options::Options;
use crate::aws::{AwsAccountId, InstanceProfileArn, Partition, RoleArn, RoleUniqueId, StackId};
use serde::{Deserialize, Serialize};

/// A role that is asked for, with all of its options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedRole {
    pub kind: Kind,
    pub options: Options,
}

impl RequestedRole {
    /// The template's parameter that asks for it.
    pub fn parameter(&self, partition: Partition) -> (&'static str, String) {
        let value = self.options.to_parameter(self.kind, partition);
        (self.kind.logical_id, value)
    }
}

/// A role that a stack has made, as the stack tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedRole {
    pub kind: Kind,
    /// The options in force: the stack's own parameter. None if it can't be read, which only
    /// somebody who wrote it by hand brings about.
    pub options: Option<Options>,
    pub role_arn: RoleArn,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile_arn: Option<InstanceProfileArn>,
    /// IAM's own id, once the hub has seen the role in the stack; none for what is only said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<RoleUniqueId>,
    /// The last look found it gone, or another role under its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
}

impl DeployedRole {
    /// Whether this very role was ever seen in the stack.
    pub fn was_seen(&self) -> bool {
        self.unique_id.is_some()
    }

    /// Whether people may be pointed to it.
    pub fn is_proven(&self) -> bool {
        self.was_seen() && !self.is_lost
    }

    /// Whether both say the same of one role, whatever the hub knows about it.
    pub fn reports_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.options == other.options
            && self.role_arn == other.role_arn
            && self.instance_profile_arn == other.instance_profile_arn
    }

    /// Reads what a stack says of a role of its own: the parameter and the ARNs that it made. None
    /// where it can't have made them, because they are another account's.
    pub fn read(
        stack: &StackId,
        kind: Kind,
        parameter: &str,
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
            options: Options::from_parameter(kind, parameter, role_arn.partition()),
            role_arn,
            instance_profile_arn: profile,
            unique_id: None,
            is_lost: false,
        })
    }
}

/// The template's parameters for these roles: every kind's, whether or not it is among them.
pub fn parameters(
    roles: &[RequestedRole],
    partition: Partition,
) -> impl Iterator<Item = (&'static str, String)> {
    Kind::companions().map(move |kind| {
        let chosen = roles.iter().find(|role| role.kind == kind);
        let absent = || (kind.logical_id, Options::no_role(&kind));
        chosen.map_or_else(absent, |role| role.parameter(partition))
    })
}
