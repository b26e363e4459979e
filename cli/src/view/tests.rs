use serde_json::{Value, json};

use super::clock::Clock;
use super::text::{Layout, Style};
use super::{Sections, render, views};

fn plain(sections: Sections, value: &Value, columns: Option<usize>) -> String {
    let style = Style::new(false);
    let clock = None;
    render(
        sections,
        value,
        Layout {
            style,
            columns,
            clock,
        },
    )
}

fn account() -> Value {
    json!({
        "account_id": "acc_1", "name": "Sh\u{1b}[31mop", "status": "active", "health": null,
        "last_report": {"verdict": "failed", "checked_at": "2026-11-21T21:01:46.448Z", "checks": [
            {"code": "arn_mismatch", "status": "passed", "title": "Same account", "message": "One account."},
            {"code": "trust_too_broad", "status": "failed", "title": "Too broad", "message": "A wildcard.",
             "remedy": "Remove it.", "evidence": {"principals": ["*"]}},
            {"code": "template_outdated", "status": "warning", "title": "Outdated", "message": "Older."},
            {"code": "throttled", "status": "inconclusive", "title": "Not confirmed", "message": "Busy."},
            {"code": "role_recreated", "status": "skipped", "message": "Not checked."},
            {"code": "boundary_missing", "status": "skipped", "message": "Not checked."},
        ]},
        "companion_roles": [{"kind": "switch-role", "state": "planned", "role_arn": null,
            "options": null, "requested_options": {"require_mfa": true, "policies": ["A", "B"]}, "checks": []}],
    })
}

/// A passed check shows no code, because codes name faults.
#[test]
fn record_shows_failed_checks_first_and_their_codes_only() {
    let text = plain(views::ACCOUNT, &account(), None);
    let expected = "  id      acc_1
  name    Sh\\u{1b}[31mop
  status  active

Last check
  verdict  failed
  checked  2026-11-21 21:01:46Z

  ✗ Too broad (trust_too_broad)
    A wildcard.
    → Remove it.
    principals: *
  ! Outdated (template_outdated)
    Older.
  ? Not confirmed (throttled)
    Busy.
  ✓ Same account
  - Not checked. (2 checks)

Companion roles
  role   switch-role
  state  planned

  Requested options
  policies     A, B
  require_mfa  yes
";
    assert_eq!(text, expected);
}

#[test]
fn check_with_an_unknown_status_is_shown() {
    let report = json!({"checks": [{"code": "new", "status": "unknown", "title": "Fresh", "message": "News."}]});
    let text = plain(views::REPORT, &report, None);
    assert!(text.contains("- Fresh (new)\n    News."), "{text}");
}

#[test]
fn empty_table_prints_a_message() {
    let page = json!({"items": [
        {"group_id": "grp_1", "name": "東京", "color": "#112233", "account_count": 2, "attention_count": 1,
            "pending_registration_count": 0},
        {"group_id": "grp_2", "name": "a", "color": "#112233"},
    ]});
    let expected = "ID     NAME  COLOR    ACCOUNTS  ATTENTION  PENDING\n\
         grp_1  東京  #112233  2         1          0\n\
         grp_2  a     #112233  -         -          -\n";
    assert_eq!(plain(views::GROUPS, &page, None), expected);
    let empty = plain(views::GROUPS, &json!({"items": []}), None);
    assert_eq!(empty, "No groups.\n");
}

#[test]
fn narrow_terminal_gets_fewer_columns_and_then_records() {
    let page = json!({"items": [{"account_id": "acc_1", "name": "Shop", "status": "active",
        "aws_account_id": "222222222222", "region": "eu-west-1", "stack_name": "rolecall-1"}]});
    let at = |columns| plain(views::ACCOUNTS, &page, Some(columns));
    let wide = "ID     NAME  AWS ACCOUNT   STATUS  REGION     STACK
acc_1  Shop  222222222222  active  eu-west-1  rolecall-1
";
    assert_eq!(at(56), wide);
    let without_stack = "ID     NAME  AWS ACCOUNT   STATUS  REGION
acc_1  Shop  222222222222  active  eu-west-1
";
    assert_eq!(at(55), without_stack);
    let records = "  id           acc_1
  name         Shop
  AWS account  222222222222
  status       active
  region       eu-west-1
  stack        rolecall-1
";
    assert_eq!(at(30), records);
}

#[test]
fn names_are_shortened_before_columns_are_omitted() {
    let account = |name: &str, stack: &str| {
        json!({"account_id": "acc_1", "name": name, "status": "active",
            "aws_account_id": "222222222222", "region": "ap-northeast-1", "stack_name": stack})
    };
    let page = json!({"items": [
        account("東京本番環境・決済サービス", "rolecall-0198a0b1c2d3"),
        account("Shop", "rolecall-2"),
    ]});
    let at = |columns| plain(views::ACCOUNTS, &page, Some(columns));
    let expected = "\
ID     NAME           AWS ACCOUNT   STATUS  REGION          STACK
acc_1  東京本番環境…  222222222222  active  ap-northeast-1  rolecall-019…
acc_1  Shop           222222222222  active  ap-northeast-1  rolecall-2
";
    assert_eq!(at(73), expected);
    for columns in 50..100 {
        let widest = at(columns).lines().map(super::text::width).max();
        assert!(widest.is_some_and(|widest| widest <= columns), "{columns}");
    }
    // A pipe gets every value in full.
    assert!(plain(views::ACCOUNTS, &page, None).contains("東京本番環境・決済サービス"));
}

#[test]
fn terminal_gets_relative_times_in_tables_and_local_times_in_records() {
    let now = "2026-11-21T21:04:50Z".parse().expect("a time");
    let layout = Layout {
        style: Style::new(false),
        columns: None,
        clock: Some(Clock::new(now, Some("JST-9"))),
    };
    let at = "2026-11-21T21:01:46.448Z";
    let history = json!({"items": [{"at": at, "event": "account.checked"}]});
    let text = render(views::HISTORY, &history, layout);
    assert!(text.contains("3 minutes ago  account.checked"), "{text}");
    let group = render(views::GROUP, &json!({"created_at": at}), layout);
    assert_eq!(
        group,
        "  created  2026-11-22 06:01:46 JST (3 minutes ago)\n"
    );
}

#[test]
fn columns_without_values_are_left_out() {
    let account = json!({"evidence": [{"kind": "delete_callback", "at": "2026-11-21T21:01:46Z"}]});
    let text = plain(views::ORPHANED_STACK, &account, None);
    assert_eq!(
        text,
        "Evidence\nEVIDENCE         TIME\ndelete_callback  2026-11-21 21:01:46Z\n"
    );
}

#[test]
fn colors_in_the_response_are_not_printed() {
    let layout = Layout {
        style: Style::new(true),
        columns: None,
        clock: None,
    };
    let text = render(views::ACCOUNT, &account(), layout);
    assert!(text.contains("\u{1b}[32mactive\u{1b}[0m"), "{text}");
    assert!(!text.contains("\u{1b}[31mop"), "{text}");
}
