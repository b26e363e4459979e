//! The fields of companion roles, made from the catalog. The options of a kind are shown once it is chosen;
//! without support for that in the browser, always.

use super::layout::Look;
use super::parts::{Text, Wrong, described, text_field, wrong_text};
use crate::model::roles::{ROLE, RoleFields, YES, field};
use maud::{Markup, html};
use rolecall_domain::companion::Kind;
use rolecall_domain::companion::spec::{AwsPolicy, OptionSpec, PATH, Takes};
use rolecall_domain::messages::{AddAccount, RoleForm};

const SECONDS_PER_HOUR: u32 = 3600;

pub fn role_fields(look: &Look<'_>, wrong: &[Wrong], fields: &RoleFields) -> Markup {
    html! {
        fieldset id=(ROLE) {
            legend { (look.say(&AddAccount::RolesLegend)) }
            span.hint { (look.say(&AddAccount::RolesHint)) }
            (wrong_text(wrong, ROLE))
            @for kind in Kind::companions() { (kind_fields(look, wrong, kind, fields)) }
        }
    }
}

/// The ID of a kind's box.
pub fn kind_id(kind: Kind) -> String {
    format!("{ROLE}-{}", kind.name)
}

fn kind_fields(look: &Look<'_>, wrong: &[Wrong], kind: Kind, fields: &RoleFields) -> Markup {
    let id = kind_id(kind);
    html! {
        div.kind {
            (wrong_text(wrong, &id))
            label.choice {
                input id=(id) type="checkbox" name=(ROLE) value=(kind.name) checked[fields.has(kind)];
                span {
                    (look.say(&kind.label))
                    span.hint { (look.say(&kind.purpose)) }
                    @if kind.one_per_account { span.hint { (look.say(&RoleForm::OnePerAccount)) } }
                }
            }
            div.options {
                @for option in kind.options.iter().filter(|option| !is_rare(option)) {
                    (option_field(look, wrong, option, &field(kind, option), fields))
                }
                (rare_options(look, wrong, kind, fields))
            }
        }
    }
}

/// Whether hardly anybody needs the option.
fn is_rare(option: &OptionSpec) -> bool {
    matches!(option.takes, Takes::RolePath)
}

/// The options that hardly anybody needs, and the field for policies that are not in the list. Open if one of
/// them is wrong or in use.
fn rare_options(look: &Look<'_>, wrong: &[Wrong], kind: Kind, fields: &RoleFields) -> Markup {
    let rare = Vec::from_iter(kind.options.iter().filter(|option| is_rare(option)));
    let lists = kind
        .options
        .iter()
        .filter_map(|option| match &option.takes {
            Takes::Policies { known, .. } => Some((field(kind, option), *known)),
            _ => None,
        });
    let lists = Vec::from_iter(lists);
    let is_wrong = |name: &str| wrong.iter().any(|one| one.field == name);
    let is_used = |option: &&OptionSpec| {
        let name = field(kind, option);
        is_wrong(&name) || !matches!(fields.text(&name), "" | PATH)
    };
    let is_open = rare.iter().any(is_used)
        || lists
            .iter()
            .any(|(name, known)| is_wrong(name) || !others(known, name, fields).is_empty());
    html! {
        @if !rare.is_empty() || !lists.is_empty() {
            details open[is_open] {
                summary { (look.say(&RoleForm::MoreOptions)) }
                @for (name, known) in &lists { (other_policies(look, name, &others(known, name, fields))) }
                @for option in &rare { (option_field(look, wrong, option, &field(kind, option), fields)) }
            }
        }
    }
}

fn option_field(
    look: &Look<'_>,
    wrong: &[Wrong],
    option: &OptionSpec,
    name: &str,
    fields: &RoleFields,
) -> Markup {
    let label = &option.label;
    match &option.takes {
        Takes::AccountId | Takes::RolePath => {
            text_field(look, wrong, name, label, None, fields.text(name))
        }
        Takes::Flag { .. } => html! {
            (wrong_text(wrong, name))
            label.choice {
                input id=(name) type="checkbox" name=(name) value=(YES) checked[fields.text(name) == YES];
                span { (look.say(label)) }
            }
        },
        Takes::Seconds { least, most, .. } => {
            duration(look, wrong, name, label, (*least, *most), fields.text(name))
        }
        Takes::Policies { known, .. } => policies(look, wrong, name, label, known, fields),
        Takes::Buckets | Takes::Regions => {
            let values = Vec::from_iter(fields.values(name)).join("\n");
            lines(look, wrong, name, label, &RoleForm::OneLineEach, &values)
        }
    }
}

/// Whole hours, and the present duration.
fn duration(
    look: &Look<'_>,
    wrong: &[Wrong],
    name: &str,
    label: &dyn Text,
    (least, most): (u32, u32),
    present: &str,
) -> Markup {
    let hours = least / SECONDS_PER_HOUR..=most / SECONDS_PER_HOUR;
    let is_whole = hours
        .clone()
        .any(|hours| (hours * SECONDS_PER_HOUR).to_string() == present);
    html! {
        label for=(name) { (label.text(look)) }
        (wrong_text(wrong, name))
        select id=(name) name=(name) {
            @for hours in hours {
                @let seconds = (hours * SECONDS_PER_HOUR).to_string();
                @let text = if hours == 1 { RoleForm::OneHour } else { RoleForm::Hours { hours } };
                option value=(seconds) selected[seconds == present] { (look.say(&text)) }
            }
            @if let (false, Ok(seconds)) = (is_whole, present.parse::<u32>()) {
                option value=(present) selected { (look.say(&RoleForm::Minutes { minutes: seconds / 60 })) }
            }
        }
    }
}

fn policies(
    look: &Look<'_>,
    wrong: &[Wrong],
    name: &str,
    label: &dyn Text,
    known: &[AwsPolicy],
    fields: &RoleFields,
) -> Markup {
    let chosen = Vec::from_iter(fields.values(name));
    html! {
        fieldset id=(name) {
            legend { (label.text(look)) }
            (wrong_text(wrong, name))
            @for policy in known {
                label.choice {
                    input type="checkbox" name=(name) value=(policy.name()) checked[chosen.contains(&policy.name())];
                    span { (look.say(&policy.allows)) span.hint { (policy.name()) } }
                }
            }
        }
    }
}

/// The chosen policies that the list does not have.
fn others<'a>(known: &[AwsPolicy], name: &'a str, fields: &'a RoleFields) -> Vec<&'a str> {
    let is_known = |value: &&str| known.iter().any(|policy| policy.name() == *value);
    fields
        .values(name)
        .filter(|value| !value.is_empty() && !is_known(value))
        .collect()
}

fn other_policies(look: &Look<'_>, name: &str, others: &[&str]) -> Markup {
    let id = format!("{name}.other");
    html! {
        label for=(id) { (look.say(&RoleForm::OtherPolicies)) }
        textarea id=(id) name=(name) rows="2" spellcheck="false" autocapitalize="off" { (others.join("\n")) }
    }
}

fn lines(
    look: &Look<'_>,
    wrong: &[Wrong],
    name: &str,
    label: &dyn Text,
    hint: &dyn Text,
    value: &str,
) -> Markup {
    let (is_wrong, described_by, hint_id) = described(wrong, name, true);
    html! {
        label for=(name) {
            (label.text(look))
            span.hint id=[hint_id] { (hint.text(look)) }
        }
        (wrong_text(wrong, name))
        textarea id=(name) name=(name) rows="2" spellcheck="false" autocapitalize="off"
            aria-invalid=[is_wrong] aria-describedby=[described_by] { (value) }
    }
}
