//! Parts that both pages and the choices share.

use rolecall_domain::access::Profile;
use rolecall_domain::check::{Check, Report};
use rolecall_domain::companion::Kind;
use rolecall_domain::messages::Message;
use rolecall_domain::remedy::Reader;
use serde_json::{Value, json};

/// What the product may do, in the operator's words.
pub(crate) fn profile(profile: &Profile) -> Value {
    json!({
        "name": profile.name,
        "title": profile.title,
        "explain": profile.explain,
        "not": profile.not,
        "dangerous": profile.dangerous,
    })
}

/// A role for the customer's own users or machines.
pub(crate) fn companion_role(kind: Kind) -> Value {
    json!({
        "kind": kind,
        "title": kind.label.localized(),
        "explain": kind.purpose.localized(),
    })
}

/// The checks that failed or have a warning, with the remedy for the customer.
pub(super) fn findings(report: Option<&Report>, reader: Reader) -> Vec<Value> {
    let findings = crate::views::findings(report);
    findings.map(|check| finding(check, reader)).collect()
}

fn finding(check: &Check, reader: Reader) -> Value {
    let remedy = match reader {
        Reader::ConnectedCustomer => &check.remedy_for_connected_customer,
        Reader::Customer | Reader::User => &check.remedy_for_customer,
    };
    json!({
        "code": check.code,
        "status": check.status,
        "title": check.title(),
        "message": check.message,
        "remedy": remedy,
        "command": check.command,
    })
}
