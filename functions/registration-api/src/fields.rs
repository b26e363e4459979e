//! Reads a body's fields, each into its own type, and names every one that is wrong.

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

    /// Notes that a field is wrong.
    pub fn refuse(&mut self, field: &str, code: &'static str, rule: Rule) {
        self.errors.push(FieldError::of(field, code, rule));
    }

    /// A text field, where it is given; `null` counts as not given.
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

    /// Any JSON, where it is given; `null` counts as not given.
    pub fn any(&mut self, field: &str) -> Option<Value> {
        self.left.remove(field).filter(|value| !value.is_null())
    }

    /// The same, read by its own rules, which may object to several things.
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

    /// A list of texts that each keep a rule. None only after an error was noted, or where it is
    /// not given.
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

    /// Notes that a field is missing, before it is read.
    pub fn demand(&mut self, field: &str) {
        if matches!(self.left.get(field), None | Some(Value::Null)) {
            self.refuse(field, "required", Rule::Required);
        }
    }

    /// The values that must be there where nothing was wrong.
    ///
    /// # Errors
    /// `invalid_request` with all that was wrong.
    pub fn finish_with<T>(self, values: Option<T>) -> Result<T, Problem> {
        self.finish()?;
        values.ok_or_else(|| Problem::unexpected("a field is neither there nor refused"))
    }

    /// A text field that must be given. None only after an error was noted.
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

    /// False where it is not given.
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
    /// `invalid_request` with all that was wrong, fields that nobody asked for among it.
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
