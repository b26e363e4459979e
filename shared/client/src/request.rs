//! A request to the hub, as a value.

use std::marker::PhantomData;

use serde_json::Value;

/// Whether a request may be sent again after a lost response, or a response that asks for a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Sending it twice has the same effect as sending it once.
    Safe,
    /// Safe with an Idempotency-Key: the caller's, or a generated one.
    WithKey(Option<String>),
    /// Sending it twice could repeat its effect, or the rejection is the result.
    Never,
}

/// The format of a successful response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Json,
    Empty,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    /// Starts with `/v1`. IDs are inserted without encoding, because the caller has parsed them.
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

    /// A POST that creates something, at most once per Idempotency-Key.
    pub(crate) fn create(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::WithKey(None)).with(body)
    }

    /// A POST with an effect.
    pub(crate) fn act(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Never).with(body)
    }

    /// A POST that only reads.
    pub(crate) fn ask(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path, Repeat::Safe).with(body)
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self::new("PATCH", path, Repeat::Never).with(body)
    }

    pub(crate) fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new("PUT", path, Repeat::Safe).with(body)
    }

    /// The API contract: repeating a DELETE returns the same response, or 404.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path, Repeat::Safe)
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn answered_by(mut self, answer: Body) -> Self {
        self.expects = answer;
        self
    }

    /// Adds a query parameter if there is a value.
    pub fn query(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.query.extend(value.map(|value| (name, value.into())));
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

/// A request and the type of its response.
#[derive(Debug, Clone)]
pub struct Call<T> {
    pub request: Request,
    answer: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    /// Adds a query parameter if there is a value.
    pub fn query(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    /// Uses this Idempotency-Key instead of a generated one.
    pub fn with_key(mut self, key: Option<String>) -> Self {
        if let (Repeat::WithKey(chosen), Some(key)) = (&mut self.request.repeat, key) {
            *chosen = Some(key);
        }
        self
    }
}

impl<T> From<Request> for Call<T> {
    fn from(request: Request) -> Self {
        Self {
            request,
            answer: PhantomData,
        }
    }
}

impl<T> From<Call<T>> for Request {
    fn from(call: Call<T>) -> Self {
        call.request
    }
}
