//! Services with a single use: Secrets Manager, EventBridge, and the host for CloudFormation's
//! responses.

use super::tally::{Service, Tally};
use crate::http::{Request, Response};
use serde_json::{Value, json};

/// The hub's key ring in Secrets Manager.
pub const TOKEN_KEYS: &str = r#"{"k1":"0123456789abcdef0123456789abcdef0123456789abcdef"}"#;

/// The path of all response URLs.
pub const RESPONSES: &str = "/cloudformation-responses/";

/// Requests without a signature.
pub(super) fn unsigned(request: &Request, tally: &mut Tally) -> Response {
    if request.method == "PUT" && request.path.starts_with(RESPONSES) {
        tally.count(Service::S3, "PutObject");
        let body = String::from_utf8_lossy(&request.body);
        tally.answers.push(body.into_owned());
        return Response::new(200, "application/xml", "");
    }
    // A connection that is opened in advance.
    Response::new(404, "text/plain", "")
}

pub(super) fn answer(service: Service, request: &Request, tally: &mut Tally) -> Response {
    let operation = request.target();
    tally.count(service, operation);
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (status, answer) = match operation {
        "GetSecretValue" => {
            let secret = json!({
                "ARN": body["SecretId"],
                "Name": "token-key",
                "SecretString": TOKEN_KEYS,
                "VersionId": "00000000-0000-4000-8000-000000000000",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": 1.7e9,
            });
            (200, secret)
        }
        "PutEvents" => {
            let entries = body["Entries"].as_array().into_iter().flatten();
            let taken = entries.map(|_| json!({"EventId": "00000000-0000-4000-8000-000000000000"}));
            let taken: Vec<Value> = taken.collect();
            (200, json!({"FailedEntryCount": 0, "Entries": taken}))
        }
        other => {
            let told = json!({"__type": "UnknownOperationException", "message": other});
            (400, told)
        }
    };
    Response::new(status, "application/x-amz-json-1.1", answer.to_string())
}
