//! Tests which request each command sends.

use serde_json::{Value, json};

use super::program::{command, finished, run, run_with_input};
use super::stub::{Reply, Stub};

const GRP: &str = "grp_0123456789abcdef0123456789abcdef";
const REG: &str = "reg_0123456789abcdef0123456789abcdef";
const ACC: &str = "acc_0123456789abcdef0123456789abcdef";
const STK: &str = "stk_0123456789abcdef0123456789abcdef";

/// The request that this command line sends, and its body.
fn request_of(line: &str) -> (String, Value) {
    let arguments: Vec<String> = line.split(' ').map(expanded).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let stub = Stub::one(Reply::ok(&json!({"items": []})));
    let ran = run(&stub, &arguments);
    assert_eq!(ran.code, 0, "{line}: {ran:?}");
    let [request] = stub.requests().try_into().expect("one request");
    (request.line(), request.json())
}

/// The tables below abbreviate ids.
fn expanded(text: &str) -> String {
    let ids = [("GRP", GRP), ("REG", REG), ("ACC", ACC), ("STK", STK)];
    ids.iter()
        .fold(text.to_owned(), |text, (short, id)| text.replace(short, id))
}

/// Asserts that each command line sends this request with this body.
fn assert_sends(writes: &[(&str, &str, Value)]) {
    for (line, request, body) in writes {
        let (sent, sent_body) = request_of(line);
        assert_eq!((sent, &sent_body), (expanded(request), body), "{line}");
    }
}

const READS: &[(&str, &str)] = &[
    ("groups list", "/v1/groups"),
    (
        "groups list --limit 7 --cursor a=b&c",
        "/v1/groups?limit=7&cursor=a%3Db%26c",
    ),
    ("groups list --all", "/v1/groups"),
    (
        "groups list --newest-first",
        "/v1/groups?order=newest_first",
    ),
    ("groups show GRP", "/v1/groups/GRP"),
    ("registrations list GRP", "/v1/registrations?group_id=GRP"),
    (
        "registrations list --newest-first --all",
        "/v1/registrations?order=newest_first",
    ),
    (
        "registrations list --status pending --aws-account-id 222222222222 --search Pay --attempted",
        "/v1/registrations?status=pending&aws_account_id=222222222222&search=Pay&attempted=true",
    ),
    ("registrations show REG", "/v1/registrations/REG"),
    (
        "accounts list GRP --status unhealthy --newest-first --limit 100",
        "/v1/accounts?group_id=GRP&status=unhealthy&order=newest_first&limit=100",
    ),
    (
        "accounts list --status unhealthy --aws-account-id 222222222222 --search Pay --access inventory --finding trust_too_broad",
        "/v1/accounts?status=unhealthy&aws_account_id=222222222222&search=Pay&access=inventory&finding=trust_too_broad",
    ),
    ("accounts show ACC", "/v1/accounts/ACC"),
    ("accounts history ACC", "/v1/accounts/ACC/history"),
    ("accounts receipts ACC", "/v1/accounts/ACC/receipts"),
    ("accounts companions show ACC", "/v1/accounts/ACC"),
    (
        "accounts switch-role-link ACC",
        "/v1/accounts/ACC/switch-role-link",
    ),
    (
        "orphans list --status gone --newest-first",
        "/v1/orphaned-stacks?status=gone&order=newest_first",
    ),
    ("orphans show STK", "/v1/orphaned-stacks/STK"),
    ("source-policy", "/v1/source-policy"),
    (
        "source-policy --trusted-account-id 333333333333",
        "/v1/source-policy?trusted_account_id=333333333333",
    ),
    (
        "source-policy --group GRP",
        "/v1/source-policy?group_id=GRP",
    ),
    ("required-permissions", "/v1/required-permissions"),
    (
        "required-permissions --report-by paste",
        "/v1/required-permissions?report_by=paste",
    ),
    (
        "required-permissions --registration REG",
        "/v1/required-permissions?registration_id=REG",
    ),
    ("registrations summary REG", "/v1/registrations/REG/summary"),
    (
        "registrations summary REG --lang ja",
        "/v1/registrations/REG/summary?lang=ja",
    ),
];

const EXPORTS: &[(&str, &str)] = &[
    ("--format json", "json&details=true"),
    (
        "--format aws-config --access inventory --profile-template {name}-{id} --region eu-west-1",
        "aws-config&details=true&access=inventory&profile_template=%7Bname%7D-%7Bid%7D&region=eu-west-1",
    ),
    (
        "--format aws-config --command /opt/rolecall",
        "aws-config&details=true&command=%2Fopt%2Frolecall",
    ),
    (
        "--format aws-config --group GRP --via switch-role --source-profile a+b --source-is-user --mfa-device mia",
        "aws-config&details=true&group_id=GRP&via=switch-role&source_profile=a%2Bb&source_is_user=true&mfa_device=mia",
    ),
];

#[test]
fn exports_send_their_options() {
    let answer = json!({"content": "", "account_count": 0, "omitted": [], "block": null});
    for (options, query) in EXPORTS {
        let stub = Stub::one(Reply::ok(&answer));
        let line = expanded(&format!("export {options}"));
        let ran = run(&stub, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        let expected = expanded(&format!("GET /v1/export?format={query}"));
        assert_eq!(stub.requests()[0].line(), expected, "{line}");
    }
}

#[test]
fn reading_commands_send_get_requests() {
    for (line, target) in READS {
        assert_eq!(
            request_of(line).0,
            format!("GET {}", expanded(target)),
            "{line}"
        );
    }
}

/// A remedy can name any of them.
#[test]
fn every_query_parameter_of_the_api_has_an_argument() {
    let contract = include_str!("../../../infra/openapi.yaml");
    let contract: Value = serde_saphyr::from_str(contract).expect("YAML");
    let paths = contract["paths"].as_object().expect("paths");
    let reads = READS.iter().map(|(_, target)| (*target).to_owned());
    let exports = EXPORTS.iter();
    let exports = exports.map(|(_, query)| format!("/v1/export?format={query}"));
    let targets: Vec<String> = reads.chain(exports).collect();
    // Services call the operator's API themselves.
    let tenants = paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
    for (path, item) in tenants {
        let ids = [
            ("{group_id}", "GRP"),
            ("{registration_id}", "REG"),
            ("{account_id}", "ACC"),
            ("{orphaned_stack_id}", "STK"),
        ];
        let path = ids
            .iter()
            .fold(path.clone(), |path, (name, id)| path.replace(name, id));
        let parameters = item["get"]["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let parameter = match parameter["$ref"].as_str() {
                Some(reference) => contract.pointer(&reference[1..]).expect("a parameter"),
                None => parameter,
            };
            // Lists are fetched page by page, by code that all of them share.
            let name = parameter["name"].as_str().expect("a name");
            if parameter["in"] != "query" || ["limit", "cursor"].contains(&name) {
                continue;
            }
            let sent = targets.iter().any(|target| {
                let (sent_path, query) = target.split_once('?').unwrap_or((target, ""));
                let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
                sent_path == path && names.any(|sent| sent == name)
            });
            assert!(sent, "no command sends {name} to {path}");
        }
    }
}

#[test]
fn group_and_registration_commands_send_their_bodies() {
    let writes = [
        (
            "groups create Prod",
            "POST /v1/groups",
            json!({"name": "Prod", "color": "#1f77b4"}),
        ),
        (
            "groups create Prod --color #00ff00",
            "POST /v1/groups",
            json!({"name": "Prod", "color": "#00ff00"}),
        ),
        (
            "groups edit GRP --name Test",
            "PATCH /v1/groups/GRP",
            json!({"name": "Test"}),
        ),
        (
            "groups edit GRP --color #000000",
            "PATCH /v1/groups/GRP",
            json!({"color": "#000000"}),
        ),
        // Without a terminal, and with --yes, there is no question and no request for it.
        ("groups delete GRP", "DELETE /v1/groups/GRP", Value::Null),
        (
            "groups delete GRP --yes",
            "DELETE /v1/groups/GRP",
            Value::Null,
        ),
        (
            "registrations start GRP",
            "POST /v1/groups/GRP/registrations",
            json!({}),
        ),
        (
            "registrations start GRP --name Shop --region eu-west-1 --aws-account-id 222222222222 \
             --allow-duplicate --with ssm-hybrid \
             --with switch-role=trusted_account_id=333333333333,require_mfa=false",
            "POST /v1/groups/GRP/registrations",
            json!({
                "account_name": "Shop", "region": "eu-west-1", "aws_account_id": "222222222222",
                "allow_duplicate": true, "companion_roles": [
                    {"kind": "ssm-hybrid", "options": {}},
                    {"kind": "switch-role", "options":
                        {"trusted_account_id": "333333333333", "require_mfa": false}},
                ],
            }),
        ),
        (
            "registrations start GRP --report-by paste --locale ja --return-url https://app.example/done",
            "POST /v1/groups/GRP/registrations",
            json!({"report_by": "paste", "locale": "ja", "return_url": "https://app.example/done"}),
        ),
        (
            "accounts renew-customer-link ACC",
            "POST /v1/accounts/ACC/customer-link",
            json!({}),
        ),
        (
            "registrations start GRP --access inventory,backup --access reports",
            "POST /v1/groups/GRP/registrations",
            json!({"access": ["inventory", "backup", "reports"]}),
        ),
        (
            "registrations start GRP --no-access",
            "POST /v1/groups/GRP/registrations",
            json!({"access": []}),
        ),
        (
            "registrations revoke REG",
            "DELETE /v1/registrations/REG",
            Value::Null,
        ),
        (
            "registrations complete REG bGluZQ== --name Shop",
            "POST /v1/registrations/REG/complete",
            json!({"stack_info": "bGluZQ==", "account_name": "Shop"}),
        ),
    ];
    assert_sends(&writes);
}

#[test]
fn account_commands_send_their_bodies() {
    let writes = [
        (
            "accounts edit ACC --name Shop",
            "PATCH /v1/accounts/ACC",
            json!({"name": "Shop"}),
        ),
        (
            "accounts edit ACC --group GRP",
            "PATCH /v1/accounts/ACC",
            json!({"group_id": GRP}),
        ),
        (
            "accounts check ACC",
            "POST /v1/accounts/ACC/checks",
            json!({}),
        ),
        (
            "accounts deregister ACC",
            "DELETE /v1/accounts/ACC",
            Value::Null,
        ),
        (
            "accounts deregister ACC --yes",
            "DELETE /v1/accounts/ACC",
            Value::Null,
        ),
        (
            "accounts access set ACC inventory backup,reports",
            "PUT /v1/accounts/ACC/access",
            json!({"access": ["inventory", "backup", "reports"]}),
        ),
        (
            "accounts access set ACC --none",
            "PUT /v1/accounts/ACC/access",
            json!({"access": []}),
        ),
        (
            "accounts companions set ACC --with ssm-hybrid=s3_buckets=a,s3_buckets=b",
            "PUT /v1/accounts/ACC/companion-roles",
            json!({"companion_roles": [
                {"kind": "ssm-hybrid", "options": {"s3_buckets": ["a", "b"]}}]}),
        ),
        (
            "accounts companions set ACC --none",
            "PUT /v1/accounts/ACC/companion-roles",
            json!({"companion_roles": []}),
        ),
        (
            "accounts simulate ACC --kind switch-role --action s3:GetObject --action s3:PutObject \
             --resource arn:aws:s3:::b/*",
            "POST /v1/accounts/ACC/simulations",
            json!({"kind": "switch-role", "actions": ["s3:GetObject", "s3:PutObject"],
                "resources": ["arn:aws:s3:::b/*"]}),
        ),
        (
            "orphans check STK",
            "POST /v1/orphaned-stacks/STK/checks",
            json!({}),
        ),
        (
            "orphans dismiss STK --reason kept",
            "POST /v1/orphaned-stacks/STK/dismiss",
            json!({"reason": "kept"}),
        ),
        (
            "decode ACC abc",
            "POST /v1/decode-authorization-message",
            json!({"account_id": ACC, "message": "abc"}),
        ),
    ];
    assert_sends(&writes);
}

#[test]
fn dash_reads_standard_input() {
    let stub = Stub::one(Reply::ok(&json!({})));
    let ran = run_with_input(&stub, &["decode", ACC, "-"], "  long message\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stub.requests()[0].json()["message"], "long message");
    let roles = json!([{"kind": "ssm-hybrid", "options": {"cloudwatch_agent": true}}]);
    let arguments = [
        "accounts",
        "companions",
        "set",
        ACC,
        "--companions-file",
        "-",
    ];
    let ran = run_with_input(&stub, &arguments, &roles.to_string());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stub.requests()[1].json()["companion_roles"], roles);
}

#[test]
fn invalid_arguments_exit_2_without_a_request() {
    let invalid = [
        "",
        "groups",
        "groups show acc_0123456789abcdef0123456789abcdef",
        "groups show grp_../x",
        "groups show REG",
        "accounts show acc_1",
        "accounts show GRP",
        "groups edit GRP",
        "groups list --limit 0",
        "groups list --limit 101",
        "accounts edit ACC",
        "accounts simulate ACC",
        "accounts access set ACC",
        "accounts access set ACC inventory --none",
        "accounts companions set ACC",
        "accounts companions set ACC --none --with ssm-hybrid",
        "registrations start GRP --aws-account-id 22222222222",
        "registrations start GRP --with admin",
        "connect",
        "connect GRP --registration REG",
        "connect --registration REG --name Shop",
        "connect --registration REG --report-by paste",
        "connect --registration REG --access inventory",
        "connect --registration REG --no-access",
        "connect GRP --access inventory --no-access",
        "connect --registration REG --locale ja",
        "connect GRP --locale de",
        "connect GRP --report-by mail",
        "connect GRP --timeout soon",
        "connect GRP --interval 3x",
        "orphans list --status lost",
        "orphans dismiss STK",
        "export",
        "export --format xml",
        "export --format aws-config --force",
        "export --format aws-config --merge --file x",
        "export --format csv --merge x",
        "export --format aws-config --via assume-role",
        "groups list --token abc",
    ];
    let stub = Stub::one(Reply::ok(&json!({})));
    for line in invalid {
        let arguments: Vec<String> = line.split_whitespace().map(expanded).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = run(&stub, &arguments);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.out.is_empty(), "{line}: {ran:?}");
    }
    assert!(stub.requests().is_empty());
}

#[test]
fn completions_need_no_hub() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = finished(
            &command(&["completions", shell])
                .output()
                .expect("it starts"),
        );
        assert_eq!(script.code, 0, "{shell}");
        assert!(script.out.contains("ROLECALL_COMPLETE"), "{shell}");
    }
}
