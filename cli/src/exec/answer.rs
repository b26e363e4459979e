//! The responses of the endpoint.

use serde_json::json;

/// A response with a JSON body.
#[derive(Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// SDKs print the code and the message.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"code": code, "message": message}).to_string();
        Self { status, body }
    }
}
