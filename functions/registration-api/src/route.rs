//! A route, and what a method and a path refer to.

use rolecall_domain::schedule::pace::Errand;

/// The gateway's route for every request without its own route.
pub const PROXY: &str = "ANY /v1/{proxy+}";

/// The gateway's route for reference pages.
pub const REFERENCE: &str = "GET /reference/{code}";

/// The gateway's route for how people sign in.
pub const SIGN_IN: &str = "GET /.well-known/rolecall";

/// Every route without a token.
pub const PUBLIC: [&str; 2] = [REFERENCE, SIGN_IN];

#[derive(Debug)]
pub struct Route {
    /// Method and path template, such as `GET /v1/groups/{group_id}`.
    pub key: &'static str,
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
    /// A known path, without this method. The value is the path's template.
    OtherMethod(&'static str),
    UnknownPath,
}

pub type PathParameters<'a> = Vec<(&'static str, &'a str)>;

impl<'a> Target<'a> {
    /// Paths are compared exactly, without decoding or normalization, so that a resource has only
    /// one path.
    pub fn find(routes: &'static [Route], method: &str, path: &'a str) -> Self {
        let mut target = Self::UnknownPath;
        for route in routes {
            let Some(parameters) = parameters(route.path(), path) else {
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
