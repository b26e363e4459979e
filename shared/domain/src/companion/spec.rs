//! What a kind of companion role is described by.

use crate::aws::Partition;
use crate::messages::Rule;

/// One kind of role: who may assume it, what it may do, and what can be chosen about it.
#[derive(Debug, PartialEq, Eq)]
pub struct RoleKind {
    /// As the API calls it.
    pub name: &'static str,
    /// The template's parameter, and how the names of its resources begin.
    pub logical_id: &'static str,
    pub title: &'static str,
    /// One sentence, for the person who reviews the stack.
    pub purpose: &'static str,
    /// Made with every stack, by the template itself: it can't be asked for.
    pub always: bool,
    pub trust: &'static [Trust],
    pub policies: &'static [Managed],
    pub inline: &'static [Inline],
    /// Whether EC2 needs an instance profile around it, with this role alone.
    pub instance_profile: bool,
    /// Whether an AWS account needs one at most.
    pub one_per_account: bool,
    pub options: &'static [OptionSpec],
    pub contradictions: &'static [Contradiction],
    /// The documents of AWS that say so.
    pub sources: &'static [&'static str],
}

/// Whom the trust policy lets in.
#[derive(Debug, PartialEq, Eq)]
pub enum Trust {
    /// An AWS service, always or where a flag says so.
    Service {
        /// Without `.amazonaws.com`.
        name: &'static str,
        /// Whether its name ends in the partition's own domain: EC2's does in China.
        of_partition: bool,
        when: Option<&'static str>,
        /// Only for what it does in the role's own account: no confused deputy.
        source_account: bool,
    },
    /// The users of the account that an option names.
    Account {
        option: &'static str,
        /// The flag that demands multi-factor authentication.
        mfa: &'static str,
    },
    /// The hub's own roles, with the registration's external ID.
    Hub,
}

/// A managed policy that is attached.
#[derive(Debug, PartialEq, Eq)]
pub enum Managed {
    /// One of AWS's own.
    Always(&'static str),
    When {
        flag: &'static str,
        policy: &'static str,
    },
    /// Those that an option lists.
    Chosen(&'static str),
}

/// A policy inside the role, there when its list has anything in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Inline {
    pub name: &'static str,
    pub option: &'static str,
    pub actions: &'static [&'static str],
    /// What each resource's ARN is made of: before and after a value of the list.
    pub resources: &'static [(&'static str, &'static str)],
}

/// Something that can be chosen.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    pub name: &'static str,
    pub about: &'static str,
    pub takes: Takes,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Takes {
    /// Twelve digits; it must be given.
    AccountId,
    Flag {
        default: bool,
    },
    /// A session's length.
    Seconds {
        default: u32,
        least: u32,
        most: u32,
    },
    /// A short path of IAM's under [`PATH`].
    RolePath,
    /// Managed policies: AWS's own by these names, others by their ARNs.
    Policies {
        known: &'static [AwsPolicy],
        default: &'static str,
    },
    Buckets,
    Regions,
}

/// A policy of AWS's own: what follows `:policy/` in its ARN is path and name.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsPolicy(pub &'static str);

impl AwsPolicy {
    pub fn name(&self) -> &'static str {
        self.0.rsplit('/').next().unwrap_or(self.0)
    }
}

/// Options that can't both be meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// With the flag, the list has to have the policy.
    FlagNeedsPolicy {
        flag: &'static str,
        list: &'static str,
        policy: &'static str,
        why: Rule,
    },
    /// This policy stands alone in its list.
    PolicyStandsAlone {
        list: &'static str,
        policy: &'static str,
        why: Rule,
    },
}

/// The IAM path of everything that companion roles consist of. The hub's policies allow AssumeRole
/// under `/rolecall/` only, so they reach none of it.
pub const PATH: &str = "/companion/";

/// More policies can't be attached to a role, by IAM's default quota.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MOST_POLICIES: usize = 10;

/// Buckets or Regions in a list: an inline policy has room for so many.
pub const MOST_IN_A_LIST: usize = 5;

/// A service as a trust policy calls it.
pub fn service_name(name: &str, of_partition: bool, partition: Partition) -> String {
    let domain = match of_partition {
        true => partition.principal_suffix(),
        false => Partition::Aws.principal_suffix(),
    };
    format!("{name}.{domain}")
}

impl RoleKind {
    /// The stack's output with the role's ARN.
    pub fn role_output(&self) -> String {
        format!("{}RoleArn", self.logical_id)
    }

    /// The stack's output with the instance profile's ARN.
    pub fn profile_output(&self) -> String {
        format!("{}InstanceProfileArn", self.logical_id)
    }

    /// The template's role of this kind.
    pub fn role_resource(&self) -> String {
        format!("{}Role", self.logical_id)
    }

    /// The template's instance profile, where the kind has one.
    pub fn profile_resource(&self) -> String {
        format!("{}InstanceProfile", self.logical_id)
    }

    /// The option that lists its policies, where they are chosen.
    pub fn chosen_policies(&self) -> Option<&'static str> {
        match self.policies {
            [Managed::Chosen(list)] => Some(list),
            _ => None,
        }
    }

    pub fn option(&self, name: &str) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The option that takes such values: the session's length, or the path.
    pub fn option_taking(&self, is: fn(&Takes) -> bool) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| is(&option.takes))
    }
}
