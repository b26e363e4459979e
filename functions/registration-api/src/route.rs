//! A route, and what a method and a path refer to.

use rolecall_domain::schedule::pace::Errand;
use rolecall_domain::user::Role;

/// The gateway's route for every request without its own route.
pub const PROXY: &str = "ANY /v1/{proxy+}";

/// The gateway's route for the operator's API, whose requests are signed with IAM credentials.
pub const OPERATOR_PROXY: &str = "ANY /operator/v1/{proxy+}";

/// The gateway's route for reference pages.
pub const REFERENCE: &str = "GET /reference/{code}";

/// The gateway's route for how people sign in.
pub const SIGN_IN: &str = "GET /.well-known/rolecall";

/// The gateway's routes for the brand's logo.
pub const LOGO: [&str; 2] = ["GET /logo/{sha256}", "HEAD /logo/{sha256}"];

/// The gateway's routes for pages that need no sign-in. A page token authenticates their requests.
pub const CONNECT: [&str; 4] = [
    "GET /connect/v1/registration",
    "POST /connect/v1/registration/complete",
    "GET /connect/v1/account",
    "GET /connect/v1/account/receipts",
];

/// The gateway's routes that need no sign-in. Only the route key decides, never the path, the query
/// or a header.
pub const PUBLIC: [&str; 8] = [
    REFERENCE, SIGN_IN, LOGO[0], LOGO[1], CONNECT[0], CONNECT[1], CONNECT[2], CONNECT[3],
];

/// The starts of all paths.
pub const TENANT_PATH: &str = "/v1/";
pub const OPERATOR_PATH: &str = "/operator/v1/";
pub const CONNECT_PATH: &str = "/connect/v1/";
const REFERENCE_PATH: &str = "/reference/";
const SIGN_IN_PATH: &str = "/.well-known/rolecall";
const LOGO_PATH: &str = "/logo/";

/// The route that the gateway selects for a request, and the path parameters that it sends. `None` if
/// the gateway rejects the request itself.
pub fn gateway_route<'a>(
    routes: &'static [Route],
    method: &str,
    path: &'a str,
) -> Option<(&'static str, PathParameters<'a>)> {
    let rest = |prefix| path.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    if let Some(rest) = rest(OPERATOR_PATH) {
        return Some((OPERATOR_PROXY, vec![("proxy", rest)]));
    }
    if let Some(rest) = rest(TENANT_PATH) {
        let mut own = routes
            .iter()
            .filter(|route| route.method() == method && route.gateway_key() != PROXY);
        let own = own.find_map(|route| Some((route.key, parameters(route.path(), path)?)));
        return Some(own.unwrap_or((PROXY, vec![("proxy", rest)])));
    }
    if path.starts_with(CONNECT_PATH) {
        let mut keys = CONNECT.into_iter();
        let key = keys.find(|key| key.split_once(' ') == Some((method, path)))?;
        return Some((key, Vec::new()));
    }
    if path == SIGN_IN_PATH {
        return (method == "GET").then(|| (SIGN_IN, Vec::new()));
    }
    let segment = |prefix| rest(prefix).filter(|rest| !rest.contains('/'));
    if let Some(sha256) = segment(LOGO_PATH) {
        let mut keys = LOGO.into_iter();
        let key = keys.find(|key| key.split_once(' ').is_some_and(|(it, _)| it == method))?;
        return Some((key, vec![("sha256", sha256)]));
    }
    let code = segment(REFERENCE_PATH)?;
    (method == "GET").then(|| (REFERENCE, vec![("code", code)]))
}

/// Adds the fields that the gateway sends with a request in addition to its path, for tests. Without a route,
/// the event stays as it is.
pub fn send_through_gateway(routes: &'static [Route], event: &mut serde_json::Value) {
    let text = |pointer| event.pointer(pointer).and_then(serde_json::Value::as_str);
    let method = text("/requestContext/http/method").unwrap_or_default();
    let raw_path = text("/rawPath").unwrap_or_default();
    let start = raw_path
        .find(OPERATOR_PATH)
        .or_else(|| raw_path.find(CONNECT_PATH))
        .or_else(|| raw_path.find(TENANT_PATH));
    let path = raw_path.get(start.unwrap_or_default()..);
    let path = path.unwrap_or_default();
    let Some((key, parameters)) = gateway_route(routes, method, path) else {
        return;
    };
    let parameters = parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()));
    let parameters = serde_json::Map::from_iter(parameters);
    event["routeKey"] = key.into();
    event["pathParameters"] = parameters.into();
}

/// The path without the stage name or the mapping of a custom domain, which can precede it.
pub fn path_of<'a>(gateway_key: &str, raw_path: &'a str) -> &'a str {
    let template = gateway_key.split_once(' ').map_or("", |(_, path)| path);
    let starts = [
        OPERATOR_PATH,
        TENANT_PATH,
        CONNECT_PATH,
        REFERENCE_PATH,
        SIGN_IN_PATH,
        LOGO_PATH,
    ];
    let start = starts.into_iter().find(|start| template.starts_with(start));
    let start = start.and_then(|start| raw_path.find(start));
    let path = start.and_then(|start| raw_path.get(start..));
    path.unwrap_or_default()
}

/// The tables of routes.
#[derive(Debug)]
pub struct Tables {
    pub tenants: &'static [Route],
    pub operator: &'static [Route],
    /// For pages that need no sign-in.
    pub connect: &'static [Route],
}

#[derive(Debug)]
pub struct Route {
    /// Method and path template, such as `GET /v1/groups/{group_id}`.
    pub key: &'static str,
    /// The lowest role in the tenant that can send the request.
    pub least_role: Role,
    /// How a request counts against its tenant's limits. `None` for reads of the hub's own records.
    pub errand: Option<Errand>,
    /// The query parameters that the route accepts.
    pub query: &'static [&'static str],
}

impl Route {
    pub fn method(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(method, _)| method)
    }

    pub fn path(&self) -> &'static str {
        self.key.split_once(' ').map_or("", |(_, path)| path)
    }

    /// The template's route for this one. Routes that make calls to AWS have their own, with a
    /// lower limit.
    pub fn gateway_key(&self) -> &'static str {
        if self.path().starts_with(OPERATOR_PATH) {
            return OPERATOR_PROXY;
        }
        if self.path().starts_with(CONNECT_PATH) {
            return self.key;
        }
        match self.errand {
            None | Some(Errand::Change) => PROXY,
            Some(_) => self.key,
        }
    }
}

/// What a method and a path refer to.
#[derive(Debug)]
pub enum Target<'a> {
    Route(&'static Route, PathParameters<'a>),
    /// The reference page of a code.
    Reference(&'a str),
    /// How people sign in.
    SignIn,
    /// The logo with this hash.
    Logo(&'a str),
    /// A known path, without this method. The value is the path's template.
    OtherMethod(&'static str),
    UnknownPath,
}

pub type PathParameters<'a> = Vec<(&'static str, &'a str)>;

impl<'a> Target<'a> {
    /// Paths are compared exactly, without decoding or normalization, so that a resource has only
    /// one path. `path` is what follows `start`.
    pub fn find(
        routes: &'static [Route],
        start: &'static str,
        method: &str,
        path: &'a str,
    ) -> Self {
        let mut target = Self::UnknownPath;
        for route in routes {
            let template = route.path().strip_prefix(start).unwrap_or_default();
            let Some(parameters) = parameters(template, path) else {
                continue;
            };
            if route.method() == method {
                return Self::Route(route, parameters);
            }
            target = Self::OtherMethod(route.path());
        }
        target
    }

    /// A name for the log. It contains nothing that the caller sent.
    pub fn name(&self) -> String {
        match self {
            Self::Route(route, _) => route.key.to_owned(),
            Self::Reference(_) => REFERENCE.to_owned(),
            Self::SignIn => SIGN_IN.to_owned(),
            Self::Logo(_) => LOGO[0].to_owned(),
            Self::OtherMethod(path) => format!("unsupported method of {path}"),
            Self::UnknownPath => "unknown path".to_owned(),
        }
    }
}

fn parameters<'a>(template: &'static str, path: &'a str) -> Option<PathParameters<'a>> {
    let (mut parameters, mut segments) = (Vec::new(), path.split('/'));
    for part in template.split('/') {
        let segment = segments.next()?;
        match parameter_name(part) {
            Some(name) if !segment.is_empty() => parameters.push((name, segment)),
            None if segment == part => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

fn parameter_name(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}
