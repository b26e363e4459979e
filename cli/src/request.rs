//! What is asked of the hub, as a value. The paths and bodies are those of infra/openapi.yaml.

use serde_json::Value;

/// How a request may be said again when no answer came, or one that asks to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Said twice, it does what it does once.
    Safe,
    /// Safe with an Idempotency-Key: the caller's, or one that is made up.
    Keyed(Option<String>),
    /// It might do something twice, or its "not now" is the answer.
    Never,
}

/// What the answer's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Json,
    Text,
    Nothing,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    /// Begins with `/v1`. Its ids are parsed, so nothing in it needs escaping.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    pub repeat: Repeat,
    pub wanted: Wanted,
}

impl Request {
    fn new(method: &'static str, path: impl Into<String>, repeat: Repeat) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            repeat,
            wanted: Wanted::Json,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, Repeat::Safe)
    }

    /// A POST that makes something, once however often it is said.
    pub fn create(path: impl Into<String>, key: Option<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Keyed(key)).with(body)
    }

    /// A POST that does something.
    pub fn act(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Never).with(body)
    }

    /// A POST that only asks.
    pub fn ask(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Safe).with(body)
    }

    pub fn change(path: impl Into<String>, body: Value) -> Self {
        Self::new("PATCH", path, Repeat::Never).with(body)
    }

    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new("PUT", path, Repeat::Safe).with(body)
    }

    /// The contract: the same answer again, or `404`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path, Repeat::Safe)
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Adds a parameter that may be absent.
    pub fn query(mut self, name: &'static str, value: Option<String>) -> Self {
        self.query.extend(value.map(|value| (name, value)));
        self
    }

    pub fn wants(mut self, wanted: Wanted) -> Self {
        self.wanted = wanted;
        self
    }

    /// The path with its query.
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
