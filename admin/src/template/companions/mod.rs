//! Generates the companion roles in `infra/onboarding/role.yaml` from the catalog. A kind that the
//! template's functions can't express is an error.
//!
//! CloudFormation can't split text in a condition. So a kind's parameter is a list with a fixed position
//! for each option, and conditions compare whole members of it. In properties, the value is the part
//! after the option's name.

mod parameters;
mod reports;
mod roles;
#[cfg(test)]
mod tests;
mod yaml;

use anyhow::{Context, Result, ensure};
use rolecall_domain::aws::Partition;
use rolecall_domain::companion::spec::{PATH, RoleKind, Takes};

/// A block's name, and its lines.
pub(super) type Block = (&'static str, Vec<String>);

/// All blocks about these kinds, for the hub in this account.
///
/// # Errors
/// When the template can't express a kind.
pub(super) fn blocks(kinds: &[&RoleKind], partition: Partition, hub: &str) -> Result<Vec<Block>> {
    for kind in kinds {
        expressible(kind).with_context(|| format!("the kind {}", kind.name))?;
    }
    Ok(vec![
        ("companion-parameter-group", parameters::group(kinds)),
        ("companion-parameter-labels", parameters::labels(kinds)),
        ("companion-parameters", parameters::parameters(kinds, hub)),
        ("companion-conditions", parameters::conditions(kinds)?),
        ("companion-roles", roles::resources(kinds, partition)?),
        ("companion-self-inspection", reports::statements(kinds)?),
        ("companion-registration", reports::property(kinds)),
        ("companion-outputs", reports::outputs(kinds)),
    ])
}

fn expressible(kind: &RoleKind) -> Result<()> {
    ensure!(!kind.always, "is always created by the template");
    let first = kind.options.first().context("has no options")?;
    // If its first option has no value, the role is not created.
    let may_be_empty = matches!(first.takes, Takes::Buckets | Takes::Regions);
    ensure!(!may_be_empty, "starts with a list that may be empty");
    let alphanumeric = kind.logical_id.bytes().all(|b| b.is_ascii_alphanumeric());
    ensure!(alphanumeric, "has an invalid logical id");
    Ok(())
}

/// A member of the kind's parameter, such as `require_mfa=true`.
fn member(kind: &RoleKind, option: &str) -> Result<String> {
    let mut options = kind.options.iter();
    let place = options.position(|spec| spec.name == option);
    let place = place.with_context(|| format!("{} has no option {option}", kind.name))?;
    Ok(format!("!Select [{place}, !Ref {}]", kind.logical_id))
}

/// An option's value, which follows its name.
fn value(kind: &RoleKind, option: &str) -> Result<String> {
    let member = member(kind, option)?;
    Ok(format!("!Select [1, !Split [\"{option}=\", {member}]]"))
}

/// The condition under which the role exists.
fn exists(kind: &RoleKind) -> String {
    format!("Has{}", kind.logical_id)
}

/// The condition that a flag is set, or that a list is not empty.
fn is_set(kind: &RoleKind, option: &str) -> String {
    let words = option.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    kind.logical_id.to_owned() + &words.collect::<String>()
}
