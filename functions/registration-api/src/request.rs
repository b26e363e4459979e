//! Reads an HTTP API request (payload format 2.0) without trusting its structure.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod visitor;

pub use visitor::Visitor;

use crate::problem::Problem;
use crate::route::{
    CONNECT, CONNECT_PATH, LOGO, OPERATOR_PATH, OPERATOR_PROXY, PUBLIC, SIGN_IN, TENANT_PATH,
    Tables, Target, gateway_route, path_of,
};
use rolecall_aws::telemetry::RequestLog;
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::ids::{AccountId, GroupId, OrphanedStackId, RegistrationId};
use rolecall_domain::messages::{Detail, Language, Rule};
use rolecall_domain::text::{FieldError, IdempotencyKey};
use rolecall_http::event::{self, text};
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// The largest accepted body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) event: &'a Value,
    pub scope: Scope<'a>,
    pub target: Target<'a>,
    pub log: Arc<RequestLog>,
    /// The language of the record that the request concerns.
    pub(crate) locale: Arc<OnceLock<Language>>,
}

impl<'a> Request<'a> {
    pub fn new(event: &'a Value, routes: &Tables) -> Self {
        let (scope, target) = scope_and_target(event, routes);
        let log = RequestLog::start(target.name());
        let request = Self {
            event,
            scope,
            target,
            log: Arc::new(log),
            locale: Arc::default(),
        };
        request.log.request_id(request.id());
        request
    }

    pub(crate) fn text(&self, pointer: &str) -> &'a str {
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

    pub fn aws_account_id(&self) -> Result<AwsAccountId, Problem> {
        let id = AwsAccountId::parse(self.path_parameter("aws_account_id"));
        id.map_err(|_| Problem::not_found(&Detail::UnknownPath))
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

    pub fn header(&self, name: &str) -> Option<&'a str> {
        event::header(self.event, name)
    }

    /// The language in the query parameter `lang`, or the one that the request prefers, or the
    /// language of the record.
    pub fn language(&self) -> Language {
        if let Some(language) = self.query("lang").and_then(Language::parse) {
            return language;
        }
        let accepted = event::language(self.event);
        accepted.unwrap_or_else(|| self.locale.get().copied().unwrap_or_default())
    }

    /// The query parameters that select what a list contains, in a fixed order.
    pub fn filters(&self) -> Vec<(&'a str, &'a str)> {
        let sent = self.event.get("queryStringParameters");
        let sent = sent.and_then(Value::as_object).into_iter().flatten();
        let sent = sent.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let mut filters: Vec<_> = sent
            .filter(|(name, _)| !["limit", "cursor", "lang"].contains(name))
            .collect();
        filters.sort_unstable();
        filters
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
        event::object(self.event, LARGEST_BODY)
    }
}

const METHOD: &str = "/requestContext/http/method";

/// The route key with which the gateway selected this function.
fn gateway_key(event: &Value) -> &str {
    text(event, "/routeKey")
}

fn path(event: &Value) -> &str {
    path_of(gateway_key(event), text(event, "/rawPath"))
}

/// The gateway authorized a route and applied its limit. It passes the path on decoded, so the path alone
/// proves nothing: the route key, the path parameters and the path must agree.
fn gateway_agrees(event: &Value, routes: &Tables) -> bool {
    let Some((key, parameters)) = gateway_route(routes.tenants, text(event, METHOD), path(event))
    else {
        return false;
    };
    let sent = event.get("pathParameters").and_then(Value::as_object);
    let same = |(name, value): &(&str, &str)| {
        let sent = sent.and_then(|sent| sent.get(*name)?.as_str());
        sent == Some(*value)
    };
    key == gateway_key(event)
        && sent.map_or(0, Map::len) == parameters.len()
        && parameters.iter().all(same)
}

/// The kind of caller, by the gateway's route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    Public,
    /// A visitor of a page that needs no sign-in.
    Connect,
    /// A user of a tenant.
    Tenant,
    /// A service of the operator, for itself.
    Operator,
    /// A service of the operator, on behalf of the tenant with this name.
    OnBehalf(&'a str),
}

fn scope_and_target<'a>(event: &'a Value, routes: &Tables) -> (Scope<'a>, Target<'a>) {
    let (key, method, path) = (gateway_key(event), text(event, METHOD), path(event));
    let scope = match key {
        key if CONNECT.contains(&key) => Scope::Connect,
        key if PUBLIC.contains(&key) => Scope::Public,
        OPERATOR_PROXY => Scope::Operator,
        _ => Scope::Tenant,
    };
    if !gateway_agrees(event, routes) {
        return (scope, Target::UnknownPath);
    }
    match scope {
        Scope::Public if key == SIGN_IN => (scope, Target::SignIn),
        Scope::Public => {
            let last = path.rsplit('/').next().unwrap_or_default();
            match LOGO.contains(&key) {
                true => (scope, Target::Logo(last)),
                false => (scope, Target::Reference(last)),
            }
        }
        Scope::Connect => {
            let rest = path.strip_prefix(CONNECT_PATH).unwrap_or_default();
            (
                scope,
                Target::find(routes.connect, CONNECT_PATH, method, rest),
            )
        }
        Scope::Tenant => {
            let rest = path.strip_prefix(TENANT_PATH).unwrap_or_default();
            (
                scope,
                Target::find(routes.tenants, TENANT_PATH, method, rest),
            )
        }
        Scope::Operator | Scope::OnBehalf(_) => {
            let rest = path.strip_prefix(OPERATOR_PATH).unwrap_or_default();
            let on_behalf = rest.strip_prefix("tenants/");
            match on_behalf.and_then(|rest| rest.split_once('/')) {
                Some((tenant, rest)) => {
                    let target = Target::find(routes.tenants, TENANT_PATH, method, rest);
                    (Scope::OnBehalf(tenant), target)
                }
                None => {
                    let routes = routes.operator;
                    (scope, Target::find(routes, OPERATOR_PATH, method, rest))
                }
            }
        }
    }
}
