//! Pagination: `limit` and `cursor` in the request, `{items, next_cursor}` in the response.

use crate::problem::Problem;
use crate::request::{Caller, Request};
use crate::response::Response;
use rolecall_domain::messages::{Detail, Rule};
use rolecall_domain::ports::Slice;
use rolecall_domain::problem::Code;
use serde_json::{Value, json};

const DEFAULT_LIMIT: usize = 50;

/// A cursor is valid only for its tenant and its list.
fn context(request: &Request<'_>, caller: &Caller) -> String {
    format!(
        "{} {} {}",
        caller.tenant,
        request.path(),
        request.query("status").unwrap_or_default()
    )
}

pub fn slice(request: &Request<'_>, caller: &Caller) -> Result<Slice, Problem> {
    let limit = match request.query("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse() {
            Ok(limit @ 1..=100) if !text.starts_with('+') => limit,
            _ => {
                let (least, most) = (1, 100);
                let rule = Rule::MustBeWholeNumber { least, most };
                return Err(Problem::field("limit", "invalid", rule));
            }
        },
    };
    let after = match request.query("cursor") {
        None => None,
        Some(cursor) => Some(
            caller
                .keys
                .unseal(&context(request, caller), cursor)
                .ok_or_else(|| Problem::new(Code::CursorInvalid, &Detail::CursorOfAnotherList))?,
        ),
    };
    Ok(Slice { limit, after })
}

pub fn page(
    request: &Request<'_>,
    caller: &Caller,
    items: Vec<Value>,
    next: Option<&str>,
) -> Response {
    let next_cursor = next.map(|position| caller.keys.seal(&context(request, caller), position));
    Response::json(200, &json!({ "items": items, "next_cursor": next_cursor }))
}
