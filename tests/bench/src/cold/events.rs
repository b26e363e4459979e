//! Events in AWS's format, made from the repository's samples.

use std::fs;

use crate::paths::Tree;
use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rolecall_domain::ids::AccountId;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::transition::register::LOGICAL_RESOURCE_ID;
use serde_json::{Value, json};

use crate::fleet::accounts::{Customer, PROFILE};
use crate::stub::RESPONSES;
use crate::template::{HUB_ACCOUNT, REGION, TOPIC};

/// # Errors
/// If the sample does not exist.
pub(crate) fn sample(name: &str) -> Result<Value> {
    let path = Tree::default().root().join("events").join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("no sample {name}"))?;
    Ok(serde_json::from_str(&text)?)
}

/// A Create request for a stack's custom resource, as SNS delivers it.
pub(super) fn create(
    responses_url: &str,
    registration: &Registration,
    customer: Customer,
    token: &str,
) -> Value {
    let topic = format!("arn:aws:sns:{REGION}:{HUB_ACCOUNT}:{TOPIC}");
    let request_id = format!("00000000-0000-4000-a000-{:012}", customer.0);
    let signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=7200&X-Amz-Signature=stub";
    let request = json!({
        "RequestType": "Create",
        "ServiceToken": topic,
        "ResponseURL": format!("{responses_url}{RESPONSES}{request_id}?{signed}"),
        "StackId": customer.stack_id(),
        "RequestId": request_id,
        "LogicalResourceId": LOGICAL_RESOURCE_ID,
        "ResourceType": "Custom::RolecallRegistration",
        "ResourceProperties": {
            "ServiceToken": topic,
            "ServiceTimeout": "900",
            "RegistrationToken": token,
            "ExternalId": registration.external_id.as_str(),
            "RoleArn": customer.role_arn(),
            "TemplateId": registration.template.template_id.to_string(),
            "TemplateVersion": registration.template.version.to_string(),
            "StackName": customer.stack_name(),
            "RolePath": "/rolecall/",
            "PermissionsBoundaryArn": "",
        },
    });
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:00000000-0000-4000-8000-000000000000"),
        "Sns": {
            "Type": "Notification",
            "MessageId": request_id,
            "TopicArn": topic,
            "Subject": "AWS CloudFormation custom resource request",
            "Message": request.to_string(),
            "Timestamp": "2026-01-01T00:00:00.000Z",
        },
    }]})
}

/// A request to complete a registration with the stack's output.
///
/// # Errors
/// If the sample does not exist.
pub(super) fn paste(registration: &Registration, customer: Customer) -> Result<Value> {
    let mut event = sample("registration-api/post-complete.json")?;
    let id = registration.registration_id.as_str();
    let path = format!("/v1/registrations/{id}/complete");
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:tenant"] =
        json!(registration.tenant.as_str());
    event["pathParameters"]["registration_id"] = json!(id);
    let line = json!({
        "v": 2,
        "registration_id": id,
        "stack_id": customer.stack_id(),
        "role_arn": customer.role_arn(),
        "template_id": registration.template.template_id.to_string(),
    });
    let line = STANDARD.encode(line.to_string());
    event["body"] = json!(json!({"stack_info": line}).to_string());
    Ok(event)
}

/// A request for credentials of an account.
pub(super) fn issue(account_id: &AccountId) -> Result<Value> {
    let mut event = sample("credential-broker/post-credentials.json")?;
    let path = format!("/operator/v1/credentials/{PROFILE}/{account_id}");
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["pathParameters"] = json!({"profile": PROFILE, "account_id": account_id});
    Ok(event)
}

/// A request for a new link in a group.
pub(crate) fn link(group: &Group) -> Result<Value> {
    let mut event = sample("registration-api/post-registration.json")?;
    let id = group.group_id.as_str();
    let path = format!("/v1/groups/{id}/registrations");
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["pathParameters"]["proxy"] = json!(path.trim_start_matches("/v1/"));
    event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:tenant"] =
        json!(group.tenant.as_str());
    Ok(event)
}
