//! The inline policies that the template defines, with the resources of one stack.

use super::expected::Expected;
use crate::aws::PolicyArn;
use crate::companion::DeployedRole;
use crate::companion::expected::ExpectedRole;
use crate::template::policies::{Arns, Boundary, Inspected, InspectedCompanion, self_inspection};
use crate::template::{SELF_INSPECTION, Template};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The statement of the self-inspection policy that names the stack's permissions boundary.
const BOUNDARY_SID: &str = "ReadTheBoundary";

/// The policies of the hub's role, by name.
pub fn inline_policies(
    template: &Template,
    expected: &Expected,
    boundary: Option<String>,
    deployed: &[&DeployedRole],
) -> BTreeMap<String, Value> {
    let role = &expected.role_arn;
    let companions = deployed.iter().map(|deployed| {
        let role = &deployed.role_arn;
        let profile = deployed.instance_profile_arn.as_ref();
        let profile = profile.map(|arn| Arns([json!(arn), json!(arn.without_path())]));
        InspectedCompanion {
            role: Arns([json!(role), json!(role.without_path())]),
            instance_profile: profile,
            policies: ExpectedRole::of(deployed)
                .map(|intended| intended.customer_managed())
                .unwrap_or_default(),
        }
    });
    let own = self_inspection(&Inspected {
        partition: role.partition(),
        stack: json!(expected.stack_id),
        role: Arns([json!(role), json!(role.without_path())]),
        boundary: boundary.map_or(Boundary::None, Boundary::Arn),
        companions: companions.collect(),
    });
    let access = template.profiles.iter().filter_map(|profile| {
        let policy = profile.policy.clone()?;
        Some((profile.name.policy_name(), policy))
    });
    access.chain([(SELF_INSPECTION.to_owned(), own)]).collect()
}

/// The boundary that the role's present policy names. The stack's own parameter is not readable.
pub fn boundary_in(present: &Value) -> Option<String> {
    let statements = present["Statement"].as_array().into_iter().flatten();
    let mut same = statements.filter(|one| one["Sid"].as_str() == Some(BOUNDARY_SID));
    let arn = match &same.next()?["Resource"] {
        Value::Array(names) => names.first()?.as_str()?,
        other => other.as_str()?,
    };
    PolicyArn::parse(arn).is_ok().then(|| arn.to_owned())
}
