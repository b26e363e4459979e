//! Reads an HTTP API request (payload format 2.0) without trusting its structure, and builds responses.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::Markup;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The largest accepted body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// The maximum number of cookies that are read.
const MOST_COOKIES: usize = 50;

/// The maximum number of form fields that are read.
const MOST_FIELDS: usize = 1000;

/// A request. It contains cookies and user input, so its `Debug` implementation shows neither.
#[derive(Clone)]
pub struct Request {
    pub id: String,
    pub method: String,
    /// Decoded by the gateway.
    pub path: String,
    pub query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    cookies: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Why a request can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    TooLarge,
    Malformed,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// # Errors
    /// If the body is too large, or does not match its `isBase64Encoded` flag.
    pub fn read(event: &Value) -> Result<Self, Unreadable> {
        let headers = headers(event);
        Ok(Self {
            id: text(event, "/requestContext/requestId").to_owned(),
            method: text(event, "/requestContext/http/method").to_owned(),
            path: text(event, "/rawPath").to_owned(),
            query: pairs(text(event, "/rawQueryString").as_bytes()),
            cookies: cookies(event, &headers),
            body: body(event)?,
            headers,
        })
    }

    /// A request header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        first(&self.cookies, name)
    }

    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.cookies.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The fields of a form. `None` if the body is not a form.
    pub fn form(&self) -> Option<Form> {
        let media_type = self.header("content-type")?.split(';').next()?.trim();
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        is_form.then(|| Form(pairs(&self.body)))
    }
}

/// The fields of a form, in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form(pub Vec<(String, String)>);

impl fmt::Debug for Form {
    /// Omits the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

impl Form {
    /// The first value of a field; an empty one if it was not sent.
    pub fn text(&self, name: &str) -> &str {
        first(&self.0, name).unwrap_or_default()
    }

    /// All values of a field, such as those of checked boxes.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(field, _)| field == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut pairs = pairs.iter();
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(encoded).into_owned();
    pairs.take(MOST_FIELDS).collect()
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    let found = event.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

fn headers(event: &Value) -> BTreeMap<String, String> {
    let sent = event.get("headers").and_then(Value::as_object);
    let sent = sent.into_iter().flatten();
    sent.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())))
        .collect()
}

/// API Gateway sends cookies as the list `cookies`; a header `cookie` has them in one line.
fn cookies(event: &Value, headers: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let listed = event.get("cookies").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let line = headers.get("cookie").map(String::as_str);
    let all = listed.chain(line).flat_map(|text| text.split(';'));
    all.filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    })
    .take(MOST_COOKIES)
    .collect()
}

fn body(event: &Value) -> Result<Vec<u8>, Unreadable> {
    let text = text(event, "/body");
    if text.len() > LARGEST_BODY / 3 * 4 + 4 {
        return Err(Unreadable::TooLarge);
    }
    let bytes = match event.get("isBase64Encoded") == Some(&Value::Bool(true)) {
        true => STANDARD.decode(text).map_err(|_| Unreadable::Malformed)?,
        false => text.as_bytes().to_vec(),
    };
    match bytes.len() > LARGEST_BODY {
        true => Err(Unreadable::TooLarge),
        false => Ok(bytes),
    }
}

/// The body of a response. Bytes are sent as base64, because the gateway would otherwise send them as text and
/// change them.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl fmt::Debug for Body {
    /// Omits the contents, which are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

/// A response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    /// Values of the header `Set-Cookie`.
    pub cookies: Vec<String>,
    pub body: Body,
}

impl Response {
    pub fn page(status_code: u16, page: Markup) -> Self {
        Self::text(status_code, "text/html; charset=utf-8", page.into_string())
    }

    pub fn text(status_code: u16, media_type: &str, body: impl Into<String>) -> Self {
        Self::new(status_code, Body::Text(body.into())).header("content-type", media_type)
    }

    pub fn bytes(status_code: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status_code, Body::Bytes(body.into())).header("content-type", media_type)
    }

    /// `303 See Other`: the browser requests this address with GET, even after a POST.
    pub fn see_other(address: impl Into<String>) -> Self {
        Self::new(303, Body::Text(String::new())).header("location", address)
    }

    fn new(status_code: u16, body: Body) -> Self {
        Self {
            status_code,
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body,
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    #[must_use]
    pub fn cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookies.push(cookie.into());
        self
    }

    /// The response to a HEAD request.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.body = Body::Text(String::new());
        self
    }
}

impl fmt::Debug for Response {
    /// Omits the cookies, which are credentials, and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status_code", &self.status_code)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Serialize for Response {
    /// The format that an HTTP API expects from a function.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer<'a> {
            status_code: u16,
            headers: &'a BTreeMap<&'static str, String>,
            cookies: &'a [String],
            body: String,
            is_base64_encoded: bool,
        }
        let (body, is_base64_encoded) = match &self.body {
            Body::Text(text) => (text.clone(), false),
            Body::Bytes(bytes) => (STANDARD.encode(bytes), true),
        };
        Answer {
            status_code: self.status_code,
            headers: &self.headers,
            cookies: &self.cookies,
            body,
            is_base64_encoded,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(event: &Value) -> Request {
        Request::read(event).expect("readable")
    }

    #[test]
    fn cookies_are_read_from_the_list_and_from_the_header() {
        for event in [
            json!({"cookies": ["__Host-a=1", "b=x=y"]}),
            json!({"headers": {"Cookie": "__Host-a=1; b=x=y"}}),
            json!({"headers": {"cookie": " b=\"x=y\" ;  __Host-a=1;;nothing"}}),
        ] {
            let request = read(&event);
            assert_eq!(request.cookie("__Host-a"), Some("1"), "{event}");
            assert_eq!(request.cookie("b"), Some("x=y"), "{event}");
            assert_eq!(request.cookie("c"), None, "{event}");
        }
    }

    #[test]
    fn form_is_read_as_text_and_as_base64() {
        let body = "name=%E6%9D%B1+1&box=a&box=b";
        let kind = json!({"content-type": "application/x-www-form-urlencoded;charset=UTF-8"});
        for event in [
            json!({"headers": kind, "body": body, "isBase64Encoded": false}),
            json!({"headers": kind, "body": STANDARD.encode(body), "isBase64Encoded": true}),
        ] {
            let form = read(&event).form().expect("a form");
            assert_eq!(form.text("name"), "東 1");
            assert_eq!(form.all("box"), ["a", "b"]);
            assert_eq!(form.text("other"), "");
        }
        let other = json!({"headers": {"content-type": "text/plain"}, "body": body});
        assert_eq!(read(&other).form(), None);
    }

    #[test]
    fn unreadable_bodies_are_refused() {
        let wrong = json!({"body": "%%%", "isBase64Encoded": true});
        let error = Request::read(&wrong).expect_err("not base64");
        assert_eq!(error, Unreadable::Malformed);
        let large = "x".repeat(LARGEST_BODY + 1);
        for (body, coded) in [(STANDARD.encode(&large), true), (large, false)] {
            let event = json!({"body": body, "isBase64Encoded": coded});
            let error = Request::read(&event).expect_err("too large");
            assert_eq!(error, Unreadable::TooLarge);
        }
    }

    #[test]
    fn bytes_are_sent_as_base64_with_the_flag() {
        let sent = json!(Response::bytes(200, "image/png", [0x89, 0xff]));
        assert_eq!(sent["body"], "if8=");
        assert_eq!(sent["isBase64Encoded"], true);
        let sent = json!(Response::text(200, "text/plain", "é"));
        assert_eq!(sent["body"], "é");
        assert_eq!(sent["isBase64Encoded"], false);
    }

    #[test]
    fn debug_shows_no_cookie_and_no_value() {
        let event = json!({"cookies": ["a=secret"], "body": "f=secret",
            "headers": {"content-type": "application/x-www-form-urlencoded"}});
        let request = read(&event);
        let response = Response::text(200, "text/plain", "secret").cookie("a=secret");
        let shown = format!("{request:?} {:?} {response:?}", request.form());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
