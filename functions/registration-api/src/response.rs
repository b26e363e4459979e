//! A response in the format that an HTTP API expects from a function.

use rolecall_domain::messages::{Language, in_language};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    pub body: String,
    /// The body, with its texts in every language.
    #[serde(skip)]
    content: Option<Value>,
}

impl Response {
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        Self {
            status_code,
            headers: BTreeMap::new(),
            body: String::new(),
            content: Some(json!(body)),
        }
        .content_type("application/json")
    }

    /// Writes the body in this language.
    pub fn in_language(mut self, language: Language) -> Self {
        let Some(mut content) = self.content.take() else {
            return self;
        };
        in_language(&mut content, language);
        self.body = content.to_string();
        self.header("content-language", language.tag().to_owned())
            .header("vary", "accept-language".to_owned())
    }

    pub fn text(body: String) -> Self {
        Self::document(body, "text/plain; charset=utf-8")
    }

    pub fn html(body: String) -> Self {
        Self::document(body, "text/html; charset=utf-8")
    }

    fn document(body: String, content_type: &str) -> Self {
        Self {
            status_code: 200,
            headers: BTreeMap::new(),
            body,
            content: None,
        }
        .content_type(content_type)
    }

    pub fn no_content() -> Self {
        Self {
            status_code: 204,
            headers: BTreeMap::new(),
            body: String::new(),
            content: None,
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
