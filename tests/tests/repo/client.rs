//! Every call of `shared/client` is an operation of the API, under the same name.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use rolecall_local::paths::Tree;
use rolecall_tests::contract;
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
fn calls_are_named_like_the_operations_of_the_contract() -> Result<()> {
    let calls = Tree::default().root().join("shared/client/src/calls.rs");
    let calls = std::fs::read_to_string(calls)?;
    let contract = contract::load();
    let paths = contract["paths"].as_object().context("no paths")?;
    let operations = paths.values().filter_map(Value::as_object).flatten();
    let names = operations.filter_map(|(_, operation)| operation["operationId"].as_str());
    let operations: BTreeSet<String> = names.map(snake_case).collect();
    let functions = calls
        .lines()
        .filter_map(|line| line.strip_prefix("pub fn "));
    let found: BTreeSet<&str> = functions
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let unknown = found.iter().filter(|name| !operations.contains(**name));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(found.len() > 20, "{found:?}");
    Ok(())
}
