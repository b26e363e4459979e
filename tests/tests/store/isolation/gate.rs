//! S18: the authorizer of every route, as the template declares it.

use anyhow::{Context, Result};
use registration_api::Response;
use registration_api::route::PUBLIC;
use rolecall_local::paths::Tree;
use rolecall_testing::FakeCustomers;
use rolecall_tests::in_process::InProcess;
use rolecall_tests::twin::Hub;
use serde_json::{Value, json};

use crate::isolation::routes::{self, unknown_ids};

/// The template's resources, with short-form functions read as plain values.
fn resources() -> Result<serde_json::Map<String, Value>> {
    let template = std::fs::read_to_string(Tree::default().hub_template())?;
    // Remove the tags of short-form functions.
    let template: String = template
        .lines()
        .map(|line| {
            let words = line.split(' ').filter(|word| !is_tag(word));
            words.collect::<Vec<_>>().join(" ") + "\n"
        })
        .collect();
    let template: Value = serde_saphyr::from_str(&template)?;
    let resources = template["Resources"].as_object();
    Ok(resources.context("no resources")?.clone())
}

fn is_tag(word: &str) -> bool {
    let name = word.strip_prefix('!');
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn of_type<'a>(
    resources: &'a serde_json::Map<String, Value>,
    kind: &str,
) -> Vec<(&'a str, &'a Value)> {
    let all = resources.iter();
    let these = all.filter(|(_, resource)| resource["Type"] == kind);
    these
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
        .collect()
}

/// Whether the route has no authorizer: the reference pages, the sign-in information and the logo, which are the
/// same for everyone, and the routes whose functions verify tokens themselves. The list is closed, because a
/// pattern could make any route public.
fn is_public(key: &str) -> bool {
    PUBLIC.contains(&key) || key == credential_broker::WORKLOAD
}

#[test]
fn every_route_except_the_public_ones_requires_a_jwt_or_a_signature() -> Result<()> {
    let resources = resources()?;
    let routes = of_type(&resources, "AWS::ApiGatewayV2::Route");
    assert!(!routes.is_empty());
    for (name, route) in &routes {
        let key = route["RouteKey"].as_str().unwrap_or_default();
        if is_public(key) {
            assert_eq!(route["AuthorizationType"], "NONE", "{name}");
            continue;
        }
        // The console, which has no access to records.
        if route["Target"] == "integrations/${ConsoleIntegration}" {
            assert_eq!(route["AuthorizationType"], "NONE", "{name}");
            assert!(["ANY /", "ANY /{proxy+}"].contains(&key), "{name}: {key}");
            continue;
        }
        if key.contains(" /operator/v1/") {
            assert_eq!(route["AuthorizationType"], "AWS_IAM", "{name}");
            assert_eq!(route.get("AuthorizerId"), None, "{name}");
            continue;
        }
        assert_eq!(route["AuthorizationType"], "JWT", "{name}");
        assert_eq!(route["AuthorizerId"], "ApiAuthorizer", "{name}");
        assert!(key.contains(" /v1/"), "{name} is outside of the API: {key}");
    }
    let authorizer = &resources["ApiAuthorizer"]["Properties"];
    assert_eq!(authorizer["AuthorizerType"], "JWT");
    assert_eq!(
        authorizer["IdentitySource"],
        json!(["$request.header.Authorization"])
    );
    for kind in [
        "AWS::Lambda::Url",
        "AWS::Serverless::Api",
        "AWS::Serverless::HttpApi",
        "AWS::ApiGateway::RestApi",
    ] {
        assert!(of_type(&resources, kind).is_empty(), "{kind}");
    }
    for (name, function) in of_type(&resources, "AWS::Serverless::Function") {
        assert!(function["FunctionUrlConfig"].is_null(), "{name}");
    }
    Ok(())
}

#[test]
fn users_cannot_sign_up_or_write_their_claim() -> Result<()> {
    let resources = resources()?;
    let pools = of_type(&resources, "AWS::Cognito::UserPool");
    assert_eq!(pools.len(), 1);
    let admin = &pools[0].1["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"];
    assert_eq!(*admin, json!(true));
    assert_eq!(
        pools[0].1["UsernameConfiguration"]["CaseSensitive"],
        json!(false)
    );
    let attributes = pools[0].1["Schema"].as_array().context("a schema")?;
    let names: Vec<_> = attributes.iter().map(|it| &it["Name"]).collect();
    assert_eq!(names, ["tenant", "role"]);
    let clients = of_type(&resources, "AWS::Cognito::UserPoolClient");
    assert_eq!(clients.len(), 3);
    for (name, client) in clients {
        // Without this list, a client may write every attribute.
        let may_write = client["WriteAttributes"].as_array();
        let may_write = may_write.with_context(|| format!("{name} has no WriteAttributes"))?;
        // An empty list counts as none. The history names people by their claims.
        assert!(!may_write.is_empty(), "{name}");
        let claims = may_write.iter().filter_map(Value::as_str);
        let named = ["name", "email", "email_verified"];
        let trusted: Vec<_> = claims
            .filter(|it| it.starts_with("custom:") || named.contains(it))
            .collect();
        assert!(trusted.is_empty(), "{name}: {trusted:?}");
        // The API accepts an ID token until it expires, whatever happened to the person's role.
        assert_eq!(client["IdTokenValidity"], json!(60), "{name}");
        assert_eq!(
            client["TokenValidityUnits"]["IdToken"],
            json!("minutes"),
            "{name}"
        );
    }
    Ok(())
}

/// Anyone can use a public client, so it must return codes to the person's own computer only.
#[test]
fn public_client_returns_codes_to_loopback_ports_only() -> Result<()> {
    let resources = resources()?;
    let client = &resources["CliClient"]["Properties"];
    assert_eq!(client["GenerateSecret"], json!(false));
    assert_eq!(client["AllowedOAuthFlows"], json!(["code"]));
    assert_eq!(client["AllowedOAuthScopes"], json!(["openid"]));
    assert_eq!(
        client["ExplicitAuthFlows"],
        json!(["ALLOW_REFRESH_TOKEN_AUTH"])
    );
    let callbacks =
        [18_911, 23_911, 28_911].map(|port| format!("http://127.0.0.1:{port}/callback"));
    assert_eq!(client["CallbackURLs"], json!(callbacks));
    let source = std::fs::read_to_string(Tree::default().root().join("cli/src/login/callback.rs"))?;
    assert!(
        source.contains("[18_911, 23_911, 28_911]"),
        "other ports in the command line"
    );
    Ok(())
}

#[test]
fn client_of_the_pages_returns_codes_to_the_hub_only() -> Result<()> {
    let resources = resources()?;
    let client = &resources["ConsoleClient"]["Properties"];
    assert_eq!(client["AllowedOAuthFlows"], json!(["code"]));
    assert_eq!(client["AllowedOAuthScopes"], json!(["openid", "profile"]));
    // No password passes through the pages.
    assert_eq!(
        client["ExplicitAuthFlows"],
        json!(["ALLOW_REFRESH_TOKEN_AUTH"])
    );
    let origins = [
        "https://${CustomDomainName}",
        "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}",
    ];
    for (list, path) in [("CallbackURLs", "/sign-in/callback"), ("LogoutURLs", "/")] {
        let urls = client[list].as_array().context("addresses")?;
        assert_eq!(urls.len(), 1, "{list}");
        let text = urls[0].to_string();
        for origin in origins {
            assert!(text.contains(&format!("\"{origin}{path}\"")), "{text}");
        }
        assert_eq!(text.matches("https://").count(), 2, "{text}");
    }
    // The API accepts the tokens of all three clients, and of no other.
    let audiences =
        resources["ApiAuthorizer"]["Properties"]["JwtConfiguration"]["Audience"].to_string();
    for client in ["UserPoolClient", "CliClient", "ConsoleClient"] {
        assert!(audiences.contains(client), "{audiences}");
    }
    Ok(())
}

/// Even if a request bypassed the gateway's check, only the verified claim determines the tenant.
#[tokio::test]
async fn every_route_rejects_requests_without_valid_claim() -> Result<()> {
    let table = Hub::find().twin().await;
    let hub = InProcess::over(&table, FakeCustomers::new);
    let no_claims = [
        json!({}),
        json!({"authorizer": null}),
        json!({"authorizer": {"jwt": {"claims": {}}}}),
        json!({"authorizer": {"jwt": {"claims": {"tenant": "acme"}}}}),
        json!({"authorizer": {"jwt": {"claims": {"custom:tenant": ["acme"]}}}}),
        json!({"authorizer": {"jwt": {"claims": {"custom:tenant": ""}}}}),
        json!({"authorizer": {"jwt": {"claims": {"custom:tenant": "acme#GROUP"}}}}),
        json!({"authorizer": {"jwt": {"claims": {"custom:tenant": "x".repeat(65)}}}}),
        json!({"authorizer": {"lambda": {"custom:tenant": "acme"}}}),
        json!({"authorizer": {"claims": {"custom:tenant": "acme"}}}),
    ];
    for route in routes::all()? {
        for context in &no_claims {
            let response =
                forged(&hub, &route.method, &route.at(&unknown_ids("0"))?, context).await;
            let what = format!("{} {context}: {}", route.name(), response.body);
            assert_eq!(response.status_code, 403, "{what}");
            let body: Value = serde_json::from_str(&response.body)?;
            assert_eq!(body["code"], "tenant_missing", "{what}");
        }
    }
    Ok(())
}

/// Sends a request that has a tenant everywhere except in the claim.
async fn forged(
    hub: &InProcess<FakeCustomers>,
    method: &str,
    path: &str,
    context: &Value,
) -> Response {
    let mut event = json!({
        "version": "2.0",
        "rawPath": path,
        "headers": {
            "x-tenant": "acme",
            "custom:tenant": "acme",
            "authorization": "Bearer eyJhbGciOiJub25lIn0.eyJjdXN0b206dGVuYW50IjoiYWNtZSJ9.",
        },
        "queryStringParameters": {"tenant": "acme", "custom:tenant": "acme"},
        "body": json!({"tenant": "acme", "custom:tenant": "acme"}).to_string(),
        "requestContext": context,
    });
    event["requestContext"]["http"] = json!({"method": method});
    hub.api.handle(&event).await
}
