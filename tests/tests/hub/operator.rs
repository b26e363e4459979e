//! The operator's API through the gateway: IAM decides who may call what, the hub's managed policies
//! allow what they say, and every response matches the contract.

use anyhow::{Context, Result};
use http::Method;
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_client::signer::Signer;
use rolecall_client::{HubClient, calls, operator};
use rolecall_tests::roles::session;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::openapi::contract::Contract;

/// A client with a session of a new role of the hub's account that has this policy.
async fn service(world: &World, policy: Policy<'_>) -> Result<(HubClient, String)> {
    let root = world.aws(world.hub_account_id())?;
    let name = unique("service").replace(' ', "-");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", world.hub_account_id())},
        "Action": "sts:AssumeRole",
    }]});
    let iam = root.iam();
    let role = iam.create_role().role_name(&name);
    role.assume_role_policy_document(trust.to_string())
        .send()
        .await?;
    match policy {
        Policy::None => {}
        Policy::Managed(output) => {
            let arn = world.hub.file().output(output)?;
            let attach = iam.attach_role_policy().role_name(&name);
            attach.policy_arn(arn).send().await?;
        }
        Policy::Inline(paths) => {
            let api = world.hub.file().api_url.split("/_aws/execute-api/").nth(1);
            let api = api
                .and_then(|rest| rest.split('/').next())
                .context("no API id")?;
            let (region, hub) = (&world.hub.file().region, world.hub_account_id());
            let arn = |path: &&str| format!("arn:aws:execute-api:{region}:{hub}:{api}/*/{path}");
            let document = json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": paths.iter().map(arn).collect::<Vec<_>>(),
            }]});
            let put = iam.put_role_policy().role_name(&name).policy_name("Paths");
            put.policy_document(document.to_string()).send().await?;
        }
    }
    let signer = Signer::new(session(&root, &name).await?, &*world.hub.file().region);
    let client = HubClient::signed(Http::new(), &world.hub.file().api_url, signer);
    Ok((client, name))
}

enum Policy<'a> {
    None,
    /// The output with the ARN of one of the hub's policies.
    Managed(&'a str),
    /// Paths after the stage, such as `GET/operator/v1/tenants`.
    Inline(&'a [&'a str]),
}

const READ: Policy<'_> = Policy::Managed("OperatorReadPolicyArn");
const ALL: Policy<'_> = Policy::Managed("OperatorAllPolicyArn");

async fn get(client: &HubClient, path: &str) -> Result<HttpAnswer> {
    Ok(client.raw(Method::GET, path, &[], Vec::new()).await?)
}

async fn post(client: &HubClient, path: &str, body: &Value) -> Result<HttpAnswer> {
    let body = body.to_string().into_bytes();
    Ok(client.raw(Method::POST, path, &[], body).await?)
}

/// Whether the gateway refused the request itself. The function's own refusals have a code.
fn is_of_gateway(answer: &HttpAnswer) -> bool {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    answer.status == 403 && body["code"].is_null()
}

fn group() -> Value {
    json!({"name": unique("Group"), "color": "#2f6fed"})
}

#[tokio::test]
async fn request_without_a_permission_is_rejected_by_the_gateway() -> Result<()> {
    let world = World::find().await?;
    let paths = ["/operator/v1/tenants", "/operator/v1/tenants/acme/groups"];
    let anonymous = world.hub.caller(None);
    let (nobody, _) = service(&world, Policy::None).await?;
    for path in paths {
        for client in [&anonymous, &nobody] {
            let answer = get(client, path).await?;
            assert!(is_of_gateway(&answer), "{path}: {}", answer.text());
        }
        // The emulator forwards a request with a bearer token, and the function refuses it.
        let answer = get(&world.acme, path).await?;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    // A signature is no token.
    let (all, _) = service(&world, ALL).await?;
    assert_eq!(get(&all, "/v1/groups").await?.status, 401);
    assert_eq!(get(&all, "/operator/v1/tenants").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn read_policy_allows_reads_and_no_change() -> Result<()> {
    let world = World::find().await?;
    let (reader, _) = service(&world, READ).await?;
    let (writer, name) = service(&world, ALL).await?;
    let path = format!("/operator/v1/tenants/{}/groups", world.tenant);
    assert_eq!(get(&reader, &path).await?.status, 200);
    let refused = post(&reader, &path, &group()).await?;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let made = post(&writer, &path, &group()).await?;
    assert_eq!(made.status, 201, "{}", made.text());
    let made: Value = serde_json::from_slice(&made.body)?;
    let id = made["group_id"].as_str().context("no id")?;
    // The tenant sees the group, and the audit entry of it names the role and the session.
    assert_eq!(world.acme.group(id).await?.group_id, id);
    let key = (
        format!("TENANT#{}", world.tenant),
        format!("AUDIT#{id}#0000000001"),
    );
    let entry = world
        .item(&key.0, &key.1)
        .await?
        .context("no audit entry")?;
    let text = |name: &str| entry.get(name).and_then(|it| it.as_s().ok()).cloned();
    assert_eq!(text("actor"), Some(format!("service:{name}")));
    assert_eq!(text("session_name").as_deref(), Some("tests"));
    Ok(())
}

#[tokio::test]
async fn policy_for_one_path_allows_that_path_only() -> Result<()> {
    let world = World::find().await?;
    let (client, _) = service(&world, Policy::Inline(&["GET/operator/v1/usage"])).await?;
    let month = "month=2027-01";
    assert_eq!(
        get(&client, &format!("/operator/v1/usage?{month}"))
            .await?
            .status,
        200
    );
    let other = get(&client, "/operator/v1/tenants").await?;
    assert!(is_of_gateway(&other), "{}", other.text());
    for path in [
        "/operator/v1/usage/../tenants",
        "/operator/v1/usage%2F..%2Ftenants",
        "/operator/v1/tenants%3F",
        "//operator/v1/tenants",
        "/operator/v1/Usage",
    ] {
        let answer = get(&client, path).await?;
        assert!(
            [403, 404].contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
    }
    Ok(())
}

/// Every operation of the operator succeeds once, and answers as the contract says.
#[tokio::test]
async fn every_read_of_the_operator_matches_the_contract() -> Result<()> {
    let world = World::find().await?;
    let connected = world.connect().await?;
    let account = &connected.account;
    let (client, _) = service(&world, READ).await?;
    let contract = Contract::load();
    let aws_account_id = connected.customer.account_id();
    let mut called = Vec::new();
    for (route, path) in [
        ("tenants", "tenants?limit=1".to_owned()),
        ("accounts", format!("accounts?tenant={}", world.tenant)),
        (
            "accounts",
            "accounts?changed_since=2020-01-01T00:00:00Z&limit=2".to_owned(),
        ),
        (
            "accounts",
            format!("accounts?aws_account_id={aws_account_id}"),
        ),
        (
            "registrations",
            "registrations?status=completed&limit=2".to_owned(),
        ),
        ("orphaned-stacks", "orphaned-stacks?limit=2".to_owned()),
        (
            "aws-accounts/{aws_account_id}",
            format!("aws-accounts/{aws_account_id}"),
        ),
        (
            "accounts/{account_id}/assume-role",
            format!("accounts/{}/assume-role", account.account_id),
        ),
        (
            "export",
            format!("export?format=json&tenant={}", world.tenant),
        ),
        ("export", "export?format=csv&details=true".to_owned()),
        ("usage", "usage?month=2027-01".to_owned()),
    ] {
        let route = format!("GET /operator/v1/{route}");
        let operation = &contract.operator_operations()[&route];
        let answer = get(&client, &format!("/operator/v1/{path}")).await?;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let objection = contract.objection(operation, &answer);
        assert_eq!(objection, None, "{path}: {}", answer.text());
        let invalid = format!(
            "/operator/v1/{}",
            path.split('?').next().unwrap_or_default()
        );
        let answer = get(&client, &format!("{invalid}?no_such=1")).await?;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
        assert_eq!(contract.objection(operation, &answer), None, "{path}");
        called.push(route);
    }
    called.dedup();
    // All but the credential broker's route.
    assert_eq!(called.len() + 1, contract.operator_operations().len());

    let found = client
        .send(operator::get_aws_account(aws_account_id))
        .await?;
    assert!(
        found
            .items
            .iter()
            .any(|item| item["account"]["account_id"] == *account.account_id)
    );
    let groups = client
        .send(operator::on_behalf(&world.tenant, calls::list_groups()))
        .await?;
    assert!(!groups.items.is_empty());
    let role = client
        .send(operator::get_assume_role(&account.account_id))
        .await?;
    assert_eq!(role["role_arn"], json!(account)["role_arn"]);
    let external_id = role["external_id"].as_str().context("no external id")?;
    assert!(!external_id.is_empty());
    Ok(())
}
