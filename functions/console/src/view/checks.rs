//! Checks, and the state of a role according to them.

use super::layout::Look;
use super::parts::{Tone, code_block};
use crate::model::Check;
use maud::{Markup, html};
use rolecall_domain::messages::{AccountPage, Status};

/// The symbol of a check's result.
pub(super) fn mark(status: &str) -> &'static str {
    match status {
        "passed" => "yes",
        "failed" => "fail",
        "warning" => "caution",
        _ => "no",
    }
}

/// Checks that need attention, with their remedies. A command that corrects several of them is shown once.
/// Without the address of the reference pages, nothing explains the checks.
pub(super) fn wrong_checks(
    look: &Look<'_>,
    checks: &[&Check],
    reference_url: Option<&str>,
) -> Markup {
    let is_shown = |at: usize, command: &String| {
        let mut earlier = checks[..at].iter();
        earlier.any(|check| check.command.as_ref() == Some(command))
    };
    html! {
        ul.plain {
            @for (at, check) in checks.iter().enumerate() {
                li class=(mark(&check.status)) {
                    div {
                        strong { (check.title) }
                        p { (check.message) }
                        @match &check.command {
                            Some(command) if is_shown(at, command) => {
                                p { (look.say(&AccountPage::SameCommand)) }
                            }
                            command => (remedy(look, check, command.as_deref())),
                        }
                        @if let Some(url) = reference_url {
                            p.small { a href={(url) (check.code)} { (look.say(&AccountPage::Why)) } }
                        }
                    }
                }
            }
        }
    }
}

fn remedy(look: &Look<'_>, check: &Check, command: Option<&str>) -> Markup {
    html! {
        @if let Some(remedy) = &check.remedy { p { (remedy) } }
        @if let Some(command) = command {
            (code_block(look, &format!("command-{}", check.code), command))
        }
    }
}

/// The state of a companion role, with its tone.
pub(super) fn role_status(state: Option<&str>) -> (Tone, Status) {
    match state {
        Some("planned") => (Tone::Wait, Status::Planned),
        Some("passed") => (Tone::Good, Status::Passed),
        Some("failed") => (Tone::Bad, Status::NeedsAttention),
        Some("inconclusive") => (Tone::Warn, Status::Warning),
        _ => (Tone::Quiet, Status::Unchecked),
    }
}

/// The checks that passed, folded.
pub fn passed_checks(look: &Look<'_>, passed: &[&Check], are_all: bool) -> Markup {
    let summary = match passed.len() {
        _ if are_all => AccountPage::ShowChecks,
        1 => AccountPage::OneOtherPasses,
        count => AccountPage::OthersPass { count },
    };
    html! {
        @if !passed.is_empty() {
            details {
                summary { (look.say(&summary)) }
                ul.plain { @for check in passed { li.yes { span { (check.title) } } } }
            }
        }
    }
}
