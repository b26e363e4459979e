//! Decodes a custom resource request, either direct or inside an SNS notification. The properties
//! stay untyped at first, so that a request with an invalid property is still answered.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>

use rolecall_domain::Timestamp;
use rolecall_domain::aws::{RoleArn, StackId};
use rolecall_domain::change::RequestKey;
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::template::{TemplateId, TemplateVersion};
use rolecall_domain::messages::{Reason, Rule};
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::remedy::Remedy;
use rolecall_domain::transition::register::PREFLIGHT_RESOURCE_ID;
use rolecall_usecases::on_record::StackResource;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestType {
    Create,
    Update,
    Delete,
}

/// The custom resource that sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Created before, and deleted after, all other resources of its stack.
    Preflight,
    /// Created last, and reports the role. Requests of any other type are handled as this one, whose
    /// rules require the most.
    Registration,
}

impl Resource {
    fn of_type(resource_type: Option<&str>) -> Self {
        match resource_type {
            Some("Custom::RolecallPreflight") => Self::Preflight,
            _ => Self::Registration,
        }
    }
}

/// Identifies a request of a stack. The sender chose the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestIds {
    pub stack_id: StackId,
    pub request_id: String,
}

/// A request that can be answered.
#[derive(Clone)]
pub struct Request {
    pub request_type: RequestType,
    pub resource_kind: Resource,
    pub key: RequestIds,
    pub response_url: String,
    pub logical_resource_id: String,
    pub physical_resource_id: Option<String>,
    /// SNS's timestamp, which stays the same when a request is delivered again.
    pub sent_at: Option<Timestamp>,
    properties: Value,
    old_properties: Option<Value>,
}

impl std::fmt::Debug for Request {
    /// Omits what must not be logged: the response URL and the properties.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("request_type", &self.request_type)
            .field("resource_kind", &self.resource_kind)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Why a request can't be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    #[error("the event is neither a custom resource request nor an SNS notification of one")]
    NotARequest,
    #[error("{0} is missing or malformed")]
    Field(&'static str),
}

/// What the stack reports about itself.
#[derive(Debug, Clone)]
pub struct Properties {
    pub role_arn: RoleArn,
    pub template_version: Option<TemplateVersion>,
    pub template_id: Option<TemplateId>,
    /// Without their options, which the stack's template has.
    pub deployed_roles: Vec<DeployedRole>,
}

const PHYSICAL_ID: usize = 1024;
/// The limit as JSON, where a control character takes six bytes. An answer contains the id, and must
/// fit into 4,096 bytes together with its reason.
const PHYSICAL_ID_AS_JSON: usize = 2100;
const OTHER_TEXT: usize = 255;
const URL: usize = 4096;
const COMPANION_ROLES: &str = "CompanionRoles";

/// The requests in an event: one, or one per SNS record.
pub fn decode(event: &Value) -> Vec<Result<Request, Unanswerable>> {
    if event.get("RequestType").is_some() {
        return vec![Request::read(event)];
    }
    let records = event.get("Records").and_then(Value::as_array);
    match records.map(Vec::as_slice) {
        None | Some([]) => vec![Err(Unanswerable::NotARequest)],
        Some(records) => records.iter().map(from_record).collect(),
    }
}

fn malformed(reason: Reason) -> Refusal {
    Refusal::new(Code::MalformedRequest, &reason, &Remedy::CreateUnchanged)
}

fn missing(property: &str) -> Refusal {
    let property = property.to_owned();
    malformed(Reason::MissingProperty { property })
}

fn invalid(property: &str, rule: Rule) -> Refusal {
    let property = property.to_owned();
    malformed(Reason::InvalidProperty { property, rule })
}

fn from_record(record: &Value) -> Result<Request, Unanswerable> {
    let message = record.pointer("/Sns/Message").and_then(Value::as_str);
    let message = message.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let sent_at = record.pointer("/Sns/Timestamp").and_then(Value::as_str);
    Ok(Request {
        sent_at: sent_at.and_then(|text| text.parse().ok()),
        ..Request::read(&message.ok_or(Unanswerable::NotARequest)?)?
    })
}

fn text<'a>(
    event: &'a Value,
    field: &'static str,
    longest: usize,
) -> Result<&'a str, Unanswerable> {
    event
        .get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty() && text.len() <= longest)
        .ok_or(Unanswerable::Field(field))
}

/// An id that the answer contains. CloudFormation's ids have no spaces or control characters.
fn id<'a>(event: &'a Value, field: &'static str) -> Result<&'a str, Unanswerable> {
    let id = text(event, field, OTHER_TEXT)?;
    let plain = id.bytes().all(|b| b.is_ascii_graphic());
    plain.then_some(id).ok_or(Unanswerable::Field(field))
}

/// The physical resource id, which is untrusted.
fn physical_id(event: &Value) -> Result<Option<String>, Unanswerable> {
    const FIELD: &str = "PhysicalResourceId";
    let Some(value) = event.get(FIELD) else {
        return Ok(None);
    };
    let id = text(event, FIELD, PHYSICAL_ID)?;
    let fits = value.to_string().len() <= PHYSICAL_ID_AS_JSON;
    fits.then(|| Some(id.to_owned()))
        .ok_or(Unanswerable::Field(FIELD))
}

impl Request {
    fn read(event: &Value) -> Result<Self, Unanswerable> {
        let request_type = match text(event, "RequestType", OTHER_TEXT)? {
            "Create" => RequestType::Create,
            "Update" => RequestType::Update,
            "Delete" => RequestType::Delete,
            _ => return Err(Unanswerable::Field("RequestType")),
        };
        let stack_id = StackId::parse(text(event, "StackId", 512)?)
            .map_err(|_| Unanswerable::Field("StackId"))?;
        let physical_resource_id = physical_id(event)?;
        let request_id = id(event, "RequestId")?.to_owned();
        let resource_type = event.get("ResourceType").and_then(Value::as_str);
        Ok(Self {
            request_type,
            resource_kind: Resource::of_type(resource_type),
            key: RequestIds {
                stack_id,
                request_id,
            },
            response_url: text(event, "ResponseURL", URL)?.to_owned(),
            logical_resource_id: id(event, "LogicalResourceId")?.to_owned(),
            physical_resource_id,
            sent_at: None,
            properties: event.get("ResourceProperties").cloned().unwrap_or_default(),
            old_properties: event.get("OldResourceProperties").cloned(),
        })
    }

    /// The registration that the request names, for customers to quote. It is not verified.
    pub fn named_registration(&self) -> Option<RegistrationId> {
        let (id, _) = self.presented_token()?.split_once('.')?;
        RegistrationId::parse(id).ok()
    }

    /// The key under which everything about the request is stored.
    pub fn key_under(&self, registration_id: &RegistrationId) -> RequestKey {
        RequestKey {
            registration_id: registration_id.clone(),
            stack_id: self.key.stack_id.clone(),
            request_id: self.key.request_id.clone(),
        }
    }

    /// The token that the request presents. It is not verified yet.
    pub fn presented_token(&self) -> Option<&str> {
        self.properties
            .get("RegistrationToken")
            .and_then(Value::as_str)
    }

    pub fn presented_external_id(&self) -> Option<&str> {
        self.properties.get("ExternalId").and_then(Value::as_str)
    }

    /// Whether an Update changes no property.
    pub fn is_unchanged(&self) -> bool {
        self.old_properties.as_ref() == Some(&self.properties)
    }

    /// The custom resource that the request is about.
    pub fn resource(&self) -> StackResource {
        StackResource {
            stack_id: self.key.stack_id.clone(),
            logical_resource_id: self.logical_resource_id.clone(),
            was_refused: self.was_refused(),
        }
    }

    /// Whether the physical id is the one that a refused Create returned.
    fn was_refused(&self) -> bool {
        let id = self.physical_resource_id.as_deref();
        id.is_some_and(|id| id.starts_with("rolecall/refused/"))
    }

    /// Whether the request is about the template's preflight, and that was not refused.
    pub fn is_of_accepted_preflight(&self) -> bool {
        self.resource_kind == Resource::Preflight
            && self.logical_resource_id == PREFLIGHT_RESOURCE_ID
            && !self.was_refused()
    }

    /// # Errors
    /// `malformed_request`, which names the missing or invalid property of a preflight.
    pub fn preflight_properties(&self) -> Result<(), Refusal> {
        self.property("ExternalId")?
            .ok_or_else(|| missing("ExternalId"))?;
        self.template_version().map(drop)
    }

    /// # Errors
    /// `malformed_request` if the property is not a string.
    fn property(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.properties.get(name) {
            None => Ok(None),
            Some(Value::String(value)) => Ok(Some(value.as_str())),
            Some(_) => Err(invalid(name, Rule::MustBeString)),
        }
    }

    fn template_version(&self) -> Result<Option<TemplateVersion>, Refusal> {
        let version = self.property("TemplateVersion")?;
        let version = version.map(TemplateVersion::parse).transpose();
        version.map_err(|error| invalid("TemplateVersion", error.rule))
    }

    /// # Errors
    /// `malformed_request`, which names the missing or invalid property.
    pub fn properties(&self) -> Result<Properties, Refusal> {
        let unexpected = |property: &str| {
            let property = property.to_owned();
            malformed(Reason::UnexpectedProperty { property })
        };
        let role_arn = self.property("RoleArn")?;
        let role_arn = role_arn.ok_or_else(|| missing("RoleArn"))?;
        self.property("ExternalId")?
            .ok_or_else(|| missing("ExternalId"))?;
        let template_version = self.template_version()?;
        let id = self.property("TemplateId")?.map(TemplateId::parse);
        Ok(Properties {
            role_arn: RoleArn::parse(role_arn).map_err(|e| invalid("RoleArn", e.rule))?,
            template_version,
            template_id: id.transpose().map_err(|e| invalid("TemplateId", e.rule))?,
            deployed_roles: self
                .deployed_roles()
                .ok_or_else(|| unexpected(COMPANION_ROLES))?,
        })
    }

    /// The companion roles. Each kind may appear once, and all must be in the stack's account.
    fn deployed_roles(&self) -> Option<Vec<DeployedRole>> {
        let list = match self.properties.get(COMPANION_ROLES) {
            None => return Some(Vec::new()),
            Some(list) => list.as_array()?,
        };
        let text = |role: &Value, name: &str| Some(role.get(name)?.as_str()?.to_owned());
        let mut roles: Vec<DeployedRole> = Vec::new();
        for role in list {
            let kind = Kind::parse(&text(role, "Kind")?).filter(|kind| !kind.always)?;
            let profile = text(role, "InstanceProfileArn");
            let arn = text(role, "RoleArn")?;
            let stack = &self.key.stack_id;
            let role = DeployedRole::read(stack, kind, &arn, profile.as_deref())?;
            if roles.iter().any(|known| known.kind == kind) {
                return None;
            }
            roles.push(role);
        }
        Some(roles)
    }
}
