//! The parts of an event of an HTTP API (payload format 2.0).

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_domain::messages::{Detail, Language, Rule};
use rolecall_domain::problem::Code;
use serde_json::{Map, Value};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text at a path in the event, or an empty text.
pub fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    let found = event.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

/// A header. The case of its name does not matter.
pub fn header<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    let mut headers = event.get("headers")?.as_object()?.iter();
    let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found?.1.as_str()
}

/// The language that the request prefers, if it names any.
pub fn language(event: &Value) -> Option<Language> {
    header(event, "accept-language").and_then(Language::accepted)
}

/// The bytes of the body, at most this many.
///
/// # Errors
/// `body_too_large`, and `malformed_json` for a body that is not valid Base64 although the event says so.
pub fn bytes(event: &Value, largest: usize) -> Result<Vec<u8>, Problem> {
    let text = text(event, "/body");
    let encoded = event.get("isBase64Encoded") == Some(&Value::Bool(true));
    // Base64 encodes three bytes as four characters.
    let longest = if encoded {
        largest / 3 * 4 + 4
    } else {
        largest
    };
    if text.len() > longest {
        return Err(too_large(largest));
    }
    let bytes = if encoded {
        STANDARD.decode(text).map_err(|_| malformed())?
    } else {
        text.as_bytes().to_vec()
    };
    if bytes.len() > largest {
        return Err(too_large(largest));
    }
    Ok(bytes)
}

/// The body as a JSON object. An absent body counts as an empty object.
///
/// # Errors
/// The error in the body.
pub fn object(event: &Value, largest: usize) -> Result<Map<String, Value>, Problem> {
    let bytes = bytes(event, largest)?;
    // Some Windows editors and shells add a byte order mark.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Problem::field("", "invalid", Rule::MustBeObject)),
        Err(_) => Err(malformed()),
    }
}

fn malformed() -> Problem {
    Problem::new(Code::MalformedJson, &Detail::BodyIsNotJson)
}

fn too_large(largest: usize) -> Problem {
    let kilobytes = largest / 1024;
    Problem::new(Code::BodyTooLarge, &Detail::BodyTooLarge { kilobytes })
}
