//! The API's contract, `infra/openapi.yaml`.

use rolecall_local::paths::Tree;
use serde_json::{Value, json};

/// The contract as JSON.
///
/// # Panics
/// If the file is missing or is not YAML.
pub fn load() -> Value {
    let path = Tree::default().root().join("infra/openapi.yaml");
    let text = std::fs::read_to_string(path).expect("infra/openapi.yaml exists");
    serde_saphyr::from_str(&text).expect("infra/openapi.yaml is YAML")
}

/// The pointer to the operation of a route.
pub fn operation(method: &str, path: &str) -> String {
    format!("/paths/{}/{}", escape(path), method.to_lowercase())
}

/// A key of a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A valid body of the operation: the example of its request body, or an empty object.
pub fn example_body(contract: &Value, operation: &str) -> Value {
    let body = contract.pointer(&format!("{operation}/requestBody/$ref"));
    let example = body.and_then(Value::as_str).and_then(|reference| {
        let content = format!("{}/content", reference.trim_start_matches('#'));
        contract.pointer(&format!("{content}/application~1json/example"))
    });
    example.cloned().unwrap_or_else(|| json!({}))
}
