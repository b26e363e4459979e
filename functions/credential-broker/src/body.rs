//! The fields of a request's body.

use crate::problem::Problem;
use rolecall_domain::credentials::{GivenName, SessionSeconds};
use rolecall_domain::messages::Rule;
use rolecall_domain::text::FieldError;
use rolecall_http::event::object;
use serde_json::Value;

/// The largest accepted body, in bytes.
const LARGEST_BODY: usize = 4 * 1024;

/// The duration and the name that the service requests.
///
/// # Errors
/// `invalid_request` with every invalid field and query parameter.
pub fn session(event: &Value) -> Result<(SessionSeconds, Option<GivenName>), Problem> {
    let mut fields = object(event, LARGEST_BODY)?;
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

/// # Errors
/// `invalid_request` with every query parameter.
pub fn no_parameters(event: &Value) -> Result<(), Problem> {
    match unknown_parameters(event) {
        unknown if unknown.is_empty() => Ok(()),
        unknown => Err(Problem::fields(unknown)),
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
