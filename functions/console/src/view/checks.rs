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

/// A check that needs attention, with its remedy.
pub(super) fn wrong_check(look: &Look<'_>, check: &Check, reference_url: &str) -> Markup {
    html! {
        li class=(mark(&check.status)) {
            div {
                strong { (check.title) }
                p { (check.message) }
                @if let Some(remedy) = &check.remedy { p { (remedy) } }
                @if let Some(command) = &check.command {
                    (code_block(look, &format!("command-{}", check.code), command))
                }
                p.small { a href={(reference_url) (check.code)} { (look.say(&AccountPage::Why)) } }
            }
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
