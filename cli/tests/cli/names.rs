//! Arguments that name groups and accounts by something other than their IDs.

use serde_json::{Value, json};

use super::issuer::Person;
use super::program::{TOKEN, command, finished, run};
use super::stub::{Received, Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

fn account(digit: char, name: &str, aws_account_id: &str) -> Value {
    json!({
        "account_id": ACC.replace('0', &digit.to_string()), "name": name, "region": "eu-west-1",
        "aws_account_id": aws_account_id,
    })
}

fn groups() -> Reply {
    Reply::ok(&json!({"items": [
        {"group_id": GRP.replace('0', "1"), "name": "production"},
        {"group_id": GRP, "name": "Production", "color": "#1f77b4"},
    ], "next_cursor": null}))
}

fn accounts() -> Value {
    json!([
        account('1', "Shop 2", "222222222222"),
        account('0', "Shop", "333333333333"),
    ])
}

fn page(items: &Value) -> Reply {
    Reply::ok(&json!({"items": items, "next_cursor": null}))
}

fn lines(requests: &[Received]) -> Vec<String> {
    requests.iter().map(Received::line).collect()
}

#[test]
fn group_is_named_by_its_name_wherever_a_command_takes_one() {
    let cases: &[(&[&str], &str)] = &[
        (&["groups", "show", "Production"], "GET /v1/groups/GRP"),
        (
            &["groups", "edit", "Production", "--name", "x"],
            "PATCH /v1/groups/GRP",
        ),
        (&["groups", "delete", "Production"], "DELETE /v1/groups/GRP"),
        (
            &["accounts", "list", "Production"],
            "GET /v1/accounts?group_id=GRP",
        ),
        (
            &["registrations", "list", "Production"],
            "GET /v1/registrations?group_id=GRP",
        ),
        (
            &["registrations", "start", "Production"],
            "POST /v1/groups/GRP/registrations",
        ),
        (
            &["accounts", "edit", ACC, "--group", "Production"],
            "PATCH /v1/accounts/ACC",
        ),
        (
            &["source-policy", "--group", "Production"],
            "GET /v1/source-policy?group_id=GRP",
        ),
    ];
    for (arguments, request) in cases {
        let stub = Stub::new([groups(), Reply::ok(&json!({"items": []}))]);
        let ran = run(&stub, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        let expected = request.replace("GRP", GRP).replace("ACC", ACC);
        let sent = lines(&stub.requests());
        assert_eq!(
            sent,
            ["GET /v1/groups?limit=100", &expected],
            "{arguments:?}"
        );
    }
    let export = json!({"content": "", "account_count": 0, "omitted": [], "block": null});
    let stub = Stub::new([groups(), Reply::ok(&export)]);
    let ran = run(
        &stub,
        &["export", "--format", "json", "--group", "Production"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        stub.requests()[1]
            .target
            .contains(&format!("group_id={GRP}"))
    );
}

#[test]
fn account_is_named_by_its_name_or_its_aws_account_wherever_a_command_takes_one() {
    let cases: &[(&str, &str)] = &[
        ("accounts show NAME", "GET /v1/accounts/ACC"),
        ("accounts edit NAME --name x", "PATCH /v1/accounts/ACC"),
        ("accounts check NAME", "POST /v1/accounts/ACC/checks"),
        ("accounts history NAME", "GET /v1/accounts/ACC/history"),
        ("accounts deregister NAME", "DELETE /v1/accounts/ACC"),
        ("accounts access show NAME", "GET /v1/accounts/ACC"),
        (
            "accounts access set NAME inventory",
            "PUT /v1/accounts/ACC/access",
        ),
        ("accounts companions show NAME", "GET /v1/accounts/ACC"),
        (
            "accounts companions set NAME --none",
            "PUT /v1/accounts/ACC/companion-roles",
        ),
        (
            "accounts simulate NAME --action s3:ListBucket",
            "POST /v1/accounts/ACC/simulations",
        ),
        (
            "accounts switch-role-link NAME",
            "GET /v1/accounts/ACC/switch-role-link",
        ),
        (
            "decode NAME message",
            "POST /v1/decode-authorization-message",
        ),
    ];
    for (line, request) in cases {
        for (name, list) in [
            ("Shop", "GET /v1/accounts?limit=100"),
            (
                "333333333333",
                "GET /v1/accounts?aws_account_id=333333333333&limit=100",
            ),
            (
                "3333-3333-3333",
                "GET /v1/accounts?aws_account_id=333333333333&limit=100",
            ),
        ] {
            let stub = Stub::new([page(&accounts()), Reply::ok(&json!({"items": []}))]);
            let line = line.replace("NAME", name);
            let ran = run(&stub, &line.split(' ').collect::<Vec<_>>());
            assert_eq!(ran.code, 0, "{line}: {ran:?}");
            let sent = lines(&stub.requests());
            assert_eq!(sent, [list, &request.replace("ACC", ACC)], "{line}");
        }
    }
}

#[test]
fn name_on_a_later_page_is_found() {
    let first = json!({"items": [account('1', "Lab", "222222222222")], "next_cursor": "c"});
    let answers = [Reply::ok(&first), page(&accounts()), Reply::ok(&json!({}))];
    let stub = Stub::new(answers);
    let ran = run(&stub, &["accounts", "show", "Shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stub.requests()[2].target, format!("/v1/accounts/{ACC}"));
}

#[test]
fn unknown_name_exits_4_and_says_where_names_are_listed() {
    for (answer, arguments, remedy) in [
        (
            page(&accounts()),
            &["accounts", "show", "shop"][..],
            "rolecall accounts list",
        ),
        (
            page(&accounts()),
            &["accounts", "show", "444444444444"],
            "rolecall accounts list",
        ),
        (
            groups(),
            &["groups", "show", "Staging"],
            "rolecall groups list",
        ),
    ] {
        let stub = Stub::one(answer);
        let ran = run(&stub, arguments);
        assert_eq!(ran.code, 4, "{arguments:?}: {ran:?}");
        let name = format!("\"{}\"", arguments[2]);
        assert!(
            ran.err.contains(&name) && ran.err.contains(remedy),
            "{ran:?}"
        );
        assert_eq!(stub.requests().len(), 1);
    }
}

#[test]
fn ambiguous_name_exits_2_and_lists_what_tells_the_records_apart() {
    let two = json!([
        account('1', "Shop", "222222222222"),
        account('0', "Shop", "333333333333"),
    ]);
    let stub = Stub::one(page(&two));
    let ran = run(&stub, &["accounts", "deregister", "Shop"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in [
        "2 accounts match \"Shop\"",
        ACC,
        "222222222222",
        "333333333333",
        "eu-west-1",
    ] {
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
    // Nothing was deregistered.
    assert_eq!(lines(&stub.requests()), ["GET /v1/accounts?limit=100"]);
}

#[test]
fn operator_finds_an_account_in_its_tenant() {
    let stub = Stub::new([page(&accounts()), Reply::ok(&json!({}))]);
    let mut command = command(&["accounts", "show", "Shop", "--operator", "--tenant", "acme"]);
    command
        .env("ROLECALL_API_URL", stub.url())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIATEST")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t");
    let ran = finished(&command.output().expect("it starts"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let below = "GET /operator/v1/tenants/acme/accounts";
    let expected = [format!("{below}?limit=100"), format!("{below}/{ACC}")];
    assert_eq!(lines(&stub.requests()), expected);
}

#[test]
fn operator_exports_every_tenant_or_one_and_other_commands_need_a_tenant() {
    let operator = |stub: &Stub, line: &str| {
        let mut command = command(&line.split(' ').collect::<Vec<_>>());
        command
            .env("ROLECALL_API_URL", stub.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIATEST")
            .env("AWS_SECRET_ACCESS_KEY", "s3cr3t");
        finished(&command.output().expect("it starts"))
    };
    let export = json!({"content": "", "account_count": 0, "omitted": [], "block": null});
    for (tenant, query) in [("", ""), (" --tenant acme", "&tenant=acme")] {
        let stub = Stub::one(Reply::ok(&export));
        let ran = operator(&stub, &format!("export --operator --format json{tenant}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let expected = format!("GET /operator/v1/export?format=json&details=true{query}");
        assert_eq!(lines(&stub.requests()), [expected]);
    }
    let stub = Stub::one(groups());
    for line in [
        "groups list --operator",
        "connect Production --operator",
        "export --operator --format json --group Production",
    ] {
        let ran = operator(&stub, line);
        assert!(
            ran.code == 2 && ran.err.contains("--tenant TENANT"),
            "{line}: {ran:?}"
        );
    }
    assert!(stub.requests().is_empty());
}

#[test]
fn context_names_the_group_of_new_registrations() {
    let person = Person::new();
    let stub = Stub::new([
        groups(),
        Reply::ok(&json!({})),
        groups(),
        Reply::ok(&json!({})),
    ]);
    let set = [
        "context",
        "set",
        "prod",
        "--api-url",
        &stub.url(),
        "--group",
        "Production",
    ];
    assert_eq!(person.run(&set).code, 0);
    let listed = person.run(&["context", "list"]).out;
    assert!(listed.contains("Production"), "{listed}");
    let start = |arguments: &[&str]| {
        let mut command = person.command(&[&["registrations", "start"], arguments].concat());
        finished(
            &command
                .env("ROLECALL_TOKEN", TOKEN)
                .output()
                .expect("it starts"),
        )
    };
    assert_eq!(start(&[]).code, 0);
    // A URL of the same hub selects the same context.
    assert_eq!(start(&["--api-url", &stub.url()]).code, 0);
    let created = format!("POST /v1/groups/{GRP}/registrations");
    let list = "GET /v1/groups?limit=100".to_owned();
    let sent = lines(&stub.requests());
    assert_eq!(sent, [list.clone(), created.clone(), list, created]);
    // A group on the command line overrides the context's.
    let other = GRP.replace('0', "2");
    assert_eq!(start(&[&other]).code, 0);
    assert!(lines(&stub.requests())[4].contains(&other));
    // Commands that create no registration have no default group.
    assert_eq!(person.run(&["groups", "delete"]).code, 2);
    assert_eq!(
        person.run(&["context", "set", "prod", "--no-group"]).code,
        0
    );
    let ran = start(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("rolecall context set prod --group GROUP"),
        "{ran:?}"
    );
    assert_eq!(stub.requests().len(), 5);
}
