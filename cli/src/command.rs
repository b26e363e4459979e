//! A command that sends one request and prints a view of its response. Most commands work like this.

use serde_json::{Map, Value};

use crate::view::{Sections, View};
use rolecall_client::Request;

#[derive(Debug)]
pub struct Command {
    pub request: Request,
    pub view: View,
    /// Fetch every page of the list.
    pub all_pages: bool,
    /// A question that the user must confirm first.
    pub confirmation: Option<Confirmation>,
}

/// A question before an action that can't be undone.
#[derive(Debug)]
pub struct Confirmation {
    /// Reads the record that the question concerns.
    pub subject: Request,
    pub question: fn(&Value) -> String,
}

impl Command {
    pub fn show(request: impl Into<Request>, sections: Sections) -> Self {
        Self::new(request, View::Sections(sections))
    }

    /// JSON to paste, in every output format.
    pub fn json(request: impl Into<Request>) -> Self {
        Self::new(request, View::Json)
    }

    /// A request whose response is empty.
    pub fn message(request: impl Into<Request>, message: &'static str) -> Self {
        Self::new(request, View::Message(message))
    }

    fn new(request: impl Into<Request>, view: View) -> Self {
        Self {
            request: request.into(),
            view,
            all_pages: false,
            confirmation: None,
        }
    }

    /// Asks first, unless `yes` was given.
    pub fn confirm(
        mut self,
        yes: bool,
        subject: impl Into<Request>,
        question: fn(&Value) -> String,
    ) -> Self {
        let subject = subject.into();
        self.confirmation = (!yes).then_some(Confirmation { subject, question });
        self
    }
}

/// A request body with the fields that have a value.
pub fn body<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some((name.to_owned(), value))
    });
    Value::Object(given.collect::<Map<_, _>>())
}
