//! Pagination: `limit` and `cursor` in the request, `{items, next_cursor}` in the response.

use crate::caller::{Caller, Operator};
use crate::problem::Problem;
use crate::request::{Request, Visitor};
use crate::response::Response;
use rolecall_domain::link::token::KeyRing;
use rolecall_domain::messages::{Alternatives, Detail, Rule};
use rolecall_domain::ports::{Order, Slice};
use rolecall_domain::problem::Code;
use serde_json::{Value, json};
use std::borrow::Cow;

const DEFAULT_LIMIT: usize = 50;

/// Who reads a list.
pub trait Reader {
    fn keys(&self) -> &KeyRing;
    /// The tenant, a page, or an empty text for the operator.
    fn name(&self) -> Cow<'_, str>;
}

impl Reader for Caller {
    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.tenant.as_str())
    }
}

/// Everyone who opens a page reads the same lists.
impl Reader for Visitor {
    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Owned(self.page.to_string())
    }
}

impl Reader for Operator {
    fn keys(&self) -> &KeyRing {
        &self.keys
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
}

/// A cursor is valid only for its reader, its list and its filters.
fn context(request: &Request<'_>, reader: &impl Reader) -> String {
    let mut context = format!("{} {}", reader.name(), request.path());
    for (name, value) in request.filters() {
        // A length prefix keeps values apart that contain a separator.
        context.push_str(&format!(" {name}={}:{value}", value.len()));
    }
    context
}

pub fn limit(request: &Request<'_>) -> Result<usize, Problem> {
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
    Ok(limit)
}

/// The position in the request's cursor.
pub fn after(request: &Request<'_>, reader: &impl Reader) -> Result<Option<String>, Problem> {
    let Some(cursor) = request.query("cursor") else {
        return Ok(None);
    };
    let position = reader.keys().unseal(&context(request, reader), cursor);
    position.map(Some).ok_or_else(invalid)
}

/// The cursor does not belong to the list.
pub fn invalid() -> Problem {
    Problem::new(Code::CursorInvalid, &Detail::CursorOfAnotherList)
}

pub fn cursor(request: &Request<'_>, reader: &impl Reader, position: &str) -> String {
    reader.keys().seal(&context(request, reader), position)
}

/// Every list that takes `order` is sorted by creation time.
fn order(request: &Request<'_>) -> Result<Order, Problem> {
    match request.query("order") {
        None | Some("oldest_first") => Ok(Order::OldestFirst),
        Some("newest_first") => Ok(Order::NewestFirst),
        Some(_) => {
            let values = Alternatives::of(["oldest_first", "newest_first"]);
            let rule = Rule::MustBeOneOf { values };
            Err(Problem::field("order", "invalid", rule))
        }
    }
}

pub fn slice(request: &Request<'_>, reader: &impl Reader) -> Result<Slice, Problem> {
    let (limit, order) = (limit(request)?, order(request)?);
    let after = after(request, reader)?;
    Ok(Slice {
        limit,
        after,
        order,
    })
}

pub fn page(
    request: &Request<'_>,
    reader: &impl Reader,
    items: Vec<Value>,
    next: Option<&str>,
) -> Response {
    let next_cursor = next.map(|position| cursor(request, reader, position));
    Response::json(200, &json!({ "items": items, "next_cursor": next_cursor }))
}
