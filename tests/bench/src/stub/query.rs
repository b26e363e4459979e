//! AWS's query protocol, which STS, IAM and CloudFormation use: form requests and XML responses.

use std::collections::HashMap;

use crate::http::Response;

/// The fields of a request.
#[derive(Debug)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The content of the result element, or an error.
#[derive(Debug)]
pub(super) enum Answer {
    Result(String),
    Error {
        status: u16,
        code: &'static str,
        message: String,
    },
}

impl Answer {
    pub(super) fn denied(what: &str) -> Self {
        Self::Error {
            status: 403,
            code: "AccessDenied",
            message: format!("User is not authorized to perform this on resource: {what}"),
        }
    }

    pub(super) fn throttled() -> Self {
        Self::Error {
            status: 400,
            code: "Throttling",
            message: "Rate exceeded".to_owned(),
        }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::Error {
            status: 404,
            code: "NoSuchEntity",
            message: format!("{what} cannot be found."),
        }
    }

    /// Fails visibly, so that missing work is never measured.
    pub(super) fn unknown_action() -> Self {
        Self::Error {
            status: 400,
            code: "InvalidAction",
            message: "the stub does not support this action".to_owned(),
        }
    }

    pub(super) fn into_response(self, operation: &str) -> Response {
        let request_id = "<RequestId>00000000-0000-4000-8000-000000000001</RequestId>";
        match self {
            Self::Result(result) => Response::new(
                200,
                "text/xml",
                format!(
                    "<{operation}Response><{operation}Result>{result}</{operation}Result>\
                     <ResponseMetadata>{request_id}</ResponseMetadata></{operation}Response>"
                ),
            ),
            Self::Error {
                status,
                code,
                message,
            } => Response::new(
                status,
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error>{request_id}</ErrorResponse>"
                ),
            ),
        }
    }
}

/// A policy in IAM's encoding.
pub(super) fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
