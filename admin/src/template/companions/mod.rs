//! What `infra/onboarding/role.yaml` says of companion roles, made from the catalogue: kinds in,
//! lines out. A kind that the template's functions can't express is an error.
//!
//! CloudFormation has no way to take a text apart in a condition, so a kind's parameter is a list
//! with a fixed place for each option, and conditions compare whole members of it. In properties a
//! value is what follows its option's name.

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

/// All blocks that say something of these kinds, for the hub of this account.
///
/// # Errors
/// When a kind has something that the template can't express.
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
    ensure!(!kind.always, "is made by the template itself");
    let first = kind.options.first().context("has no options")?;
    // Without a value it says that there is no such role.
    let may_be_empty = matches!(first.takes, Takes::Buckets | Takes::Regions);
    ensure!(!may_be_empty, "begins with a list that may be empty");
    let alphanumeric = kind.logical_id.bytes().all(|b| b.is_ascii_alphanumeric());
    ensure!(alphanumeric, "has a logical id that is none");
    Ok(())
}

/// A member of the kind's parameter, such as `require_mfa=true`.
fn member(kind: &RoleKind, option: &str) -> Result<String> {
    let mut options = kind.options.iter();
    let place = options.position(|spec| spec.name == option);
    let place = place.with_context(|| format!("{} has no option {option}", kind.name))?;
    Ok(format!("!Select [{place}, !Ref {}]", kind.logical_id))
}

/// An option's value: what follows its name.
fn value(kind: &RoleKind, option: &str) -> Result<String> {
    let member = member(kind, option)?;
    Ok(format!("!Select [1, !Split [\"{option}=\", {member}]]"))
}

/// The condition that there is such a role.
fn is_there(kind: &RoleKind) -> String {
    format!("Has{}", kind.logical_id)
}

/// The condition of a flag, or of a list that has something in it.
fn holds(kind: &RoleKind, option: &str) -> String {
    let words = option.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    kind.logical_id.to_owned() + &words.collect::<String>()
}
