//! How a role's permissions differ from those that its template gives it.

use super::{Expected, Read, StackFacts};
use crate::policy::grants::{Grant, allow, allowed_by};
use crate::policy::{PolicyDocument, PolicyError, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// The difference from the publication of the template that comes closest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What the template gives and the role does not have.
    pub missing: BTreeSet<Grant>,
    /// What the role has and the template does not give.
    pub extra: BTreeSet<Grant>,
    /// Whether the closest publication is the template version's newest.
    pub is_newest: bool,
}

impl Drift {
    fn size(&self) -> usize {
        self.missing.len() + self.extra.len()
    }
}

/// Compares the role's inline policies with what each publication of the template version asked
/// for. None where the version's permissions are not on record.
///
/// # Errors
/// When one of the policies can't be read.
pub fn drift(
    expected: &Expected,
    stack: &StackFacts,
    inline: &BTreeMap<String, String>,
) -> Result<Option<Drift>, PolicyError> {
    let Some(permissions) = &expected.permissions else {
        return Ok(None);
    };
    let documents = inline.values().map(|text| PolicyDocument::parse(text));
    let actual: Vec<PolicyDocument> = documents.collect::<Result<_, _>>()?;
    let mut own = PolicyDocument::parse(&permissions.self_inspection)?;
    fill_in(&mut own, expected, stack);
    let mut closest: Option<Drift> = None;
    for (age, operator) in permissions.operator_policies.iter().enumerate() {
        let mut template = vec![own.clone()];
        if !operator.is_empty() {
            template.push(PolicyDocument::parse(operator)?);
        }
        let found = between(&template, &actual, age == 0);
        if closest.as_ref().is_none_or(|one| found.size() < one.size()) {
            closest = Some(found);
        }
    }
    Ok(closest)
}

fn between(template: &[PolicyDocument], actual: &[PolicyDocument], is_newest: bool) -> Drift {
    let lacking = |wanted: &[PolicyDocument], given: &[PolicyDocument]| {
        let mut grants = allowed_by(wanted);
        grants.retain(|grant| !allow(given, grant));
        grants
    };
    Drift {
        missing: lacking(template, actual),
        extra: lacking(actual, template),
        is_newest,
    }
}

/// Puts one stack's own resources in the place of their names.
fn fill_in(policy: &mut PolicyDocument, expected: &Expected, stack: &StackFacts) {
    let role = &expected.role_arn;
    let partition = role.partition().as_str();
    let by_name = format!(
        "arn:{partition}:iam::{}:role/{}",
        role.account(),
        role.name()
    );
    for statement in &mut policy.statements {
        let Some(Scope::These(resources)) = &mut statement.resources else {
            continue;
        };
        let filled = resources
            .iter()
            .flat_map(|resource| match resource.as_str() {
                "${StackId}" => vec![expected.stack_id.to_string()],
                "${RoleArn}" => vec![role.to_string()],
                "${RoleArnWithoutPath}" => vec![by_name.clone()],
                "${ManagedPolicyArns}" => stack.managed_policy_arns.iter().cloned().collect(),
                "${PermissionsBoundaryArn}" => stack.boundary_arn.iter().cloned().collect(),
                other => vec![other.replace("${Partition}", partition)],
            });
        *resources = filled.collect();
    }
}

/// The role's inline policies, where they and the stack that they are compared with were read.
pub(super) fn of(
    expected: &Expected,
    stack: Option<&StackFacts>,
    inline: Option<&Read<BTreeMap<String, String>>>,
) -> Option<Result<Drift, PolicyError>> {
    let inline = inline.and_then(Read::seen)?;
    drift(expected, stack?, inline).transpose()
}
