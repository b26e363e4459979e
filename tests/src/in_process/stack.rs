//! A stack that is created from a registration's link, and its custom-resource requests.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_client::QuickCreateLink;
use rolecall_domain::aws::{ExternalId, RoleArn, RoleUniqueId, StackId};
use serde_json::{Value, json};

use crate::world::{twelve_digits, unique};

#[derive(Debug, Clone)]
pub struct Stack {
    pub stack_id: StackId,
    pub role_arn: RoleArn,
    pub role_unique_id: RoleUniqueId,
    pub external_id: ExternalId,
    pub registration_id: String,
    properties: Value,
}

fn text<'a>(view: &'a Value, field: &str) -> Result<&'a str> {
    let text = view[field].as_str();
    text.with_context(|| format!("no {field} in {view}"))
}

impl Stack {
    /// A stack in a new account.
    ///
    /// # Errors
    /// If the registration shows no link.
    pub fn of(registration: &Value) -> Result<Self> {
        Self::in_account(registration, &twelve_digits())
    }

    /// # Errors
    /// If the registration shows no link.
    pub fn in_account(registration: &Value, account: &str) -> Result<Self> {
        let name = text(registration, "stack_name")?;
        let id = unique("id");
        let stack_id = format!("arn:aws:cloudformation:us-east-1:{account}:stack/{name}/{id}");
        let role_arn = format!("arn:aws:iam::{account}:role/rolecall/{id}");
        let role_unique_id = format!("AROA{}", id.replace('-', "").to_uppercase());
        let link = QuickCreateLink::parse(text(registration, "quick_create_url")?)?;
        let token = link.parameters.get("RegistrationToken");
        let external_id = text(registration, "external_id")?;
        let properties = json!({
            "RegistrationToken": token.context("no token")?,
            "ExternalId": external_id,
            "RoleArn": role_arn,
            "TemplateVersion": registration["template_version"],
            "TemplateId": registration["template_id"],
        });
        Ok(Self {
            stack_id: StackId::parse(stack_id)?,
            role_arn: RoleArn::parse(role_arn)?,
            role_unique_id: RoleUniqueId::parse(role_unique_id)?,
            external_id: ExternalId::parse(external_id)?,
            registration_id: text(registration, "registration_id")?.to_owned(),
            properties,
        })
    }

    /// Uses another stack's ID and role with this registration's token and external ID.
    #[must_use]
    pub fn posing_as(mut self, other: &Self) -> Self {
        self.properties["RoleArn"] = json!(other.role_arn);
        self.stack_id = other.stack_id.clone();
        self.role_arn = other.role_arn.clone();
        self.role_unique_id = other.role_unique_id.clone();
        self
    }

    /// A request about the custom resource, with a unique id.
    pub fn request(&self, kind: &str) -> Value {
        let id = unique(kind);
        let host = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com";
        let mut request = json!({
            "RequestType": kind,
            "ResponseURL": format!("https://{host}/{id}"),
            "StackId": self.stack_id,
            "RequestId": id,
            "ResourceType": "Custom::RolecallRegistration",
            "LogicalResourceId": "Registration",
            "ResourceProperties": self.properties,
        });
        if kind != "Create" {
            let id = format!("rolecall/{}", self.registration_id);
            request["PhysicalResourceId"] = json!(id);
        }
        request
    }

    /// The stack info line that it shows.
    pub fn line(&self) -> String {
        let line = json!({
            "v": 2,
            "registration_id": self.registration_id,
            "stack_id": self.stack_id,
            "role_arn": self.role_arn,
            "template_id": self.properties["TemplateId"],
        });
        STANDARD.encode(line.to_string())
    }
}
