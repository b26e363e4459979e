//! Reads an HTTP API request (payload format 2.0) without trusting its structure.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use crate::problem::Problem;
use crate::route::{PROXY, REFERENCE, Route, SIGN_IN, Target};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::{Detail, Language, Rule};
use rolecall_domain::problem::Code;
use rolecall_domain::text::{Actor, FieldError, IdempotencyKey, Tenant};
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// The largest accepted body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug)]
pub struct Request<'a> {
    event: &'a Value,
    pub target: Target<'a>,
    pub log: Arc<RequestLog>,
    /// The language of the record that the request is about.
    locale: Arc<OnceLock<Language>>,
}

/// The caller: the tenant and the subject of the verified token, and the keys that sign links and
/// cursors.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant: Tenant,
    pub actor: Actor,
    pub keys: Arc<KeyRing>,
    /// Handlers add the records that the request is about.
    pub log: Arc<RequestLog>,
    locale: Arc<OnceLock<Language>>,
}

impl Caller {
    /// Sets the language of the response, unless the request has a preference.
    pub fn prefer(&self, locale: Language) {
        self.locale.get_or_init(|| locale);
    }
}

impl<'a> Request<'a> {
    pub fn new(event: &'a Value, routes: &'static [Route]) -> Self {
        let target = target(event, routes);
        let log = RequestLog::start(target.name());
        let request = Self {
            event,
            target,
            log: Arc::new(log),
            locale: Arc::default(),
        };
        request.log.request_id(request.id());
        request
    }

    fn text(&self, pointer: &str) -> &'a str {
        text(self.event, pointer)
    }

    pub fn id(&self) -> &'a str {
        self.text("/requestContext/requestId")
    }

    pub fn method(&self) -> &'a str {
        self.text(METHOD)
    }

    pub fn path(&self) -> &'a str {
        path(self.event)
    }

    fn path_parameter(&self, name: &str) -> &'a str {
        let Target::Route(_, parameters) = &self.target else {
            return "";
        };
        let found = parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn group_id(&self) -> Result<GroupId, Problem> {
        crate::id(self.path_parameter("group_id"), GroupId::parse)
    }

    pub fn registration_id(&self) -> Result<RegistrationId, Problem> {
        let id = crate::id(
            self.path_parameter("registration_id"),
            RegistrationId::parse,
        )?;
        self.log.registration_id(&id);
        Ok(id)
    }

    pub fn account_id(&self) -> Result<AccountId, Problem> {
        let id = crate::id(self.path_parameter("account_id"), AccountId::parse)?;
        self.log.account_id(&id);
        Ok(id)
    }

    pub fn orphaned_stack_id(&self) -> Result<OrphanedStackId, Problem> {
        let id = crate::id(
            self.path_parameter("orphaned_stack_id"),
            OrphanedStackId::parse,
        )?;
        self.log.orphaned_stack_id(&id);
        Ok(id)
    }

    /// The tenant comes only from the verified claim.
    pub fn caller(&self, claim: &str, keys: Arc<KeyRing>) -> Result<Caller, Problem> {
        let claims = self.event.pointer("/requestContext/authorizer/jwt/claims");
        let text = |name: &str| {
            claims
                .and_then(|claims| claims.get(name))
                .and_then(Value::as_str)
        };
        let tenant = text(claim).and_then(|tenant| Tenant::parse(tenant).ok());
        let tenant = tenant.ok_or_else(|| Problem::new(Code::TenantMissing, &Detail::NoTenant))?;
        self.log.tenant(&tenant);
        let subject = text("sub").unwrap_or("unknown").to_owned();
        Ok(Caller {
            tenant,
            actor: Actor::User(subject),
            keys,
            log: Arc::clone(&self.log),
            locale: Arc::clone(&self.locale),
        })
    }

    pub fn header(&self, name: &str) -> Option<&'a str> {
        let headers = self.event.get("headers")?.as_object()?;
        headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?
            .1
            .as_str()
    }

    /// The language in the query parameter `lang`, or the one that the request prefers, or the
    /// language of the record.
    pub fn language(&self) -> Language {
        if let Some(language) = self.query("lang").and_then(Language::parse) {
            return language;
        }
        match self.header("accept-language") {
            None | Some("") => self.locale.get().copied().unwrap_or_default(),
            Some(accepted) => Language::accepted(accepted),
        }
    }

    pub fn query(&self, name: &str) -> Option<&'a str> {
        self.event.get("queryStringParameters")?.get(name)?.as_str()
    }

    /// # Errors
    /// `invalid_request` that names each unknown query parameter.
    pub fn check_query(&self, known: &[&str]) -> Result<(), Problem> {
        let sent = self.event.get("queryStringParameters");
        let sent = sent.and_then(Value::as_object).into_iter().flatten();
        let unknown = sent.filter(|(name, _)| !known.contains(&name.as_str()));
        let errors: Vec<FieldError> = unknown
            .map(|(name, _)| FieldError::of(name, "unknown_parameter", Rule::UnknownParameter))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(errors))
        }
    }

    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(text) = self.header("idempotency-key") else {
            return Ok(None);
        };
        let key = IdempotencyKey::parse(text).map(Some);
        key.map_err(|error| Problem::invalid("Idempotency-Key", error))
    }

    /// The body as a JSON object. An absent body counts as an empty object.
    pub fn body(&self) -> Result<Map<String, Value>, Problem> {
        let text = self
            .event
            .get("body")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let malformed = || Problem::new(Code::MalformedJson, &Detail::BodyIsNotJson);
        let encoded = self.event.get("isBase64Encoded") == Some(&Value::Bool(true));
        // Base64 encodes three bytes as four characters.
        let longest = if encoded {
            LARGEST_BODY / 3 * 4 + 4
        } else {
            LARGEST_BODY
        };
        if text.len() > longest {
            return Err(too_large());
        }
        let bytes = if encoded {
            STANDARD.decode(text).map_err(|_| malformed())?
        } else {
            text.as_bytes().to_vec()
        };
        if bytes.len() > LARGEST_BODY {
            return Err(too_large());
        }
        // Some Windows editors and shells add a byte order mark.
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(Problem::field("", "invalid", Rule::MustBeObject)),
            Err(_) => Err(malformed()),
        }
    }
}

const METHOD: &str = "/requestContext/http/method";

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    let found = event.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

/// The path without the stage name or the mapping of a custom domain, which can precede it.
fn path(event: &Value) -> &str {
    let path = text(event, "/rawPath");
    path.find("/v1/").map_or(path, |start| &path[start..])
}

/// The gateway chose a route and applied its limit. If the gateway parsed the path differently, the
/// request must not bypass the limit of its own route.
fn target<'a>(event: &'a Value, routes: &'static [Route]) -> Target<'a> {
    let gateway_key = event.get("routeKey").and_then(Value::as_str);
    if gateway_key == Some(REFERENCE) {
        let code = text(event, "/rawPath").rsplit('/').next();
        return Target::Reference(code.unwrap_or_default());
    }
    if gateway_key == Some(SIGN_IN) {
        return Target::SignIn;
    }
    match Target::find(routes, text(event, METHOD), path(event)) {
        Target::Route(route, _) if gateway_key == Some(PROXY) && route.gateway_key() != PROXY => {
            Target::UnknownPath
        }
        target => target,
    }
}

fn too_large() -> Problem {
    let kilobytes = LARGEST_BODY / 1024;
    Problem::new(Code::BodyTooLarge, &Detail::BodyTooLarge { kilobytes })
}
