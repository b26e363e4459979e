//! A request to the hub, as a value. The paths and bodies are those of infra/openapi.yaml.

use serde_json::Value;

/// Whether a request may be sent again when there was no response, or one that says to retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Idempotent.
    Safe,
    /// Idempotent with an `Idempotency-Key`: the user's, or a random one.
    WithKey(Option<String>),
    /// Not idempotent, or its "retry later" is the result.
    Never,
}

/// What the response's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Json,
    Text,
    Empty,
}

#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    /// Begins with `/v1`. Its ids are validated, so nothing in it needs escaping.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    pub repeat: Repeat,
    pub expects: Body,
}

impl Request {
    fn new(method: &'static str, path: impl Into<String>, repeat: Repeat) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            repeat,
            expects: Body::Json,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, Repeat::Safe)
    }

    /// A POST that creates a resource.
    pub fn create(path: impl Into<String>, key: Option<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::WithKey(key)).with(body)
    }

    /// A POST that has an effect each time.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Never).with(body)
    }

    /// A POST that only reads.
    pub fn query_by_post(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Safe).with(body)
    }

    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new("PATCH", path, Repeat::Never).with(body)
    }

    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new("PUT", path, Repeat::Safe).with(body)
    }

    /// By contract, a second DELETE gets the same response, or `404`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path, Repeat::Safe)
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds a query parameter, if it has a value.
    pub fn query(mut self, name: &'static str, value: Option<String>) -> Self {
        self.query.extend(value.map(|value| (name, value)));
        self
    }

    pub fn expects(mut self, body: Body) -> Self {
        self.expects = body;
        self
    }

    /// The path and the query.
    pub fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        format!("{}?{query}", self.path)
    }
}
