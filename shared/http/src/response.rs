//! A response in the format that an HTTP API expects from a function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_domain::link::links::encode;
use rolecall_domain::messages::{Language, in_language};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    /// May contain credentials.
    pub body: String,
    /// Whether the gateway decodes the body. It would send other bytes as text, and so change them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_base64_encoded: bool,
    /// The body, with its texts in every language.
    #[serde(skip)]
    content: Option<Value>,
}

impl Response {
    /// A body that may have texts in several languages. [`Self::in_language`] writes it.
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        Self {
            status_code,
            headers: BTreeMap::new(),
            body: String::new(),
            is_base64_encoded: false,
            content: Some(json!(body)),
        }
        .content_type("application/json")
    }

    /// A JSON body without texts.
    pub fn data(body: &Value) -> Self {
        Self::document(body.to_string(), "application/json")
    }

    /// Writes the body in this language.
    pub fn in_language(mut self, language: Language) -> Self {
        let Some(mut content) = self.content.take() else {
            return self;
        };
        in_language(&mut content, language);
        self.body = content.to_string();
        self.header("content-language", language.tag())
            .header("vary", "accept-language")
    }

    pub fn text(body: String) -> Self {
        Self::document(body, "text/plain; charset=utf-8")
    }

    pub fn html(body: String) -> Self {
        Self::document(body, "text/html; charset=utf-8")
    }

    /// A file. The name in ASCII is for clients that don't know `filename*` (RFC 6266).
    pub fn file(body: String, content_type: &str, ascii_name: &str, name: &str) -> Self {
        let disposition = format!(
            "attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{}",
            encode(name)
        );
        Self::document(body, content_type).header("content-disposition", disposition)
    }

    fn document(body: String, content_type: &str) -> Self {
        Self {
            status_code: 200,
            headers: BTreeMap::new(),
            body,
            is_base64_encoded: false,
            content: None,
        }
        .content_type(content_type)
    }

    /// The size of the body in the function's response, where it is a JSON string. All languages of a text count.
    pub fn size(&self) -> usize {
        let content = self.content.as_ref().map(Value::to_string);
        let body = content.as_ref().unwrap_or(&self.body);
        json!(body).to_string().len()
    }

    pub fn no_content() -> Self {
        Self {
            status_code: 204,
            headers: BTreeMap::new(),
            body: String::new(),
            is_base64_encoded: false,
            content: None,
        }
    }

    /// Bytes, such as an image.
    pub fn bytes(body: &[u8], content_type: &str) -> Self {
        Self {
            is_base64_encoded: true,
            ..Self::document(STANDARD.encode(body), content_type)
        }
    }

    /// The response to a HEAD request.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self {
            body: String::new(),
            is_base64_encoded: false,
            content: None,
            ..self
        }
    }

    #[must_use]
    pub fn content_type(self, value: &str) -> Self {
        self.header("content-type", value)
            .header("cache-control", "no-store")
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

impl fmt::Debug for Response {
    /// Omits the body.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_sent_as_base64_with_the_flag() {
        let sent = json!(Response::bytes(&[0x89, 0xff], "image/png"));
        assert_eq!(sent["body"], "if8=");
        assert_eq!(sent["isBase64Encoded"], true);
        let sent = json!(Response::text("é".to_owned()));
        assert_eq!(sent["body"], "é");
        assert_eq!(sent.get("isBase64Encoded"), None);
    }

    #[test]
    fn debug_output_has_no_body() {
        let response = Response::data(&json!({"SecretAccessKey": "secret"}));
        let texts = Response::json(200, &json!({"SecretAccessKey": "secret"}));
        for shown in [format!("{response:?}"), format!("{texts:?}")] {
            assert!(
                shown.contains("200") && !shown.contains("secret"),
                "{shown}"
            );
        }
    }
}
