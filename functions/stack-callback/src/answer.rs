//! Builds the responses to CloudFormation, as the bytes that are stored and sent.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use crate::request::{Request, RequestType};
use crate::support::Support;
use rolecall_domain::ids::{AccountId, RegistrationId};
use rolecall_domain::record::refusal::Refusal;
use serde::Serialize;

/// CloudFormation ignores longer bodies, and the stack hangs.
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
    data: Option<&'a Data<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    account_id: &'a str,
}

/// SUCCESS for a Create, with the account's id.
pub fn created(
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

/// SUCCESS for the Create of a preflight.
pub fn passed(request: &Request, registration_id: &RegistrationId) -> String {
    let physical_resource_id = format!("rolecall/preflight/{registration_id}");
    body(request, "SUCCESS", None, &physical_resource_id, None)
}

/// SUCCESS for an Update or a Delete, whatever its result.
pub fn respond_success(request: &Request) -> String {
    body(
        request,
        "SUCCESS",
        None,
        &unchanged_physical_id(request),
        None,
    )
}

/// FAILED, with the reason that the stack's events show. The reason ends with the registration's
/// id, which the customer can quote, and with the contact, if it is known.
pub fn failed(request: &Request, refusal: &Refusal, support: Option<&Support>) -> String {
    let physical_resource_id = match request.request_type {
        RequestType::Create => format!("rolecall/refused/{}", request.key.request_id),
        RequestType::Update | RequestType::Delete => unchanged_physical_id(request),
    };
    body(
        request,
        "FAILED",
        Some((&refusal.reason(), &ending(request, support))),
        &physical_resource_id,
        None,
    )
}

fn ending(request: &Request, support: Option<&Support>) -> String {
    let Some(id) = request.named_registration() else {
        return String::new();
    };
    match support {
        None => format!(" Reference: {id}"),
        Some(Support { product, contact }) => {
            let contact = contact.shown();
            format!(" Reference: {id}. Questions: {product}, {contact}")
        }
    }
}

/// If the id changed, CloudFormation would replace the resource and delete the old one.
fn unchanged_physical_id(request: &Request) -> String {
    let fallback = || format!("rolecall/unknown/{}", request.key.request_id);
    request
        .physical_resource_id
        .clone()
        .unwrap_or_else(fallback)
}

fn body(
    request: &Request,
    status: &'static str,
    reason: Option<(&str, &str)>,
    physical_resource_id: &str,
    data: Option<Data<'_>>,
) -> String {
    let whole = reason.map(|(reason, end)| format!("{reason}{end}"));
    let with = |reason: Option<&str>| {
        to_json(&Body {
            status,
            reason,
            physical_resource_id,
            stack_id: request.key.stack_id.as_str(),
            request_id: &request.key.request_id,
            logical_resource_id: &request.logical_resource_id,
            data: data.as_ref(),
        })
    };
    let fitting = with(whole.as_deref());
    let Some((reason, end)) = reason.filter(|_| fitting.len() > LONGEST_BODY) else {
        return fitting;
    };
    // Escaping can lengthen a character, so the maximum length is found by trial.
    let cut = |length: usize| {
        let kept = reason.get(..reason.floor_char_boundary(length));
        with(Some(&format!("{}{end}", kept.unwrap_or_default())))
    };
    let lengths: Vec<usize> = (0..reason.len()).collect();
    let fits = lengths.partition_point(|length| cut(*length).len() <= LONGEST_BODY);
    match fits.checked_sub(1) {
        Some(length) => cut(length),
        // The ids in the request leave no space, not even for the reference.
        None => with(Some("")),
    }
}

fn to_json(body: &Body<'_>) -> String {
    // A struct of strings always serializes.
    serde_json::to_string(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::decode;
    use rolecall_domain::messages::Reason;
    use rolecall_domain::problem::Code;
    use rolecall_domain::remedy::Remedy;
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
    fn absent_fields_are_omitted() {
        let refusal = Refusal::new(Code::InvalidToken, &Reason::NotVerified, &Remedy::TryAgain);
        let body = failed(&request(), &refusal, None);
        assert!(!body.contains("null") && !body.contains("Data"));
        assert!(body.contains(r#""PhysicalResourceId":"rolecall/refused/r-1""#));
    }
}
