//! Checks that the hub's role has no permission for are inconclusive, with the reason; invalid
//! requests are rejected with the field.

use anyhow::Result;
use http::Method;
use serde_json::{Value, json};

use crate::companions::bench::{Bench, post};

#[tokio::test]
async fn checks_without_inspection_permission_are_inconclusive() -> Result<()> {
    const KIND: &str = "ssm-hybrid";
    let bench = Bench::set(json!([{"kind": KIND}])).await?;
    let account = bench.account().await?;
    let role = account["role_arn"].as_str().expect("an ARN");
    let role = role.rsplit('/').next().expect("a name").to_owned();
    let statement = json!({
        "Effect": "Allow",
        "Action": ["cloudformation:DescribeStacks", "cloudformation:DescribeStackResources"],
        "Resource": "*",
    });
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    bench
        .shell(&format!(
            "aws iam put-role-policy --role-name {role} --policy-name SelfInspection \
             --policy-document '{document}'"
        ))
        .await?;
    let (role, odd) = bench.checked(KIND).await?;
    assert_eq!(role["state"], "inconclusive", "{role:#}");
    let message = odd[0]["message"].as_str().expect("a message");
    assert!(message.contains("iam:GetRole"), "{message}");

    let question = json!({"kind": KIND, "actions": ["ssm:UpdateInstanceInformation"]});
    let answer = bench.post("/simulations", &question).await?;
    assert_eq!(answer["verdict"], "inconclusive");
    let reason = answer["reason"].as_str().expect("a reason");
    assert!(reason.contains("iam:SimulatePrincipalPolicy"), "{reason}");
    assert_eq!(answer["results"], json!([]));

    let message = json!({
        "account_id": bench.connected.account.account_id,
        "message": "4qD0vG5zfYQ",
    });
    let path = "/v1/decode-authorization-message";
    let answer = post(&bench.world, Method::POST, path, &message, 200).await?;
    assert_eq!(answer["verdict"], "inconclusive");
    let reason = answer["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("sts:DecodeAuthorizationMessage"),
        "{reason}"
    );
    Ok(())
}

#[tokio::test]
async fn invalid_companion_request_is_rejected_with_field() -> Result<()> {
    let bench = Bench::set(json!([])).await?;
    let world = &bench.world;
    let group = &bench.connected.group.group_id;
    let own = bench.connected.customer.account_id();
    let path = format!("/v1/groups/{group}/registrations");
    let account = format!("/v1/accounts/{}", bench.connected.account.account_id);
    let switch = |id: &str| json!([{"kind": "switch-role", "options": {"trusted_account_id": id}}]);
    let pinned = json!({"aws_account_id": own, "companion_roles": switch(own)});
    let simulate = |kind: &str, action: &str| json!({"kind": kind, "actions": [action]});
    let cases: Vec<(Method, String, Value, &str, &str)> = vec![
        (
            Method::POST,
            path.clone(),
            pinned,
            "companion_roles[0].options.trusted_account_id",
            "own_account",
        ),
        (
            Method::POST,
            path,
            json!({"companion_roles": [{"kind": "root"}]}),
            "companion_roles[0].kind",
            "unknown_kind",
        ),
        (
            Method::PUT,
            format!("{account}/companion-roles"),
            json!({"companion_roles": switch(own)}),
            "companion_roles[0].options.trusted_account_id",
            "own_account",
        ),
        (
            Method::PUT,
            format!("{account}/companion-roles"),
            json!({}),
            "companion_roles",
            "required",
        ),
        (
            Method::POST,
            format!("{account}/simulations"),
            simulate("root", "s3:GetObject"),
            "kind",
            "unknown_kind",
        ),
        (
            Method::POST,
            format!("{account}/simulations"),
            simulate("ssm-hybrid", "s3:GetObject"),
            "kind",
            "not_there",
        ),
        (
            Method::POST,
            format!("{account}/simulations"),
            simulate("automation", "GetObject"),
            "actions",
            "invalid",
        ),
        (
            Method::GET,
            "/v1/export?format=aws-config&via=switch-role&source_profile=%E5%95%86".to_owned(),
            json!({}),
            "source_profile",
            "invalid",
        ),
    ];
    for (method, path, body, field, code) in cases {
        let problem = post(world, method, &path, &body, 422).await?;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code)),
            "{problem}"
        );
    }
    Ok(())
}
