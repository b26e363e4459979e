//! A response in the form that the HTTP API takes from a function.

use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    pub body: String,
}

impl Response {
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        // Values made of strings, numbers and lists always serialise.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self {
            status_code,
            headers: BTreeMap::new(),
            body,
        }
        .content_type("application/json")
    }

    pub fn text(body: String) -> Self {
        Self {
            status_code: 200,
            headers: BTreeMap::new(),
            body,
        }
        .content_type("text/plain; charset=utf-8")
    }

    pub fn no_content() -> Self {
        Self {
            status_code: 204,
            headers: BTreeMap::new(),
            body: String::new(),
        }
    }

    #[must_use]
    pub fn content_type(self, value: &str) -> Self {
        self.header("content-type", value.to_owned())
            .header("cache-control", "no-store".to_owned())
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.insert(name, value);
        self
    }
}
