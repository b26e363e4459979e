//! The fields of a request's body.

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_domain::credentials::{GivenName, SessionSeconds};
use rolecall_domain::messages::{Detail, Rule};
use rolecall_domain::problem::Code;
use rolecall_domain::text::FieldError;
use serde_json::{Map, Value};

/// The largest accepted body, in bytes.
const LARGEST_BODY: usize = 4 * 1024;

/// The duration and the name that the service asks for.
///
/// # Errors
/// `invalid_request` with every invalid field and query parameter.
pub fn session(event: &Value) -> Result<(SessionSeconds, Option<GivenName>), Problem> {
    let mut fields = object(event)?;
    let mut errors = unknown_parameters(event);
    let mut refuse = |field: &str, error: FieldError| errors.push(error.within(field));
    let duration = match fields.remove("duration_seconds") {
        None | Some(Value::Null) => Ok(SessionSeconds::default()),
        Some(value) => match value.as_u64() {
            Some(seconds) => SessionSeconds::new(seconds),
            None => Err(FieldError::new("invalid", SessionSeconds::rule())),
        },
    };
    let duration = duration.unwrap_or_else(|error| {
        refuse("duration_seconds", error);
        SessionSeconds::default()
    });
    let name = match fields.remove("session_name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => GivenName::parse(name).map(Some),
        Some(_) => Err(FieldError::new("invalid", Rule::MustBeString)),
    };
    let name = name.unwrap_or_else(|error| {
        refuse("session_name", error);
        None
    });
    for field in fields.keys() {
        refuse(field, FieldError::new("unknown_field", Rule::UnknownField));
    }
    if errors.is_empty() {
        Ok((duration, name))
    } else {
        Err(Problem::fields(errors))
    }
}

fn unknown_parameters(event: &Value) -> Vec<FieldError> {
    let sent = event
        .get("queryStringParameters")
        .and_then(Value::as_object);
    let sent = sent.into_iter().flatten();
    sent.map(|(name, _)| FieldError::of(name, "unknown_parameter", Rule::UnknownParameter))
        .collect()
}

/// The body as a JSON object. An absent body counts as an empty object.
fn object(event: &Value) -> Result<Map<String, Value>, Problem> {
    let malformed = || Problem::new(Code::MalformedJson, &Detail::BodyIsNotJson);
    let kilobytes = LARGEST_BODY / 1024;
    let too_large = || Problem::new(Code::BodyTooLarge, &Detail::BodyTooLarge { kilobytes });
    let text = event
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if text.len() > LARGEST_BODY / 3 * 4 + 4 {
        return Err(too_large());
    }
    let bytes = if event.get("isBase64Encoded") == Some(&Value::Bool(true)) {
        STANDARD.decode(text).map_err(|_| malformed())?
    } else {
        text.as_bytes().to_vec()
    };
    if bytes.len() > LARGEST_BODY {
        return Err(too_large());
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Problem::fields(vec![FieldError::of(
            "",
            "invalid",
            Rule::MustBeObject,
        )])),
        Err(_) => Err(malformed()),
    }
}
