use serde_json::{Value, json};

use super::{Style, render, shown};

fn account() -> Value {
    json!({
        "account_id": "acc_1", "name": "Sh\u{1b}[31mop", "status": "active", "health": null,
        "last_report": {"verdict": "failed", "checked_at": "2026-11-21T21:01:46.448Z", "checks": [
            {"code": "arn_mismatch", "status": "passed", "message": "One account."},
            {"code": "trust_too_broad", "status": "failed", "message": "A wildcard.",
             "remedy": "Take it out.", "evidence": {"principals": ["*"]}},
            {"code": "template_outdated", "status": "warning", "message": "Older."},
            {"code": "throttled", "status": "inconclusive", "message": "Busy."},
            {"code": "role_recreated", "status": "skipped", "message": "Not looked at."},
        ]},
        "companion_roles": [{"kind": "switch-role", "state": "planned", "role_arn": null,
            "options": null, "wanted_options": {"require_mfa": true, "policies": ["A", "B"]}, "checks": []}],
    })
}

#[test]
fn a_record_shows_what_is_there() {
    let text = render(shown::ACCOUNT, &account(), Style::new(false));
    let wanted = "  account  acc_1
  name     Sh\\u{1b}[31mop
  status   active

The last check
  verdict  failed
  checked  2026-11-21 21:01:46Z

  ✓ arn_mismatch       One account.
  ✗ trust_too_broad    A wildcard.
                       → Take it out.
                       principals: *
  ! template_outdated  Older.
  ? throttled          Busy.
  · role_recreated     Not looked at.

Companion roles
  role   switch-role
  state  planned

  as it is wanted
  policies     A, B
  require_mfa  yes
";
    assert_eq!(text, wanted);
}

#[test]
fn a_table_has_columns_and_says_when_it_is_empty() {
    let page = json!({"items": [
        {"group_id": "grp_1", "name": "東京", "color": "#112233", "account_count": 2},
        {"group_id": "grp_2", "name": "a", "color": "#112233"},
    ]});
    let text = render(shown::GROUPS, &page, Style::new(false));
    let wanted =
        "GROUP  NAME  COLOR    ACCOUNTS\ngrp_1  東京  #112233  2\ngrp_2  a     #112233  -\n";
    assert_eq!(text, wanted);
    let empty = render(shown::GROUPS, &json!({"items": []}), Style::new(false));
    assert_eq!(empty, "No groups.\n");
}

#[test]
fn colours_are_ours_alone() {
    let text = render(shown::ACCOUNT, &account(), Style::new(true));
    assert!(text.contains("\u{1b}[32mactive\u{1b}[0m"), "{text}");
    assert!(!text.contains("\u{1b}[31mop"), "{text}");
}
