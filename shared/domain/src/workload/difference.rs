//! How two publications of workloads differ.

use super::{WorkloadRule, Workloads};
use crate::messages::{Names, WorkloadDifference};
use std::collections::BTreeSet;

/// The change of an issuer or a rule.
pub type WorkloadChange = WorkloadDifference;

impl Workloads {
    /// Every issuer by name, then the rules in the files' order.
    pub fn changes_to(&self, new: &Self) -> Vec<WorkloadChange> {
        let names: BTreeSet<_> = self.issuers.keys().chain(new.issuers.keys()).collect();
        let issuers = names.into_iter().filter_map(|name| {
            let text = name.to_string();
            match (self.issuers.get(name), new.issuers.get(name)) {
                (former, Some(new)) if former == Some(new) => None,
                (former, Some(new)) => {
                    let (issuer, audience) = (new.issuer.to_string(), new.audience.to_string());
                    Some(match former {
                        None => WorkloadChange::IssuerAdded {
                            name: text,
                            issuer,
                            audience,
                        },
                        Some(_) => WorkloadChange::IssuerChanged {
                            name: text,
                            issuer,
                            audience,
                        },
                    })
                }
                (_, None) => Some(WorkloadChange::IssuerRemoved { name: text }),
            }
        });
        let lost = self.rules.iter().filter(|rule| !new.rules.contains(rule));
        let gained = new.rules.iter().filter(|rule| !self.rules.contains(rule));
        let lost = lost.map(|rule| {
            let (subject, profiles) = (subject(rule), profiles(rule));
            WorkloadChange::NoLonger { subject, profiles }
        });
        let gained = gained.map(|rule| {
            let (subject, profiles) = (subject(rule), profiles(rule));
            match &rule.tenants {
                None => WorkloadChange::Gets { subject, profiles },
                Some(tenants) => WorkloadChange::GetsIn {
                    subject,
                    profiles,
                    tenants: Names(tenants.iter().map(ToString::to_string).collect()),
                },
            }
        });
        issuers.chain(lost).chain(gained).collect()
    }
}

fn subject(rule: &WorkloadRule) -> String {
    format!("{}/{}", rule.issuer, rule.subject)
}

fn profiles(rule: &WorkloadRule) -> Names {
    Names(rule.profiles.iter().map(ToString::to_string).collect())
}
