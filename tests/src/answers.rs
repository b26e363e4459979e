//! Assertions about API responses.

use rolecall_client::http::HttpAnswer;
use rolecall_client::{Answered, Problem};
use serde_json::Value;

/// The problem that a call returned, checked by status and code.
///
/// # Panics
/// If the call succeeded or returned another problem.
#[track_caller]
pub fn refused<T>(call: Answered<T>, status: u16, code: &str) -> Problem {
    let Err(error) = call else {
        panic!("the call succeeded; expected {code}")
    };
    let Some(problem) = error.problem() else {
        panic!("expected {code}, got: {error}")
    };
    let got = (problem.status, problem.code.as_str());
    assert_eq!(got, (status, code), "{}", problem.detail);
    problem.clone()
}

/// The problem in a raw response; checks its content type and all its fields.
///
/// # Panics
/// If the response is not that problem.
#[track_caller]
pub fn problem(answer: &HttpAnswer, status: u16, code: &str) -> Value {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    let content_type = answer.header("content-type");
    assert_eq!(content_type, Some("application/problem+json"), "{text}");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(body["status"], status, "{text}");
    assert_eq!(body["code"], code, "{text}");
    let kind = body["type"].as_str().unwrap_or_default();
    assert!(kind.ends_with(&format!("/reference/{code}")), "{text}");
    for field in ["title", "detail", "request_id"] {
        let given = body[field].as_str().is_some_and(|text| !text.is_empty());
        assert!(given, "no {field}: {text}");
    }
    let known = [
        "type",
        "title",
        "status",
        "code",
        "detail",
        "request_id",
        "errors",
        "report",
    ];
    for field in body.as_object().expect("an object").keys() {
        assert!(known.contains(&field.as_str()), "{field}: {text}");
    }
    body
}

/// The codes of the rejected fields, as `field: code`.
pub fn field_codes(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    errors
        .iter()
        .map(|error| format!("{}: {}", text(error, "field"), text(error, "code")))
        .collect()
}
