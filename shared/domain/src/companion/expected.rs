//! The expected role, derived from the chosen options.

use super::kind::Kind;
use super::options::Options;
use super::role::DeployedRole;
use super::spec::{Inline, Managed, Takes, Trust, service_name};
use super::value::{aws_policy_arn, policy_arn};
use crate::aws::{AwsAccountId, Partition};
use crate::iam::trust::Admitted;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A role as its options define it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedRole {
    pub trusted: Vec<Trusted>,
    /// ARNs of the managed policies.
    pub managed: BTreeSet<String>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Value>,
    /// The maximum session duration, for kinds where it can be chosen.
    pub session_seconds: Option<u32>,
    pub instance_profile: bool,
    partition: Partition,
    own_account: AwsAccountId,
}

/// A principal that the role's trust policy allows, and its conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trusted {
    Service {
        name: String,
        /// Limits the service to resources of the role's own account.
        source_account: bool,
    },
    Account {
        id: AwsAccountId,
        mfa: bool,
    },
}

impl ExpectedRole {
    /// `None` if the options in force are unknown.
    pub fn of(deployed: &DeployedRole) -> Option<Self> {
        let (partition, own_account) = (deployed.role_arn.partition(), deployed.role_arn.account());
        let options = deployed.options.as_ref()?;
        Some(Self::with(deployed.kind, options, partition, own_account))
    }

    pub fn with(kind: Kind, options: &Options, partition: Partition, own: &AwsAccountId) -> Self {
        let trusted = kind.trust.iter();
        let session = kind.option_taking(|takes| matches!(takes, Takes::Seconds { .. }));
        Self {
            trusted: trusted
                .filter_map(|one| trusted_by(one, options, partition))
                .collect(),
            managed: managed(kind, options, partition),
            inline: kind
                .inline
                .iter()
                .filter(|inline| !options.list(inline.option).is_empty())
                .map(|one| (one.name.to_owned(), document(one, options, partition)))
                .collect(),
            session_seconds: session.and_then(|option| options.number(option.name)),
            instance_profile: kind.instance_profile,
            partition,
            own_account: own.clone(),
        }
    }

    /// The managed policies that are not AWS's.
    pub fn customer_managed(&self) -> Vec<String> {
        let public = format!("arn:{}:iam::aws:policy/", self.partition.as_str());
        let own = self.managed.iter().filter(|arn| !arn.starts_with(&public));
        own.cloned().collect()
    }

    /// The trust policy as the template defines it.
    pub fn trust_policy(&self) -> Value {
        self.trust_policy_in(self.own_account.as_str())
    }

    /// The trust policy, with another text for the role's own account.
    pub fn trust_policy_in(&self, own: &str) -> Value {
        let statements = self.trusted.iter().map(|one| self.statement(one, own));
        let statements: Vec<Value> = statements.collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    fn statement(&self, trusted: &Trusted, own: &str) -> Value {
        let partition = self.partition.as_str();
        let (principal, condition) = match trusted {
            Trusted::Service {
                name,
                source_account,
            } => {
                let service = name.split('.').next().unwrap_or(name);
                let source = json!({
                    "StringEquals": {"aws:SourceAccount": own},
                    "ArnLike": {"aws:SourceArn": format!("arn:{partition}:{service}:*:{own}:*")},
                });
                (json!({"Service": name}), source_account.then_some(source))
            }
            Trusted::Account { id, mfa } => {
                let signed_in = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
                let root = format!("arn:{partition}:iam::{id}:root");
                (json!({"AWS": root}), mfa.then_some(signed_in))
            }
        };
        let mut statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        statement
    }

    /// The principals that should be able to assume the role, for the trust policy reader.
    pub(crate) fn admitted(&self) -> Vec<Admitted<'_>> {
        let each = self.trusted.iter().map(|trusted| match trusted {
            Trusted::Service {
                name,
                source_account,
            } => Admitted::Service {
                name,
                own: &self.own_account,
                for_own_only: *source_account,
            },
            Trusted::Account { id, mfa } => Admitted::Account { id, mfa: *mfa },
        });
        each.collect()
    }

    /// Whether the role should trust the account.
    pub(crate) fn trusts(&self, account: &AwsAccountId) -> bool {
        let mut trusted = self.trusted.iter();
        trusted.any(|one| matches!(one, Trusted::Account { id, .. } if id == account))
    }

    pub(crate) fn own_account(&self) -> &AwsAccountId {
        &self.own_account
    }
}

fn trusted_by(trust: &Trust, options: &Options, partition: Partition) -> Option<Trusted> {
    match trust {
        Trust::Service {
            name,
            of_partition,
            when,
            source_account,
        } => {
            let there = when.is_none_or(|flag| options.flag(flag));
            there.then(|| Trusted::Service {
                name: service_name(name, *of_partition, partition),
                source_account: *source_account,
            })
        }
        Trust::Account { option, mfa } => Some(Trusted::Account {
            id: AwsAccountId::parse(options.text(option)).ok()?,
            mfa: options.flag(mfa),
        }),
        Trust::Hub => None,
    }
}

fn managed(kind: Kind, options: &Options, partition: Partition) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    for policy in kind.policies {
        match policy {
            Managed::Always(policy) => {
                arns.insert(aws_policy_arn(policy, partition));
            }
            Managed::When { flag, policy } => {
                if options.flag(flag) {
                    arns.insert(aws_policy_arn(policy, partition));
                }
            }
            Managed::Chosen(list) => {
                let known = match kind.option(list).map(|option| &option.takes) {
                    Some(Takes::Policies { known, .. }) => *known,
                    _ => &[],
                };
                let names = options.list(list).iter();
                arns.extend(names.map(|name| policy_arn(known, name, partition)));
            }
        }
    }
    arns
}

fn document(inline: &Inline, options: &Options, partition: Partition) -> Value {
    let resources: Vec<String> = inline
        .resources
        .iter()
        .flat_map(|(before, after)| {
            let before = before.replace("${Partition}", partition.as_str());
            let values = options.list(inline.option).iter();
            values.map(move |value| format!("{before}{value}{after}"))
        })
        .collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": inline.actions, "Resource": resources}],
    })
}
