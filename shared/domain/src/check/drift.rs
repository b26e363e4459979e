//! Drift between a role's permissions and those that its template grants.

use super::expected::Expected;
use super::observed::StackFacts;
use super::template_policy;
use crate::companion::DeployedRole;
use crate::iam::grants::{Grant, missing_from};
use crate::iam::work::Work;
use crate::iam::{PolicyDocument, PolicyError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How a role's permissions differ from those of its template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Permissions that the template grants and the role lacks.
    pub missing: BTreeSet<Grant>,
    /// Permissions that the role has and the template does not grant.
    pub extra: BTreeSet<Grant>,
    /// The template's inline policies, by name.
    pub policies: BTreeMap<String, Value>,
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

/// Compares the role's inline policies with those of its template.
///
/// # Errors
/// The reason why the policies can't be compared.
pub fn drift(
    expected: &Expected,
    stack: &StackFacts,
    deployed: &[&DeployedRole],
    inline: &BTreeMap<String, String>,
) -> Result<Drift, NotCompared> {
    let template = expected.template.as_ref().ok_or(NotCompared::NotOnRecord)?;
    let own = template.policy_names();
    let actual = inline.iter().map(|(name, text)| {
        PolicyDocument::parse(text).map_err(match own.contains(name) {
            true => NotCompared::OwnPolicy,
            false => NotCompared::AnotherPolicy,
        })
    });
    let actual: Vec<PolicyDocument> = actual.collect::<Result<_, _>>()?;
    let boundary = stack.boundary_arn.clone();
    let policies = template_policy::inline_policies(template, expected, boundary, deployed);
    let given = policies.values();
    let given = given.map(|policy| PolicyDocument::parse(&policy.to_string()));
    let given: Vec<PolicyDocument> = given
        .collect::<Result<_, _>>()
        .map_err(NotCompared::OwnPolicy)?;
    let mut work = Work::default();
    Ok(Drift {
        missing: missing_from(&actual, &given, &mut work).map_err(NotCompared::AnotherPolicy)?,
        extra: missing_from(&given, &actual, &mut work).map_err(NotCompared::AnotherPolicy)?,
        policies,
    })
}
