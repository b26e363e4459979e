//! Drift between a role's permissions and those that its template grants.

use super::expected::Expected;
use super::observed::StackFacts;
use super::template_policy::{self, Parameters};
use crate::companion::DeployedRole;
use crate::iam::grants::{Grant, missing_from};
use crate::iam::work::Work;
use crate::iam::{PolicyDocument, PolicyError};
use crate::link::template::TemplatePermissions;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The difference from the closest publication of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Permissions that the template grants and the role lacks.
    pub missing: BTreeSet<Grant>,
    /// Permissions that the role has and the template does not grant.
    pub extra: BTreeSet<Grant>,
    pub closest: Closest,
    /// The inline policies of that publication, by name.
    pub policies: BTreeMap<String, Value>,
}

/// The publication that a role is closest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closest {
    /// The newest publication of the current template version.
    Current,
    /// The newest publication of the stack's recorded version.
    Recorded,
    Earlier,
}

impl Drift {
    fn size(&self) -> usize {
        self.missing.len() + self.extra.len()
    }
}

/// Why a role's policies can't be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCompared {
    #[error("its template's permissions are not on record")]
    NotOnRecord,
    #[error("one of its template's policies can't be read ({0})")]
    OwnPolicy(PolicyError),
    #[error("one of its other policies can't be read ({0})")]
    AnotherPolicy(PolicyError),
}

/// Compares the role's inline policies with those of each publication of its template.
///
/// # Errors
/// The reason why the policies can't be compared.
pub fn drift(
    expected: &Expected,
    stack: &StackFacts,
    deployed: &[&DeployedRole],
    inline: &BTreeMap<String, String>,
) -> Result<Drift, NotCompared> {
    let actual = read_all(inline)?;
    let mut closest: Option<Drift> = None;
    let mut obstacle = NotCompared::NotOnRecord;
    // All publications share one work budget. Publications after it is used up are not compared.
    let mut work = Work::default();
    let parameters = Parameters::Read(stack);
    for permissions in &expected.permissions {
        let is_current = expected
            .current_template
            .as_ref()
            .is_some_and(|current| current.version == permissions.version);
        let text = &permissions.self_inspection;
        let written = template_policy::self_inspection(text, expected, &parameters, deployed);
        let written = written.ok_or(NotCompared::OwnPolicy(PolicyError::Malformed))?;
        let own = PolicyDocument::parse(&written.to_string()).map_err(NotCompared::OwnPolicy)?;
        for (age, operator) in permissions.operator_policies.iter().enumerate() {
            let place = match (age, is_current) {
                (0, true) => Closest::Current,
                (0, false) => Closest::Recorded,
                _ => Closest::Earlier,
            };
            let found = match between(&own, operator, &actual, place, &mut work) {
                Ok(found) => Drift {
                    policies: template_policy::by_name(&written, operator),
                    ..found
                },
                Err(error) => {
                    obstacle = error;
                    continue;
                }
            };
            if closest.as_ref().is_none_or(|one| found.size() < one.size()) {
                closest = Some(found);
            }
            if closest.as_ref().is_some_and(|one| one.size() == 0) {
                break;
            }
        }
    }
    closest.ok_or(obstacle)
}

fn read_all(inline: &BTreeMap<String, String>) -> Result<Vec<PolicyDocument>, NotCompared> {
    let read = |(name, text): (&String, &String)| {
        let is_own = TemplatePermissions::POLICY_NAMES.contains(&name.as_str());
        PolicyDocument::parse(text).map_err(match is_own {
            true => NotCompared::OwnPolicy,
            false => NotCompared::AnotherPolicy,
        })
    };
    inline.iter().map(read).collect()
}

fn between(
    own: &PolicyDocument,
    operator: &str,
    actual: &[PolicyDocument],
    closest: Closest,
    work: &mut Work,
) -> Result<Drift, NotCompared> {
    let mut template = vec![own.clone()];
    if !operator.is_empty() {
        template.push(PolicyDocument::parse(operator).map_err(NotCompared::OwnPolicy)?);
    }
    Ok(Drift {
        missing: missing_from(actual, &template, work).map_err(NotCompared::AnotherPolicy)?,
        extra: missing_from(&template, actual, work).map_err(NotCompared::AnotherPolicy)?,
        closest,
        policies: BTreeMap::new(),
    })
}
