//! The parameters that the person who creates the stack sees, one for each kind.

use anyhow::Result;
use rolecall_domain::companion::options::{NOTHING, Options};
use rolecall_domain::companion::spec::{
    MOST_IN_A_LIST, MOST_POLICIES, OptionSpec, PATH, RoleKind, Takes,
};

use super::yaml::{nested, quoted};
use super::{exists, is_set, member};

pub(super) fn group(kinds: &[&RoleKind]) -> Vec<String> {
    let mut lines = vec![
        "- Label:".to_owned(),
        "    default: Optional - additional roles in this account, filled in by the link"
            .to_owned(),
        "  Parameters:".to_owned(),
    ];
    lines.extend(
        kinds
            .iter()
            .map(|kind| format!("    - {}", kind.logical_id)),
    );
    lines
}

pub(super) fn labels(kinds: &[&RoleKind]) -> Vec<String> {
    let label = |kind: &&RoleKind| {
        let title = format!("default: {}", kind.title);
        nested(format!("{}:", kind.logical_id), [title])
    };
    kinds.iter().flat_map(label).collect()
}

pub(super) fn parameters(kinds: &[&RoleKind], hub: &str) -> Vec<String> {
    kinds.iter().flat_map(|kind| parameter(kind, hub)).collect()
}

fn parameter(kind: &RoleKind, hub: &str) -> Vec<String> {
    let mut about = vec![
        kind.purpose.to_owned(),
        "Leave unchanged to create no such role. The link fills in the options as name=value:"
            .to_owned(),
    ];
    let options = kind.options.iter();
    about.extend(options.map(|spec| format!("{} - {}", spec.name, spec.about)));
    let patterns = kind.options.iter().map(|spec| pattern(spec, hub));
    let patterns = patterns.collect::<Vec<_>>();
    let mut body = vec!["Type: CommaDelimitedList".to_owned()];
    body.extend(nested("Description: >-", about));
    body.push(format!("Default: {}", Options::no_role(kind)));
    body.push(format!("AllowedPattern: '^({})$'", patterns.join("|")));
    let takes_account = |spec: &OptionSpec| matches!(spec.takes, Takes::AccountId);
    let not_the_hub = match kind.options.iter().find(|spec| takes_account(spec)) {
        Some(spec) => format!(" {} can't be the hub's own account.", spec.name),
        None => String::new(),
    };
    body.push(format!(
        "ConstraintDescription: Must contain all options in the order of the default value, as the link fills them in.{not_the_hub}"
    ));
    nested(format!("{}:", kind.logical_id), body)
}

/// The pattern of one member of the list. CloudFormation checks every member against all patterns, so a
/// wrong order is detected only by the functions that split a member, which fail on another name. That
/// requires that no value contains `=`, and so no other name.
fn pattern(spec: &OptionSpec, hub: &str) -> String {
    const POLICY: &str = "arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+.@/-]+";
    const BUCKET: &str = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";
    const REGION: &str = "[a-z]{2,4}(-[a-z]+)+-[1-9][0-9]?";
    let several = |one: &str, most: usize| format!(r"{one}(\|{one}){{0,{}}}", most - 1);
    let values = match &spec.takes {
        // The hub's account is excluded, whatever the customer enters.
        Takes::AccountId => format!("(?!{hub})[0-9]{{12}}"),
        Takes::Flag { .. } => "true|false".to_owned(),
        // IAM rejects values outside the range.
        Takes::Seconds { least, most, .. } => {
            let digits = |number: &u32| number.to_string().len() - 1;
            format!("[1-9][0-9]{{{},{}}}", digits(least), digits(most))
        }
        Takes::RolePath => format!("{PATH}([A-Za-z0-9_.-]+/)*"),
        Takes::Policies { .. } => several(POLICY, MOST_POLICIES),
        Takes::Buckets => several(BUCKET, MOST_IN_A_LIST),
        Takes::Regions => several(REGION, MOST_IN_A_LIST),
    };
    format!("{}=({NOTHING}|{values})", spec.name)
}

pub(super) fn conditions(kinds: &[&RoleKind]) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for kind in kinds {
        for (at, spec) in kind.options.iter().enumerate() {
            if at == 0 {
                lines.push(condition(kind, spec, &exists(kind), NOTHING, false)?);
            }
            let name = is_set(kind, spec.name);
            match spec.takes {
                // A value that is neither true nor false counts as the default.
                Takes::Flag { default: true } => {
                    lines.push(condition(kind, spec, &name, "false", false)?);
                }
                Takes::Flag { default: false } => {
                    lines.push(condition(kind, spec, &name, "true", true)?);
                }
                Takes::Buckets | Takes::Regions => {
                    lines.push(condition(kind, spec, &name, NOTHING, false)?);
                }
                Takes::AccountId
                | Takes::Seconds { .. }
                | Takes::RolePath
                | Takes::Policies { .. } => {}
            }
        }
    }
    Ok(lines)
}

/// The condition that an option has a value, or does not have it.
fn condition(
    kind: &RoleKind,
    spec: &OptionSpec,
    name: &str,
    value: &str,
    has: bool,
) -> Result<String> {
    let member = member(kind, spec.name)?;
    let expected = quoted(&format!("{}={value}", spec.name));
    let equals = format!("!Equals [{member}, {expected}]");
    Ok(match has {
        true => format!("{name}: {equals}"),
        false => format!("{name}: !Not [{equals}]"),
    })
}
