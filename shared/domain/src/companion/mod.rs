//! Roles that an onboarding stack makes beside the hub's own. [`catalogue`] describes the kinds,
//! [`options`] reads what was chosen, [`intended`] says what the role should be like then, and
//! [`inspect`] compares that with the role as it is.

pub mod aws_config;
pub mod catalogue;
pub mod encoded_message;
pub mod inspect;
pub mod intended;
pub mod options;
pub mod people;
pub mod proof;
pub mod simulation;
mod trust_checks;

use crate::aws::{AwsAccountId, InstanceProfileArn, Partition, RoleArn, RoleUniqueId, StackId};
use catalogue::RoleKind;
use options::Options;
pub use options::read_all;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;

/// A kind of the catalogue, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Kind(&'static RoleKind);

impl Kind {
    pub fn parse(name: &str) -> Option<Self> {
        RoleKind::named(name).map(Self)
    }

    pub const SWITCH_ROLE: Self = Self(&catalogue::SWITCH_ROLE);

    /// Those that can be asked for.
    pub fn companions() -> impl Iterator<Item = Self> {
        RoleKind::companions().map(Self)
    }
}

impl Deref for Kind {
    type Target = RoleKind;
    fn deref(&self) -> &RoleKind {
        self.0
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> Self {
        kind.0.name
    }
}

impl TryFrom<String> for Kind {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name).ok_or_else(|| format!("{name} is no kind of role"))
    }
}

/// A role that is asked for, with all of its options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanionRole {
    pub kind: Kind,
    pub options: Options,
}

impl CompanionRole {
    /// The template's parameter that asks for it.
    pub fn parameter(&self, partition: Partition) -> (&'static str, String) {
        let value = self.options.to_parameter(self.kind, partition);
        (self.kind.0.logical_id, value)
    }
}

/// A role that a stack has made, as the stack tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeRole {
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

impl MadeRole {
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
    roles: &[CompanionRole],
    partition: Partition,
) -> impl Iterator<Item = (&'static str, String)> {
    Kind::companions().map(move |kind| {
        let chosen = roles.iter().find(|role| role.kind == kind);
        let absent = || (kind.0.logical_id, Options::no_role(&kind));
        chosen.map_or_else(absent, |role| role.parameter(partition))
    })
}
