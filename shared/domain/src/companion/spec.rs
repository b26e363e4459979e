//! The data types that describe a kind of companion role.

use crate::aws::MANAGED_POLICIES_PER_ROLE;
use crate::aws::Partition;
use crate::messages::{PolicyText, Purpose, RoleOption, RoleTitle, Rule};

/// A kind of role: who may assume it, its permissions, and its options.
#[derive(Debug, PartialEq, Eq)]
pub struct RoleKind {
    /// The name in the API.
    pub name: &'static str,
    /// The template's parameter, and the prefix of its resources' names.
    pub logical_id: &'static str,
    pub title: &'static str,
    /// For pages, in the reader's language.
    pub label: RoleTitle,
    /// One sentence, for the person who reviews the stack.
    pub purpose: Purpose,
    /// Created by every stack; can't be requested.
    pub always: bool,
    pub trust: &'static [Trust],
    pub policies: &'static [Managed],
    pub inline: &'static [Inline],
    /// Whether EC2 needs an instance profile that contains only this role.
    pub instance_profile: bool,
    /// Whether an AWS account needs at most one.
    pub one_per_account: bool,
    pub options: &'static [OptionSpec],
    pub contradictions: &'static [Contradiction],
    /// The AWS documentation that this description follows.
    pub sources: &'static [&'static str],
}

/// A principal that the trust policy allows.
#[derive(Debug, PartialEq, Eq)]
pub enum Trust {
    /// An AWS service, always or if a flag is set.
    Service {
        /// Without `.amazonaws.com`.
        name: &'static str,
        /// Whether the name ends in the partition's domain, as EC2's does in China.
        of_partition: bool,
        when: Option<&'static str>,
        /// Limits the service to resources of the role's own account, to prevent a confused deputy.
        source_account: bool,
    },
    /// The users of the account that an option names.
    Account {
        option: &'static str,
        /// The flag that requires MFA.
        mfa: &'static str,
    },
    /// The hub's roles, with the registration's external ID.
    Hub,
}

/// An attached managed policy.
#[derive(Debug, PartialEq, Eq)]
pub enum Managed {
    /// An AWS managed policy.
    Always(&'static str),
    When {
        flag: &'static str,
        policy: &'static str,
    },
    /// The policies that an option lists.
    Chosen(&'static str),
}

/// An inline policy, present if its option's list is not empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Inline {
    pub name: &'static str,
    pub option: &'static str,
    pub actions: &'static [&'static str],
    /// The parts of each resource's ARN before and after a value from the list.
    pub resources: &'static [(&'static str, &'static str)],
}

/// An option of a role.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    pub name: &'static str,
    pub label: RoleOption,
    pub about: &'static str,
    pub takes: Takes,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Takes {
    /// A required 12-digit account ID.
    AccountId,
    Flag {
        default: bool,
    },
    /// A session duration.
    Seconds {
        default: u32,
        least: u32,
        most: u32,
    },
    /// A short IAM path under [`PATH`].
    RolePath,
    /// Managed policies: AWS's by name, others by ARN.
    Policies {
        known: &'static [AwsPolicy],
        default: &'static str,
    },
    Buckets,
    Regions,
}

/// An AWS managed policy.
#[derive(Debug, PartialEq, Eq)]
pub struct AwsPolicy {
    /// The path and name that follow `:policy/` in its ARN.
    pub path: &'static str,
    /// What it allows.
    pub allows: PolicyText,
}

impl AwsPolicy {
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// Options that can't be combined.
#[derive(Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The flag requires the policy in the list.
    FlagNeedsPolicy {
        flag: &'static str,
        list: &'static str,
        policy: &'static str,
        why: Rule,
    },
    /// The policy must be the only one in the list.
    PolicyStandsAlone {
        list: &'static str,
        policy: &'static str,
        why: Rule,
    },
}

/// The IAM path of all companion role resources. The hub's policies allow AssumeRole only under
/// `/rolecall/`, which never includes this path.
pub const PATH: &str = "/companion/";

/// The maximum number of policies that can be chosen for a role.
pub const MOST_POLICIES: usize = MANAGED_POLICIES_PER_ROLE;

/// The maximum number of buckets or Regions in a list, limited by the size of an inline policy.
pub const MOST_IN_A_LIST: usize = 5;

/// The service's principal in a trust policy.
pub fn service_name(name: &str, of_partition: bool, partition: Partition) -> String {
    let domain = match of_partition {
        true => partition.principal_suffix(),
        false => Partition::Aws.principal_suffix(),
    };
    format!("{name}.{domain}")
}

impl RoleKind {
    /// The stack output that contains the role's ARN.
    pub fn role_output(&self) -> String {
        format!("{}RoleArn", self.logical_id)
    }

    /// The stack output that contains the instance profile's ARN.
    pub fn profile_output(&self) -> String {
        format!("{}InstanceProfileArn", self.logical_id)
    }

    /// The template's logical ID of the role.
    pub fn role_resource(&self) -> String {
        format!("{}Role", self.logical_id)
    }

    /// The template's logical ID of the instance profile, for kinds that have one.
    pub fn profile_resource(&self) -> String {
        format!("{}InstanceProfile", self.logical_id)
    }

    /// The option that lists the policies, for kinds whose policies are chosen.
    pub fn chosen_policies(&self) -> Option<&'static str> {
        match self.policies {
            [Managed::Chosen(list)] => Some(list),
            _ => None,
        }
    }

    pub fn option(&self, name: &str) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The first option whose type matches, such as the session duration or the path.
    pub fn option_taking(&self, is: fn(&Takes) -> bool) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| is(&option.takes))
    }
}
