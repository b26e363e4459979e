//! The values in a request's path.
//!
//! IAM policies control access to profiles by the path, so IAM and this function must interpret it in the same
//! way. The gateway decodes a path before it passes it on, so the raw path is not available. A request is
//! accepted only if the route key, the path parameters and the path all contain the same two segments. Each
//! must be a valid name, which contains no characters that are ever encoded.

use rolecall_domain::access::ProfileName;
use rolecall_domain::ids::AccountId;
use rolecall_http::event::text;
use serde_json::Value;

/// The gateway's route with IAM authorization.
pub const OPERATOR: &str = "POST /operator/v1/credentials/{profile}/{account_id}";

/// The gateway's route without authorization: the function verifies the workload's token itself.
pub const WORKLOAD: &str = "GET /workload/v1/credentials/{profile}/{account_id}";

pub fn route_key(event: &Value) -> &str {
    text(event, "/routeKey")
}

/// A name for the log. It contains nothing that the caller sent.
pub fn action(event: &Value) -> &'static str {
    match route_key(event) {
        OPERATOR => OPERATOR,
        WORKLOAD => WORKLOAD,
        _ => "unknown path",
    }
}

/// The access profile and the account in the path.
pub fn named(event: &Value) -> Option<(ProfileName, AccountId)> {
    let parameters = event.get("pathParameters")?.as_object()?;
    let parameter = |name: &str| parameters.get(name).and_then(Value::as_str);
    let profile = ProfileName::parse(parameter("profile")?).ok()?;
    let account_id = AccountId::parse(parameter("account_id")?).ok()?;
    let start = match route_key(event) {
        OPERATOR => "/operator/v1/credentials",
        WORKLOAD => "/workload/v1/credentials",
        _ => return None,
    };
    let path = text(event, "/rawPath");
    let same = parameters.len() == 2 && path == format!("{start}/{profile}/{account_id}");
    same.then_some((profile, account_id))
}
