//! The gateway's routes: one for tenants, one for the operator, and one for each route with its own
//! limit.

use std::collections::BTreeSet;

use registration_api::route::{OPERATOR_PROXY, PROXY, PUBLIC, Route};
use registration_api::routes::ROUTES;
use serde_json::Value;

use crate::templates::template::{HUB, Template};

/// The routes that make calls to AWS, and the ones without a token.
fn own_routes() -> BTreeSet<&'static str> {
    let keys = ROUTES.iter().map(Route::gateway_key);
    let own = keys.filter(|key| *key != PROXY);
    own.chain(PUBLIC)
        .chain([credential_broker::OPERATOR, credential_broker::WORKLOAD])
        .chain(CONSOLE)
        .collect()
}

/// The console has the paths that no other route has.
const CONSOLE: [&str; 2] = ["ANY /", "ANY /{proxy+}"];

#[test]
fn only_routes_with_their_own_limit_have_their_own_gateway_route() {
    let hub = Template::read(HUB);
    let routes = hub.resources("AWS::ApiGatewayV2::Route");
    let keys = routes
        .iter()
        .map(|(_, route)| route["Properties"]["RouteKey"].as_str().expect("text"));
    let mut needed = own_routes();
    needed.extend([PROXY, OPERATOR_PROXY]);
    assert_eq!(keys.collect::<BTreeSet<_>>(), needed);
    assert_eq!(routes.len(), needed.len(), "two routes have one key");
    for (name, route) in routes {
        let target = &route["Properties"]["Target"];
        let key = route["Properties"]["RouteKey"].as_str().expect("text");
        let integration = match key {
            credential_broker::OPERATOR | credential_broker::WORKLOAD => {
                "integrations/${CredentialsIntegration}"
            }
            key if CONSOLE.contains(&key) => "integrations/${ConsoleIntegration}",
            _ => "integrations/${ApiIntegration}",
        };
        assert_eq!(target, integration, "{name}");
    }
}

#[test]
fn own_gateway_routes_have_the_lower_limit() {
    let hub = Template::read(HUB);
    let settings = hub.at("/Resources/ApiStage/Properties/RouteSettings");
    let settings = settings.as_object().expect("settings");
    let limited: BTreeSet<&str> = settings.keys().map(String::as_str).collect();
    assert_eq!(limited, own_routes());
    for (route, limits) in settings {
        let kind = match route.as_str() {
            credential_broker::OPERATOR | credential_broker::WORKLOAD => "Credentials",
            // Pages read these again and again.
            page if page.starts_with("GET /connect/") || page.contains(" /logo/") => "Page",
            key if CONSOLE.contains(&key) => "Console",
            _ => "Costly",
        };
        let (rate, burst) = (format!("{kind}RateLimit"), format!("{kind}BurstLimit"));
        assert_eq!(limits["ThrottlingRateLimit"], rate, "{route}");
        assert_eq!(limits["ThrottlingBurstLimit"], burst, "{route}");
    }
}

/// API Gateway can reject routes that are created at the same time, and a stage whose settings
/// refer to a route that does not exist yet.
#[test]
fn gateway_routes_are_created_in_sequence_and_the_stage_last() {
    let hub = Template::read(HUB);
    let routes = hub.resources("AWS::ApiGatewayV2::Route");
    let mut left: BTreeSet<&str> = routes.iter().map(|(name, _)| *name).collect();
    let mut next = hub.at("/Resources/ApiStage/DependsOn").as_str();
    while let Some(name) = next {
        assert!(
            left.remove(name),
            "{name} is not a route, or is listed twice"
        );
        let resource = hub.at(&format!("/Resources/{name}"));
        next = resource.get("DependsOn").and_then(Value::as_str);
    }
    assert!(left.is_empty(), "not in the DependsOn chain: {left:?}");
}
