//! Validation of requests, and the fields of responses.

use crate::world::{ACME, World, text};
use serde_json::{Value, json};

fn errors(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().expect("errors");
    let pair = |error: &Value| (text(error, "field"), text(error, "code"));
    errors.iter().map(pair).collect()
}

#[tokio::test]
async fn invalid_option_is_the_only_reported_error() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let asked = format!("PUT /v1/accounts/{}/companion-roles", account.account_id);
    for (body, field, code) in [
        (
            json!({"companion_roles": [{"kind": "switch-role"}]}),
            "companion_roles[0].options.trusted_account_id",
            "required",
        ),
        (
            json!({"companion_roles": [{"kind": "ec2-instance", "options": {"x": 1}}]}),
            "companion_roles[0].options.x",
            "unknown_option",
        ),
        (
            json!({"companion_roles": [{"kind": "no-such"}]}),
            "companion_roles[0].kind",
            "unknown_kind",
        ),
        (json!({"companion_roles": 1}), "companion_roles", "invalid"),
        (
            json!({"companion_roles": null}),
            "companion_roles",
            "required",
        ),
        (json!({}), "companion_roles", "required"),
    ] {
        let problem = world.expect(ACME, &asked, body.clone(), 422).await;
        let expected = [(field.to_owned(), code.to_owned())];
        assert_eq!(errors(&problem), expected, "{body}");
        world.wait(10_000);
    }
    let simulate = format!("POST /v1/accounts/{}/simulations", account.account_id);
    let body = json!({"kind": "automation", "actions": ["*"]});
    let problem = world.expect(ACME, &simulate, body, 422).await;
    assert_eq!(
        errors(&problem),
        [("actions".to_owned(), "invalid".to_owned())]
    );
}

#[tokio::test]
async fn unknown_query_parameter_is_rejected_by_name() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let (group, account) = (account.group_id, account.account_id);
    for (asked, unknown) in [
        (
            format!("GET /v1/groups/{group}/accounts?status=unhealthy"),
            vec!["status"],
        ),
        (
            format!("GET /v1/groups/{group}/accounts?limit=1&Limit=1&tenant=x"),
            vec!["Limit", "tenant"],
        ),
        ("GET /v1/groups?page=2".to_owned(), vec!["page"]),
        (
            "GET /v1/orphaned-stacks?state=gone".to_owned(),
            vec!["state"],
        ),
        (format!("GET /v1/accounts/{account}?limit=1"), vec!["limit"]),
        (
            format!("DELETE /v1/accounts/{account}?force=true"),
            vec!["force"],
        ),
        (
            format!("POST /v1/accounts/{account}/checks?deep=true"),
            vec!["deep"],
        ),
        (
            "GET /v1/required-permissions?kind=x".to_owned(),
            vec!["kind"],
        ),
    ] {
        let problem = world.expect(ACME, &asked, Value::Null, 422).await;
        let expected = unknown
            .iter()
            .map(|name| (name.to_string(), "unknown_parameter".to_owned()));
        assert_eq!(errors(&problem), expected.collect::<Vec<_>>(), "{asked}");
    }
    let still = format!("GET /v1/accounts/{account}");
    let view = world.expect(ACME, &still, Value::Null, 200).await;
    assert_eq!(view["status"], "active", "nothing must change");
}

#[tokio::test]
async fn account_list_has_check_times_and_omits_reports() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let one = format!("GET /v1/accounts/{}", account.account_id);
    let one = world.expect(ACME, &one, Value::Null, 200).await;
    let list = format!("GET /v1/groups/{}/accounts", account.group_id);
    let list = world.expect(ACME, &list, Value::Null, 200).await;
    let item = &list["items"][0];
    for field in ["last_checked_at", "next_check_at"] {
        assert!(item[field].is_string(), "{item}");
        assert_eq!(item[field], one[field]);
    }
    assert!(one["last_report"].is_object(), "{one}");
    assert_eq!(item.get("last_report"), None, "{item}");
    let (role, of_list) = (&one["companion_roles"][0], &item["companion_roles"][0]);
    for field in ["state", "checks", "checked_at"] {
        assert!(role.get(field).is_some(), "{role}");
        assert_eq!(of_list.get(field), None, "{of_list}");
    }
    assert_eq!(of_list["role_arn"], role["role_arn"]);
}

#[tokio::test]
async fn message_of_an_unknown_account_is_not_found() {
    let world = World::new();
    let unknown = "acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";
    let body = json!({"account_id": unknown, "message": "abc"});
    let asked = "POST /v1/decode-authorization-message";
    let problem = world.expect(ACME, asked, body, 404).await;
    assert_eq!(problem["code"], "not_found");
}
