//! API Gateway in front of a function: turns requests into events, and results into responses.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::http::{Handler, Request, Response};
use crate::lambda::Function;

/// One execution environment, which handles one request at a time.
#[derive(Debug, Clone)]
pub(super) struct Gateway(Arc<Mutex<Function>>);

impl Gateway {
    pub(super) fn before(function: Function) -> Self {
        Self(Arc::new(Mutex::new(function)))
    }
}

impl Handler for Gateway {
    async fn handle(&self, request: Request) -> Response {
        let answer = self.0.lock().await.invoke(&event(&request)).await;
        let response = answer.ok().and_then(|answer| response(&answer.payload));
        response.unwrap_or_else(|| Response::new(502, "text/plain", "no usable response"))
    }
}

fn event(request: &Request) -> Value {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let headers = request.headers.iter().filter(|(name, _)| name != "cookie");
    let headers: Map<_, _> = headers
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let cookies = request.header("cookie").split("; ");
    let cookies: Vec<&str> = cookies.filter(|cookie| !cookie.is_empty()).collect();
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "cookies": cookies,
        "requestContext": {
            "http": {"method": request.method, "path": path},
            "requestId": "JKJaXmPLvHcESHA=",
        },
        "body": String::from_utf8_lossy(&request.body),
        "isBase64Encoded": false,
    })
}

fn response(answer: &Value) -> Option<Response> {
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"] == true {
        true => STANDARD.decode(body).ok()?,
        false => body.as_bytes().to_vec(),
    };
    let text = |value: &Value| Some(value.as_str()?.to_owned());
    let headers = answer["headers"].as_object().into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    let cookies = answer["cookies"].as_array().into_iter().flatten();
    let cookies = cookies.filter_map(|cookie| Some(("set-cookie".to_owned(), text(cookie)?)));
    Some(Response {
        status: u16::try_from(answer["statusCode"].as_u64()?).ok()?,
        headers: headers.chain(cookies).collect(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_becomes_an_event() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let event = event(&Request {
            method: "GET".to_owned(),
            path: "/groups/1?lang=ja".to_owned(),
            headers: vec![header("cookie", "a=1; b=2"), header("accept", "text/html")],
            body: Vec::new(),
        });
        assert_eq!(event["rawPath"], "/groups/1");
        assert_eq!(event["rawQueryString"], "lang=ja");
        assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
        assert_eq!(event["headers"], json!({"accept": "text/html"}));
    }

    #[test]
    fn result_becomes_a_response() {
        let response = response(&json!({
            "statusCode": 200,
            "headers": {"content-encoding": "br"},
            "cookies": ["a=1"],
            "body": STANDARD.encode([0xff, 0]),
            "isBase64Encoded": true,
        }));
        let response = response.expect("a response");
        assert_eq!((response.status, &response.body[..]), (200, &[0xff, 0][..]));
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [set("content-encoding", "br"), set("set-cookie", "a=1")];
        assert_eq!(response.headers, expected);
        assert!(super::response(&json!({"errorMessage": "x"})).is_none());
    }
}
