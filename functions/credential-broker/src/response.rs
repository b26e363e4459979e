//! A response in the format that an HTTP API expects from a function.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    /// May contain credentials.
    pub body: String,
}

impl Response {
    pub fn json(status_code: u16, body: &Value) -> Self {
        Self {
            status_code,
            headers: BTreeMap::new(),
            body: body.to_string(),
        }
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

impl fmt::Debug for Response {
    /// Without the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status_code,
            headers,
            ..
        } = self;
        f.debug_struct("Response")
            .field("status_code", status_code)
            .field("headers", headers)
            .finish_non_exhaustive()
    }
}
