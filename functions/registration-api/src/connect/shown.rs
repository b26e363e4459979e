//! Parts of both pages.

use rolecall_domain::access::Profile;
use rolecall_domain::check::{Check, Report};
use rolecall_domain::companion::Kind;
use rolecall_domain::messages::Message;
use serde_json::{Value, json};

/// What the product may do, in the operator's words.
pub(super) fn access(profiles: &[Profile]) -> Vec<Value> {
    let each = profiles.iter().map(|profile| {
        json!({
            "name": profile.name,
            "title": profile.title,
            "explain": profile.explain,
            "not": profile.not,
            "dangerous": profile.dangerous,
        })
    });
    each.collect()
}

/// Roles for the customer's own people and machines.
pub(super) fn companion_roles(kinds: impl Iterator<Item = Kind>) -> Vec<Value> {
    let each = kinds.map(|kind| json!({"kind": kind, "title": kind.purpose.localized()}));
    each.collect()
}

/// The checks that failed or warn, with what the customer can do.
pub(super) fn findings(report: Option<&Report>) -> Vec<Value> {
    crate::views::findings(report).map(finding).collect()
}

fn finding(check: &Check) -> Value {
    json!({
        "code": check.code,
        "status": check.status,
        "title": check.title(),
        "message": check.message,
        "remedy": check.remedy_for_customer,
        "command": check.command,
    })
}
