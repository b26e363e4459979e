//! Compares `infra/openapi.yaml` with the code, and the running API with it.

pub(crate) mod contract;
mod driver;
mod every_route;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use http::Method;
use registration_api::route::{PUBLIC, REFERENCE, SIGN_IN};
use registration_api::routes::{CONNECT_ROUTES, OPERATOR_ROUTES, ROUTES};
use rolecall_domain::problem::Code;
use rolecall_domain::user::Role;
use rolecall_local::hub::Hub;
use serde_json::{Value, json};

use crate::openapi::contract::Contract;

/// Codes of refused and failed stacks, which no response has.
const OF_THE_CALLBACK: [Code; 3] = [
    Code::MalformedRequest,
    Code::InvalidToken,
    Code::StackRolledBack,
];

/// Codes for requests that match no operation.
const OF_NO_OPERATION: [Code; 1] = [Code::MethodNotAllowed];

#[test]
fn contract_and_api_declare_the_same_operations_and_query_parameters() {
    let contract = Contract::load();
    let parameters = |operation: &str| contract.query_parameters(operation);
    let tenants = contract.operations().into_iter();
    let declared: BTreeMap<String, BTreeSet<String>> = tenants
        .chain(contract.operator_operations())
        .map(|(route, operation)| (route, parameters(&operation)))
        .collect();
    let names = |query: &[&str]| query.iter().copied().map(str::to_owned).collect();
    let routes = ROUTES.iter().chain(OPERATOR_ROUTES);
    let served = routes
        .clone()
        .map(|route| (route.key.to_owned(), names(route.query)));
    let issuing = [credential_broker::OPERATOR, credential_broker::WORKLOAD];
    let issuing = issuing.map(|route| (route.to_owned(), names(&[])));
    let served = served.chain(issuing).collect::<BTreeMap<_, _>>();
    assert_eq!(served, declared);
    assert_eq!(
        declared.len(),
        routes.count() + 2,
        "a route is listed twice"
    );
}

/// Reference pages are for browsers, and are not part of the contract.
#[test]
fn only_the_public_routes_need_no_token() {
    let contract = Contract::load();
    let declared = contract.public_operations();
    let public = PUBLIC.into_iter().filter(|key| *key != REFERENCE);
    let public: BTreeSet<String> = public.map(str::to_owned).collect();
    assert_eq!(declared.keys().cloned().collect::<BTreeSet<_>>(), public);
    for route in CONNECT_ROUTES {
        let operation = &declared[route.key];
        let query: BTreeSet<String> = route.query.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(contract.query_parameters(operation), query, "{}", route.key);
        let header = json!({"$ref": "#/components/parameters/PageToken"});
        let parameters = contract.at(&format!("{operation}/parameters"));
        assert_eq!(parameters[0], header, "{}", route.key);
    }
}

#[tokio::test]
async fn sign_in_is_told_to_anyone() -> Result<()> {
    let hub = Hub::from_env()?;
    let answer = hub.caller(None);
    let answer = answer.raw(Method::GET, "/.well-known/rolecall", &[], Vec::new());
    let answer = answer.await?;
    let contract = Contract::load();
    let operation = &contract.public_operations()[SIGN_IN];
    assert_eq!(contract.objection(operation, &answer), None);
    let said: Value = serde_json::from_slice(&answer.body)?;
    assert_eq!(said["issuer"], hub.file().output("JwtIssuer")?);
    assert_eq!(said["client_id"], hub.file().output("CliClientId")?);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let query = "/.well-known/rolecall?x=1";
    let refused = hub.caller(None);
    let refused = refused.raw(Method::GET, query, &[], Vec::new()).await?;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(contract.objection(operation, &refused), None);
    Ok(())
}

#[test]
fn only_one_operation_returns_credentials() {
    let contract = Contract::load();
    let target = "#/components/schemas/IssuedCredentials";
    let returns = |operation: &String| {
        let statuses = contract.statuses(operation).into_iter();
        statuses
            .filter_map(|status| contract.response(operation, &status))
            .any(|response| contract.at(&response).to_string().contains(target))
    };
    let operations = contract.every_operation().into_iter();
    let returning = operations.filter(|(_, operation)| returns(operation));
    let routes: Vec<String> = returning.map(|(route, _)| route).collect();
    let issuing = [credential_broker::WORKLOAD, credential_broker::OPERATOR];
    assert_eq!(routes, issuing);
    let schemas = contract
        .at("/components/schemas")
        .as_object()
        .expect("schemas");
    let with_secret = schemas
        .iter()
        .filter(|(_, schema)| schema.to_string().contains("SecretAccessKey"));
    let names: Vec<&str> = with_secret.map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["IssuedCredentials"]);
}

#[test]
fn contract_lists_exactly_the_api_error_codes() {
    let contract = Contract::load();
    let declared = contract.at("/components/schemas/Code/enum");
    let declared: BTreeSet<&str> = declared
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(declared, known);
}

#[test]
fn every_error_code_is_declared_with_its_status() {
    let contract = Contract::load();
    let mut declared = BTreeSet::new();
    for operation in contract.every_operation().values() {
        for status in contract.statuses(operation) {
            for code in contract.codes(operation, &status) {
                declared.insert((code, status.clone()));
            }
        }
    }
    let of_the_api = Code::ALL
        .iter()
        .filter(|code| !OF_THE_CALLBACK.contains(code) && !OF_NO_OPERATION.contains(code));
    let known: BTreeSet<(String, String)> = of_the_api
        .map(|code| (code.as_str().to_owned(), code.status().to_string()))
        .collect();
    assert_eq!(declared, known);
}

/// Clients and pages read from the contract what a role may do.
#[test]
fn contract_and_api_declare_the_same_least_roles() {
    let contract = Contract::load();
    let tenants = contract.operations().into_iter();
    for (route, operation) in tenants.filter(|(route, _)| route.contains(" /v1/")) {
        let served = ROUTES.iter().find(|it| it.key == route).expect("a route");
        let role = served.least_role;
        assert_eq!(
            contract.at(&operation)["x-least-role"],
            role.as_str(),
            "{route}"
        );
        let codes = contract.codes(&operation, "403");
        assert_eq!(
            codes.contains("not_permitted"),
            role > Role::Viewer,
            "{route}"
        );
    }
}

/// A route of the operator is signed, and every other one needs a token.
#[test]
fn every_operation_has_the_sign_in_of_its_path() {
    let contract = Contract::load();
    assert_eq!(contract.at("/security"), &serde_json::json!([{"jwt": []}]));
    for (route, operation) in contract.every_operation() {
        let own = contract.at(&operation).get("security").cloned();
        let signed = route.contains(" /operator/v1/");
        let expected = if PUBLIC.contains(&&*route) {
            Some(serde_json::json!([]))
        } else if route == credential_broker::WORKLOAD {
            Some(serde_json::json!([{"workload": []}]))
        } else {
            signed.then(|| serde_json::json!([{"sigv4": []}]))
        };
        assert_eq!(own, expected, "{route}");
    }
    // The credential broker has one route.
    let operations = contract.operator_operations();
    assert_eq!(operations.len(), OPERATOR_ROUTES.len() + 1);
}

#[test]
fn contract_references_resolve_and_every_component_is_used() {
    let contract = Contract::load();
    let references = contract.references();
    for reference in &references {
        contract.at(reference.trim_start_matches('#'));
    }
    for (kind, parts) in contract.at("/components").as_object().expect("components") {
        for name in parts.as_object().expect("parts").keys() {
            let reference = format!("#/components/{kind}/{name}");
            let used = kind == "securitySchemes" || references.contains(&reference);
            assert!(used, "nothing refers to {reference}");
        }
    }
}

#[test]
fn every_contract_schema_is_valid() {
    let contract = Contract::load();
    let schemas = contract.at("/components/schemas").as_object();
    for (name, schema) in schemas.expect("schemas") {
        let valid = jsonschema::draft202012::meta::validate(schema);
        assert!(valid.is_ok(), "{name}: {valid:?}");
    }
}

/// A response with an undeclared field violates the contract like one without a required field.
#[test]
fn response_with_extra_or_missing_field_violates_contract() {
    let contract = Contract::load();
    let operation = &contract.operations()["GET /v1/groups/{group_id}"];
    let group = r##"{"group_id": "grp_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b", "name": "x",
        "color": "#123456", "account_count": 0, "attention_count": 0, "pending_registration_count": 0,
        "created_at": "2026-01-01T00:00:00Z"}"##;
    let answer = |body: &str, media_type: &'static str| {
        let mut headers = http::HeaderMap::new();
        let value = http::HeaderValue::from_static(media_type);
        headers.insert(http::header::CONTENT_TYPE, value);
        rolecall_client::http::HttpAnswer {
            status: 200,
            headers,
            body: body.as_bytes().to_vec(),
        }
    };
    let objection = |body: &str| contract.objection(operation, &answer(body, "application/json"));
    assert_eq!(objection(group), None);
    for wrong in [
        group.replace("\"name\"", "\"more\": 1, \"name\""),
        group.replace("\"name\": \"x\",", ""),
        group.replace("grp_", "reg_"),
        group.replace("00:00:00Z", "25:00:00Z"),
        group.replace('}', ""),
    ] {
        assert!(objection(&wrong).is_some(), "{wrong}");
    }
    let as_text = contract.objection(operation, &answer(group, "text/plain"));
    assert!(as_text.is_some());
}
