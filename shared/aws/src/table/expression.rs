//! A condition or update expression with its names and values. `#name` always denotes the attribute
//! `name`, so that DynamoDB's reserved words never conflict.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

pub(super) const ABSENT: &str = "attribute_not_exists(#pk)";

#[derive(Debug, Clone, Default)]
pub(super) struct Values(HashMap<String, AttributeValue>);

impl Values {
    pub(super) fn of<const N: usize>(values: [(&str, AttributeValue); N]) -> Self {
        let named = values.map(|(name, value)| (name.to_owned(), value));
        Self(HashMap::from(named))
    }

    pub(super) fn each(values: impl IntoIterator<Item = (String, AttributeValue)>) -> Self {
        Self(values.into_iter().collect())
    }

    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn insert(&mut self, name: &str, value: AttributeValue) {
        self.0.insert(name.to_owned(), value);
    }

    /// DynamoDB rejects an empty map.
    pub(super) fn into_map(self) -> Option<HashMap<String, AttributeValue>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// The attribute names that the expressions use.
pub(super) fn names(expressions: &[&str]) -> Option<HashMap<String, String>> {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let named = |expression: &&str| -> Vec<(String, String)> {
        let parts = expression.split('#').skip(1);
        parts
            .filter_map(|part| part.split(is_end).next())
            .map(|name| (format!("#{name}"), name.to_owned()))
            .collect()
    };
    let names: HashMap<String, String> = expressions.iter().flat_map(named).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_denote_their_attribute() {
        let names = names(&["SET #a_1 = :x", "#b=:y OR attribute_exists(#a_1)"]).expect("some");
        let expected = [("#a_1", "a_1"), ("#b", "b")];
        assert_eq!(
            names,
            HashMap::from(expected.map(|(k, v)| (k.to_owned(), v.to_owned())))
        );
    }
}
