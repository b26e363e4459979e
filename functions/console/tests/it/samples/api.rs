//! Responses of the API.

use super::Setting;
use serde_json::{Value, json};

const CONSOLE: &str = "https://ap-northeast-1.console.aws.amazon.com/cloudformation/home";
const DELETE: &str =
    "aws cloudformation delete-stack --stack-name rolecall-216735fccc55 --region ap-northeast-1";

pub fn brand(of: &Setting) -> Value {
    json!({
        "product_name": of.either("Acme Cloud", "アクメクラウド"),
        "contact": "mailto:support@acme.example",
        "security_url": "https://acme.example/security",
        "logo_url": null,
        "accent_color": "#2f5bea",
    })
}

/// A brand whose logo's file has this size.
pub fn brand_with_logo(of: &Setting, width: u32, height: u32) -> Value {
    let mut brand = brand(of);
    brand["logo_url"] = json!("https://hub.example/logo/0");
    (brand["logo_width"], brand["logo_height"]) = (json!(width), json!(height));
    brand
}

pub fn access(of: &Setting) -> Value {
    json!([
        {
            "name": "inventory",
            "title": of.either("Read your inventory", "構成情報の参照"),
            "explain": of.either("Lists resources and their settings.", "リソースとその設定を一覧表示します。"),
            "not": of.either("Read your data, or change anything", "データの読み取りと変更"),
            "dangerous": false,
        },
        {
            "name": "administration",
            "title": of.either("Administer the account", "アカウントの管理"),
            "explain": of.either("Can do everything.", "すべての操作を実行できます。"),
            "not": null,
            "dangerous": true,
        },
    ])
}

/// What a registration can choose. The first profile is the default.
pub fn choices(of: &Setting) -> Value {
    let mut offered = access(of);
    let profiles = offered.as_array_mut().into_iter().flatten();
    for (at, profile) in profiles.enumerate() {
        profile["default"] = json!(at == 0);
    }
    json!({
        "home_region": "ap-northeast-1",
        "regions": [
            {"region": "ap-northeast-1", "report_by": "callback"},
            {"region": "eu-south-2", "report_by": "paste"},
        ],
        "access": offered,
    })
}

fn update() -> Value {
    json!({"console_url": CONSOLE, "command": "aws cloudformation update-stack --stack-name rolecall-216735fccc55"})
}

fn stack() -> Value {
    json!({
        "stack_name": "rolecall-216735fccc55",
        "region": "ap-northeast-1",
        "aws_account_id": "222222222222",
        "console_url": CONSOLE,
        "delete_command": DELETE,
    })
}

fn passed(of: &Setting) -> Value {
    json!({
        "code": "role_unassumable",
        "status": "passed",
        "title": of.either("Role can be assumed", "ロールを引き受けられる"),
        "message": "",
    })
}

fn failed(of: &Setting) -> Value {
    json!({
        "code": "external_id_not_enforced",
        "status": "failed",
        "title": of.either("External ID is not enforced", "外部IDが必須になっていない"),
        "message": of.either(
            "AWS let the hub assume the role without an external ID.",
            "外部IDなしでロールを引き受けられました。",
        ),
        "remedy": of.either(
            "Restore the trust policy with this command.",
            "次のコマンドで信頼ポリシーを元に戻してください。",
        ),
        "command": "aws iam update-assume-role-policy --role-name role --policy-document '{}'",
    })
}

pub fn connect(of: &Setting, state: &str) -> Value {
    let mut view = json!({
        "state": state,
        "account_name": of.either("Payments", "決済基盤"),
        "region": "ap-northeast-1",
        "report_by": if state == "waiting" { "callback" } else { "paste" },
        "created_at": "2026-11-29T13:58:00Z",
        "expires_at": "2026-12-01T13:00:00Z",
        "brand": brand(of),
        "hub_account_id": "111111111111",
        "access": access(of),
        "companion_roles": [{"kind": "ec2-instance", "title": of.either("A role for EC2 instances", "EC2インスタンス用のロール"), "explain": of.either("Permissions without access keys.", "アクセスキーが不要なアクセス許可です。")}],
        "quick_create_url": format!("{CONSOLE}#/stacks/quickcreate"),
        "stack_name": "rolecall-216735fccc55",
        "template_url": "https://templates.s3.amazonaws.com/onboarding/role.yaml",
        "template_sha256": "a5d2f1f4c9be0c1f0b6f5a7bb9f7b4d3b1bfb4b8e7d81d3f1c2a3b4c5d6e7f80",
        "required_permissions": {"Version": "2012-10-17", "Statement": []},
    });
    match state {
        "stack_started" | "verifying" => {
            view["progress"] = json!({
                "aws_account_id": "222222222222",
                "region": "ap-northeast-1",
                "started_at": "2026-11-29T13:59:20Z",
            });
        }
        "connected" => {
            view["account"] = json!({
                "aws_account_id": "222222222222",
                "connected_at": "2026-11-29T14:00:00Z",
                "customer_url": "https://hub.example/customer/token",
            });
            view["return_url"] = json!("https://app.acme.example/done");
        }
        "refused" => {
            let failed = failed(of);
            view["last_attempt"] = json!({
                "title": failed["title"],
                "detail": failed["message"],
                "remedy": failed["remedy"],
                "command": failed["command"],
                "attempted_at": "2026-11-29T13:57:00Z",
                "stack": stack(),
                "checks": [passed(of), failed],
            });
        }
        // By the preflight, because the link is for one account only.
        "refused_at_once" => {
            view["state"] = json!("refused");
            view["aws_account_id"] = json!("333333333333");
            view["last_attempt"] = json!({
                "title": of.either("Wrong AWS account", "AWSアカウントが異なります"),
                "detail": of.either(
                    "The link is for AWS account 333333333333.",
                    "このリンクはAWSアカウント 333333333333 用です。",
                ),
                "remedy": of.either("Sign in to that account.", "そのアカウントにサインインしてください。"),
                "attempted_at": "2026-11-29T13:57:00Z",
                "stack": stack(),
                "checks": [],
            });
        }
        _ => {}
    }
    view
}

pub fn customer(of: &Setting, state: &str) -> Value {
    let mut view = json!({
        "state": state,
        "name": of.either("Payments", "決済基盤"),
        "aws_account_id": "222222222222",
        "region": "ap-northeast-1",
        "stack_name": "rolecall-216735fccc55",
        "console_url": CONSOLE,
        "connected_at": "2026-11-21T09:00:00Z",
        "last_checked_at": "2026-11-29T13:58:00Z",
        "brand": brand(of),
        "access": access(of),
        "checks": if state == "attention" { json!([failed(of)]) } else { json!([]) },
        "delete_command": DELETE,
        "update": (state == "connected").then(update),
    });
    if state == "deregistered" {
        view["orphaned_stack"] =
            json!({"status": "orphaned", "proof": "available", "delete_command": DELETE});
        view["sessions_until"] = json!("2026-11-29T14:40:00Z");
    }
    view
}

pub fn receipts() -> Value {
    let receipt = json!({
        "service": "inventory-worker",
        "profile": "inventory",
        "profile_title": "Inventory",
        "issued_at": "2026-11-29T12:40:00Z",
        "expires_at": "2026-11-29T13:40:00Z",
    });
    json!({"items": [receipt], "next_cursor": "older"})
}

pub fn group(of: &Setting, accounts: u32) -> Value {
    json!({
        "group_id": "grp_1",
        "name": of.either("Production", "本番"),
        "color": "#d1495b",
        "account_count": accounts,
        "attention_count": accounts / 12,
        "pending_registration_count": accounts / 10,
    })
}

pub fn account(of: &Setting, status: &str) -> Value {
    let difference = (status == "active").then(|| {
        of.either(
            "inventory now also allows ec2:DescribeInstances.",
            "inventory に ec2:DescribeInstances が追加されました。",
        )
    });
    let mut checks = vec![passed(of)];
    if status == "unhealthy" {
        checks.push(failed(of));
    }
    json!({
        "account_id": "acc_1",
        "group_id": "grp_1",
        "name": of.either("Payments", "決済基盤"),
        "status": status,
        "aws_account_id": "222222222222",
        "role_arn": "arn:aws:iam::222222222222:role/rolecall/role",
        "external_id": "rolecall-external-id",
        "stack_name": "rolecall-216735fccc55",
        "region": "ap-northeast-1",
        "console_url": CONSOLE,
        "template_version": "2.1.0",
        "requested_access": ["inventory"],
        "template_difference": difference,
        "update": (status == "active").then(update),
        "registered_at": "2026-11-21T09:00:00Z",
        "last_checked_at": "2026-11-29T13:58:00Z",
        "next_check_at": "2026-11-29T14:03:00Z",
        "companion_roles": [{
            "kind": "ec2-instance",
            "state": "failed",
            "role_arn": "arn:aws:iam::222222222222:role/rolecall-companion/role",
            "instance_profile_arn": "arn:aws:iam::222222222222:instance-profile/role",
            "checks": [passed(of), failed(of)],
        }, {
            "kind": "switch-role",
            "state": "passed",
            "role_arn": "arn:aws:iam::222222222222:role/companion/switch",
            "requested_options": {"trusted_account_id": "333333333333", "policies": ["ViewOnlyAccess"]},
            "checks": [passed(of)],
        }, {
            "kind": "ssm-hybrid",
            "state": "planned",
            "requested_options": {"s3_buckets": []},
        }],
        "last_report": {"verdict": "passed", "checked_at": "2026-11-29T13:58:00Z", "checks": checks},
        "orphaned_stack_id": "stk_1",
        "customer_url": "https://hub.example/customer/token",
        "sessions_until": "2026-11-29T14:40:00Z",
    })
}

pub fn registration(of: &Setting, status: &str) -> Value {
    let shown = if matches!(status, "refused" | "started") {
        "pending"
    } else {
        status
    };
    let mut view = json!({
        "registration_id": "reg_1",
        "group_id": "grp_1",
        "status": shown,
        "account_name": of.either("Payments", "決済基盤"),
        "region": "ap-northeast-1",
        "report_by": "callback",
        "stack_name": "rolecall-216735fccc55",
        "quick_create_url": format!("{CONSOLE}#/stacks/quickcreate"),
        "connect_url": "https://hub.example/connect/token",
        "created_at": "2026-11-29T13:58:00Z",
        "expires_at": "2026-12-01T13:00:00Z",
        "account_id": "acc_1",
    });
    if status == "started" {
        view["progress"] = connect(of, "stack_started")["progress"].clone();
    }
    if status == "refused" {
        view["last_attempt"] = connect(of, "refused")["last_attempt"].clone();
    }
    view
}

pub fn history() -> Value {
    let items = json!([
        {"event": "Account Unhealthy", "at": "2026-11-29T12:00:00Z", "actor": "hub"},
        {"event": "Account Changed", "at": "2026-11-28T12:00:00Z", "actor": "user:1", "actor_name": "Olivia Owner"},
        {"event": "Account Registered", "at": "2026-11-21T09:00:00Z", "actor": "stack"},
    ]);
    json!({"items": items, "next_cursor": "older"})
}

pub fn orphaned_stack(of: &Setting, status: &str) -> Value {
    json!({
        "orphaned_stack_id": "stk_1",
        "account_id": "acc_1",
        "account_name": of.either("Payments", "決済基盤"),
        "stack_name": "rolecall-216735fccc55",
        "region": "ap-northeast-1",
        "aws_account_id": "222222222222",
        "console_url": CONSOLE,
        "remedy": null,
        "delete_command": DELETE,
        "stack_protected": status == "orphaned",
        "status": status,
        "proof": if status == "orphaned" { "available" } else { "unavailable" },
        "stale": status == "orphaned",
        "evidence": [
            {"kind": "deregistered", "at": "2026-11-29T12:00:00Z"},
            {"kind": "stack_status", "status": "CREATE_COMPLETE", "at": "2026-11-29T12:10:00Z"},
            {"kind": "dismissed_by", "who": "admin", "reason": "closed", "at": "2026-11-29T13:00:00Z"},
            {"kind": "role_unassumable", "at": "2026-11-29T13:40:00Z"},
        ],
        "opened_at": "2026-11-29T12:00:00Z",
        "last_checked_at": "2026-11-29T13:40:00Z",
        "next_check_at": null,
    })
}

pub fn page(items: &[Value], next_cursor: Option<&str>) -> Value {
    json!({"items": items, "next_cursor": next_cursor})
}
