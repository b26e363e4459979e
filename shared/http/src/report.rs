//! The view of a report, which responses and errors share.

use rolecall_domain::check::{Check, Report};
use serde_json::{Value, json};

/// A report with the titles of its checks.
pub fn report(report: &Report) -> Value {
    let mut view = json!(report);
    complete(&mut view, report);
    view
}

/// Completes every check in the view of a report, and omits the template of the link.
fn complete(view: &mut Value, report: &Report) {
    if let Some(view) = view.as_object_mut() {
        view.remove("update");
    }
    let add = |views: &mut Value, checks: &[Check]| {
        let views = views.as_array_mut().into_iter().flatten();
        for (view, check) in views.zip(checks) {
            *view = self::check(check);
        }
    };
    add(&mut view["checks"], &report.checks);
    for (at, companion) in report.companion_roles.iter().enumerate() {
        add(
            &mut view["companion_roles"][at]["checks"],
            &companion.checks,
        );
    }
}

/// A check with its title, for a user of the tenant.
pub fn check(check: &Check) -> Value {
    let mut view = json!(check);
    if let Some(view) = view.as_object_mut() {
        view.remove("remedy_for_customer");
        view.remove("remedy_for_connected_customer");
    }
    view["title"] = json!(check.title());
    view
}
