//! The answer to CloudFormation, as the bytes that are kept and sent.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use crate::request::{Request, RequestType};
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::problem::Refusal;
use serde::Serialize;

/// CloudFormation ignores a longer body, and the stack hangs.
const LONGEST_BODY: usize = 4096;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    account_id: &'a str,
}

/// Yes to a Create: this account it is.
pub fn success(
    request: &Request,
    registration_id: &RegistrationId,
    account_id: &AccountId,
) -> String {
    let physical_resource_id = format!("rolecall/{registration_id}");
    let data = Data {
        account_id: account_id.as_str(),
    };
    body(request, "SUCCESS", None, &physical_resource_id, Some(data))
}

/// Yes to an Update or a Delete. It is the same whatever came of it.
pub fn let_go(request: &Request) -> String {
    body(
        request,
        "SUCCESS",
        None,
        &unchanged_physical_id(request),
        None,
    )
}

/// No, with the reason that the stack's events show.
pub fn failed(request: &Request, refusal: &Refusal) -> String {
    let physical_resource_id = match request.request_type {
        RequestType::Create => format!("rolecall/refused/{}", request.key.request_id),
        RequestType::Update | RequestType::Delete => unchanged_physical_id(request),
    };
    body(
        request,
        "FAILED",
        Some(&refusal.reason()),
        &physical_resource_id,
        None,
    )
}

/// Another id would make CloudFormation replace the resource and delete the old one.
fn unchanged_physical_id(request: &Request) -> String {
    let made_up = || format!("rolecall/unknown/{}", request.key.request_id);
    request.physical_resource_id.clone().unwrap_or_else(made_up)
}

fn body(
    request: &Request,
    status: &'static str,
    reason: Option<&str>,
    physical_resource_id: &str,
    data: Option<Data<'_>>,
) -> String {
    let mut body = Body {
        status,
        reason,
        physical_resource_id,
        stack_id: request.key.stack_id.as_str(),
        request_id: &request.key.request_id,
        logical_resource_id: &request.logical_resource_id,
        data,
    };
    let whole = to_json(&body);
    let Some(reason) = reason.filter(|_| whole.len() > LONGEST_BODY) else {
        return whole;
    };
    let mut until = |end: usize| {
        body.reason = Some(&reason[..end]);
        to_json(&body)
    };
    let ends: Vec<usize> = reason.char_indices().map(|(at, _)| at).collect();
    // Escapes make a character up to six bytes long, so the length is found by trying.
    let fitting = ends.partition_point(|end| until(*end).len() <= LONGEST_BODY);
    ends[..fitting].last().map_or(whole, |end| until(*end))
}

fn to_json(body: &Body<'_>) -> String {
    // Strings alone always serialise.
    serde_json::to_string(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::decode;
    use rolecall_domain::problem::Code;
    use serde_json::json;

    fn request() -> Request {
        let event = json!({
            "RequestType": "Create",
            "ResponseURL": "https://example.invalid/",
            "StackId": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
            "RequestId": "r-1",
            "LogicalResourceId": "Registration",
            "ResourceProperties": {}
        });
        decode(&event).remove(0).expect("a request")
    }

    #[test]
    fn absent_fields_are_left_out() {
        let refusal = Refusal::new(Code::InvalidToken, "No.", "Stop.");
        let body = failed(&request(), &refusal);
        assert!(!body.contains("null") && !body.contains("Data"));
        assert!(body.contains(r#""PhysicalResourceId":"rolecall/refused/r-1""#));
    }
}
