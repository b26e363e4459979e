//! Parses the fields of a request body, and reports every invalid field.

use crate::problem::Problem;
use rolecall_domain::messages::Rule;
use rolecall_domain::text::FieldError;
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

    /// Reports an invalid field.
    pub fn refuse(&mut self, field: &str, code: &'static str, rule: Rule) {
        self.errors.push(FieldError::of(field, code, rule));
    }

    /// An optional string field. `null` counts as absent.
    pub fn optional<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(String) -> Result<T, FieldError>,
    ) -> Option<T> {
        match self.left.remove(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.errors.push(error.within(field));
                    None
                }
            },
            Some(_) => {
                self.refuse(field, "invalid", Rule::MustBeString);
                None
            }
        }
    }

    /// An optional field with any JSON value. `null` counts as absent.
    pub fn any(&mut self, field: &str) -> Option<Value> {
        self.left.remove(field).filter(|value| !value.is_null())
    }

    /// The same, parsed by a function that may report several errors.
    pub fn read<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>,
    ) -> Option<T> {
        let value = self.any(field)?;
        match read(&value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.errors.extend(wrong);
                None
            }
        }
    }

    /// An optional list of strings that each follow a rule. `None` if it is absent or an error was
    /// reported.
    pub fn texts(
        &mut self,
        field: &str,
        most: usize,
        (follows, rule): (fn(&str) -> bool, Rule),
    ) -> Option<Vec<String>> {
        let value = self.any(field)?;
        let items = value
            .as_array()
            .filter(|list| (1..=most).contains(&list.len()));
        let text = |item: &Value| {
            item.as_str()
                .filter(|text| follows(text))
                .map(str::to_owned)
        };
        let texts: Option<Vec<String>> = items.and_then(|list| list.iter().map(text).collect());
        if texts.is_none() {
            self.refuse(field, "invalid", rule);
        }
        texts
    }

    /// Reports a field that is absent, without reading it.
    pub fn demand(&mut self, field: &str) {
        if matches!(self.left.get(field), None | Some(Value::Null)) {
            self.refuse(field, "required", Rule::Required);
        }
    }

    /// Returns the values, which must be present if no error was reported.
    ///
    /// # Errors
    /// `invalid_request` with every invalid field.
    pub fn finish_with<T>(self, values: Option<T>) -> Result<T, Problem> {
        self.finish()?;
        values.ok_or_else(|| Problem::unexpected("a field is absent, but was not reported"))
    }

    /// A required string field. `None` only if an error was reported.
    pub fn required<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(String) -> Result<T, FieldError>,
    ) -> Option<T> {
        if matches!(self.left.get(field), None | Some(Value::Null)) {
            self.left.remove(field);
            self.refuse(field, "required", Rule::Required);
            return None;
        }
        self.optional(field, parse)
    }

    /// A boolean field. `false` if it is absent.
    pub fn flag(&mut self, field: &str) -> bool {
        match self.left.remove(field) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.refuse(field, "invalid", Rule::MustBeBoolean);
                false
            }
        }
    }

    /// # Errors
    /// `invalid_request` with every invalid or unknown field.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.left.keys().cloned().collect();
        for field in unknown {
            self.refuse(&field, "unknown_field", Rule::UnknownField);
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(self.errors))
        }
    }
}
