//! What a command comes down to: a request, and how its answer is shown.

use serde_json::{Map, Value};

use crate::args::Paging;
use crate::request::{Request, Wanted};
use crate::view::View;

/// One request and its view.
#[derive(Debug)]
pub struct Plan {
    pub request: Request,
    pub shown: Shown,
    /// Follow the list to its end.
    pub all_pages: bool,
}

/// How an answer is shown to a person.
#[derive(Debug, Clone, Copy)]
pub enum Shown {
    By(View),
    /// JSON that is to be pasted somewhere.
    AsJson,
    /// A text of several lines.
    AsText,
    /// There is no answer to show: this sentence instead.
    Saying(&'static str),
}

impl Plan {
    /// One answer.
    pub fn one(request: Request, view: View) -> Self {
        Self::new(request, Shown::By(view))
    }

    /// A list.
    pub fn list(request: Request, paging: Paging, view: View) -> Self {
        let limit = paging.limit.map(|limit| limit.to_string());
        let request = request.query("limit", limit).query("cursor", paging.cursor);
        let mut plan = Self::one(request, view);
        plan.all_pages = paging.all;
        plan
    }

    /// JSON to paste.
    pub fn document(request: Request) -> Self {
        Self::new(request, Shown::AsJson)
    }

    /// Text to paste.
    pub fn text(request: Request) -> Self {
        Self::new(request.wants(Wanted::Text), Shown::AsText)
    }

    /// Something that leaves nothing.
    pub fn silent(request: Request, sentence: &'static str) -> Self {
        Self::new(request.wants(Wanted::Nothing), Shown::Saying(sentence))
    }

    fn new(request: Request, shown: Shown) -> Self {
        Self {
            request,
            shown,
            all_pages: false,
        }
    }
}

/// A body with the fields that are there.
pub fn body<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some((name.to_owned(), value))
    });
    Value::Object(given.collect::<Map<_, _>>())
}
