//! The kinds of companion roles that an onboarding stack can create, described once. The template,
//! the checks and the API are derived from these descriptions. CONTRIBUTING.md lists the other
//! places that a new kind needs.

use super::spec::{AwsPolicy, Contradiction, Inline, Managed, OptionSpec, RoleKind, Takes, Trust};
use crate::messages::{PolicyText, Purpose, RoleOption, RoleTitle, Rule};

const SSM_CORE: &str = "AmazonSSMManagedInstanceCore";

const CLOUDWATCH_AGENT: &str = "CloudWatchAgentServerPolicy";

pub static KINDS: [&RoleKind; 4] = [&AUTOMATION, &SWITCH_ROLE, &EC2_INSTANCE, &SSM_HYBRID];

static AUTOMATION: RoleKind = RoleKind {
    name: "automation",
    logical_id: "Rolecall",
    title: "The hub's own role",
    label: RoleTitle::Hub,
    purpose: Purpose::Automation,
    always: true,
    trust: &[Trust::Hub],
    policies: &[],
    inline: &[],
    instance_profile: false,
    one_per_account: false,
    options: &[],
    contradictions: &[],
    sources: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    ],
};

pub static SWITCH_ROLE: RoleKind = RoleKind {
    name: "switch-role",
    logical_id: "SwitchRole",
    title: "A role that users can switch to",
    label: RoleTitle::SwitchRole,
    purpose: Purpose::SwitchRole,
    always: false,
    trust: &[Trust::Account {
        option: "trusted_account_id",
        mfa: "require_mfa",
    }],
    policies: &[Managed::Chosen("policies")],
    inline: &[],
    instance_profile: false,
    one_per_account: false,
    options: &[
        OptionSpec {
            name: "trusted_account_id",
            label: RoleOption::TrustedAccount,
            about: "The bastion account, whose users can switch to the role. Can't be the hub's own account.",
            takes: Takes::AccountId,
        },
        OptionSpec {
            name: "policies",
            label: RoleOption::UserPolicies,
            about: "Policies that define what users can do after switching.",
            takes: Takes::Policies {
                known: &[
                    AwsPolicy {
                        path: "job-function/ViewOnlyAccess",
                        allows: PolicyText::ViewOnly,
                    },
                    AwsPolicy {
                        path: "ReadOnlyAccess",
                        allows: PolicyText::ReadOnly,
                    },
                    AwsPolicy {
                        path: "PowerUserAccess",
                        allows: PolicyText::PowerUser,
                    },
                    AwsPolicy {
                        path: "AdministratorAccess",
                        allows: PolicyText::Administrator,
                    },
                ],
                default: "ViewOnlyAccess",
            },
        },
        OptionSpec {
            name: "require_mfa",
            label: RoleOption::RequireMfa,
            about: "Whether users must sign in with MFA.",
            takes: Takes::Flag { default: true },
        },
        OptionSpec {
            name: "max_session_seconds",
            label: RoleOption::SessionDuration,
            about: "Maximum session duration, in seconds.",
            takes: Takes::Seconds {
                default: 3600,
                least: 3600,
                most: 43200,
            },
        },
        OptionSpec {
            name: "path",
            label: RoleOption::Path,
            about: "IAM path of the role.",
            takes: Takes::RolePath,
        },
    ],
    contradictions: &[Contradiction::PolicyStandsAlone {
        list: "policies",
        policy: "AdministratorAccess",
        why: Rule::AdministratorAlone,
    }],
    sources: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html",
    ],
};

static EC2_INSTANCE: RoleKind = RoleKind {
    name: "ec2-instance",
    logical_id: "Ec2Instance",
    title: "A role for EC2 instances",
    label: RoleTitle::Ec2Instance,
    purpose: Purpose::Ec2Instance,
    always: false,
    trust: &[
        Trust::Service {
            name: "ec2",
            of_partition: true,
            when: None,
            source_account: false,
        },
        Trust::Service {
            name: "ssm",
            of_partition: false,
            when: Some("trust_ssm"),
            source_account: true,
        },
    ],
    policies: &[Managed::Chosen("policies")],
    inline: &[],
    instance_profile: true,
    one_per_account: false,
    options: &[
        OptionSpec {
            name: "policies",
            label: RoleOption::InstancePolicies,
            about: "Policies that define what the instances can do.",
            takes: Takes::Policies {
                known: &[
                    AwsPolicy {
                        path: "AmazonEC2ReadOnlyAccess",
                        allows: PolicyText::Ec2ReadOnly,
                    },
                    AwsPolicy {
                        path: SSM_CORE,
                        allows: PolicyText::SsmCore,
                    },
                    AwsPolicy {
                        path: CLOUDWATCH_AGENT,
                        allows: PolicyText::CloudWatchAgent,
                    },
                    AwsPolicy {
                        path: "AmazonS3ReadOnlyAccess",
                        allows: PolicyText::S3ReadOnly,
                    },
                ],
                default: "AmazonEC2ReadOnlyAccess",
            },
        },
        OptionSpec {
            name: "trust_ssm",
            label: RoleOption::TrustSsm,
            about: "Whether AWS Systems Manager can also assume the role.",
            takes: Takes::Flag { default: false },
        },
    ],
    contradictions: &[Contradiction::FlagNeedsPolicy {
        flag: "trust_ssm",
        list: "policies",
        policy: SSM_CORE,
        why: Rule::SsmNeedsCore,
    }],
    sources: &[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html",
    ],
};

static SSM_HYBRID: RoleKind = RoleKind {
    name: "ssm-hybrid",
    logical_id: "SsmHybrid",
    title: "A service role for machines outside AWS",
    label: RoleTitle::SsmHybrid,
    purpose: Purpose::SsmHybrid,
    always: false,
    trust: &[Trust::Service {
        name: "ssm",
        of_partition: false,
        when: None,
        source_account: true,
    }],
    policies: &[
        Managed::Always(SSM_CORE),
        Managed::When {
            flag: "directory_service",
            policy: "AmazonSSMDirectoryServiceAccess",
        },
        Managed::When {
            flag: "cloudwatch_agent",
            policy: CLOUDWATCH_AGENT,
        },
    ],
    inline: &[
        Inline {
            name: "OwnBuckets",
            option: "s3_buckets",
            actions: &[
                "s3:GetObject",
                "s3:PutObject",
                "s3:PutObjectAcl",
                "s3:GetEncryptionConfiguration",
            ],
            resources: &[
                ("arn:${Partition}:s3:::", ""),
                ("arn:${Partition}:s3:::", "/*"),
            ],
        },
        Inline {
            name: "PatchBaselineSnapshots",
            option: "patch_baseline_regions",
            actions: &["s3:GetObject"],
            resources: &[("arn:${Partition}:s3:::patch-baseline-snapshot-", "/*")],
        },
    ],
    instance_profile: false,
    one_per_account: true,
    options: &[
        OptionSpec {
            name: "directory_service",
            label: RoleOption::JoinDirectory,
            about: "Whether Windows machines can join a directory (AmazonSSMDirectoryServiceAccess).",
            takes: Takes::Flag { default: false },
        },
        OptionSpec {
            name: "cloudwatch_agent",
            label: RoleOption::CloudWatchAgent,
            about: "Whether the machines can run the CloudWatch agent (CloudWatchAgentServerPolicy).",
            takes: Takes::Flag { default: false },
        },
        OptionSpec {
            name: "s3_buckets",
            label: RoleOption::Buckets,
            about: "Your own S3 buckets, for output or for access through a VPC endpoint.",
            takes: Takes::Buckets,
        },
        OptionSpec {
            name: "patch_baseline_regions",
            label: RoleOption::PatchBaselines,
            about: "Regions whose patch-baseline-snapshot bucket Patch Manager needs, if the machines are behind a firewall.",
            takes: Takes::Regions,
        },
    ],
    contradictions: &[],
    sources: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html",
    ],
};

impl RoleKind {
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.into_iter().find(|kind| kind.name == name)
    }

    /// All kinds, including the hub's own role.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        KINDS.into_iter()
    }

    /// The kinds that can be requested.
    pub fn companions() -> impl Iterator<Item = &'static Self> {
        Self::all().filter(|kind| !kind.always)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Invariants that the template, the checks and the API depend on.
    #[test]
    fn catalog_entries_are_consistent() {
        let mut names = BTreeSet::new();
        for kind in KINDS {
            assert!(names.insert(kind.name) && names.insert(kind.logical_id));
            let takes = |name: &str| kind.option(name).map(|option| &option.takes);
            let flag = |name: &str| matches!(takes(name), Some(Takes::Flag { .. }));
            for trust in kind.trust {
                match trust {
                    Trust::Service { when, .. } => assert!(when.is_none_or(flag)),
                    Trust::Account { option, mfa } => {
                        assert_eq!(takes(option), Some(&Takes::AccountId));
                        assert!(flag(mfa));
                    }
                    Trust::Hub => assert!(kind.always),
                }
            }
            for policy in kind.policies {
                match policy {
                    Managed::Always(_) => {}
                    Managed::When { flag: option, .. } => assert!(flag(option)),
                    Managed::Chosen(list) => {
                        assert!(matches!(takes(list), Some(Takes::Policies { .. })));
                    }
                }
            }
            for inline in kind.inline {
                let list = takes(inline.option);
                assert!(matches!(list, Some(Takes::Buckets | Takes::Regions)));
            }
            assert!(kind.sources.iter().all(|url| url.starts_with("https://")));
        }
    }
}
