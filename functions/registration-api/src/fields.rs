//! Reads a body's fields, each into its own type, and names every one that is wrong.

use crate::problem::{FieldError, Problem};
use rolecall_domain::text::Invalid;
use serde_json::{Map, Value};

#[derive(Debug)]
pub struct Fields {
    left: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    pub fn new(body: Map<String, Value>) -> Self {
        Self {
            left: body,
            errors: Vec::new(),
        }
    }

    fn wrong(&mut self, field: &str, code: &'static str, message: &str) {
        self.errors.push(FieldError::new(field, code, message));
    }

    /// A text field, where it is given; `null` counts as not given.
    pub fn optional<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(String) -> Result<T, Invalid>,
    ) -> Option<T> {
        match self.left.remove(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.wrong(field, error.code, error.rule);
                    None
                }
            },
            Some(_) => {
                self.wrong(field, "invalid", "must be text");
                None
            }
        }
    }

    /// A text field that must be given. None only after an error was noted.
    pub fn required<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(String) -> Result<T, Invalid>,
    ) -> Option<T> {
        if matches!(self.left.get(field), None | Some(Value::Null)) {
            self.left.remove(field);
            self.wrong(field, "required", "is required");
            return None;
        }
        self.optional(field, parse)
    }

    /// False where it is not given.
    pub fn flag(&mut self, field: &str) -> bool {
        match self.left.remove(field) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.wrong(field, "invalid", "must be true or false");
                false
            }
        }
    }

    /// # Errors
    /// `invalid_request` with all that was wrong, fields that nobody asked for among it.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.left.keys().cloned().collect();
        for field in unknown {
            self.wrong(&field, "unknown_field", "is not a field of this request");
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(self.errors))
        }
    }
}
