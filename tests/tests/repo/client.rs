//! `shared/client` has a call for every operation of the API.

use anyhow::{Context, Result};
use rolecall_local::paths::Tree;
use serde_json::Value;

/// `listGroupAccounts` becomes `list_group_accounts`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[test]
fn client_has_a_call_for_every_operation() -> Result<()> {
    let tree = Tree::default();
    let contract = std::fs::read_to_string(tree.root().join("infra/openapi.yaml"))?;
    let contract: Value = serde_saphyr::from_str(&contract)?;
    let calls = std::fs::read_to_string(tree.root().join("shared/client/src/calls.rs"))?;
    let paths = contract["paths"].as_object().context("no paths")?;
    let operations = paths.values().filter_map(Value::as_object).flatten();
    let names = operations.filter_map(|(_, operation)| operation["operationId"].as_str());
    let mut expected: Vec<String> = names.map(snake_case).collect();
    let functions = calls
        .lines()
        .filter_map(|line| line.strip_prefix("pub fn "));
    let mut found: Vec<&str> = functions
        .filter_map(|rest| rest.split('(').next())
        .collect();
    expected.sort();
    found.sort_unstable();
    assert!(expected.len() > 20, "{expected:?}");
    assert_eq!(found, expected);
    Ok(())
}
