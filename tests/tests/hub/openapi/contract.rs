//! Validates responses against `infra/openapi.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_client::http::HttpAnswer;
use rolecall_tests::contract::{self, escape};
use serde_json::{Value, json};

/// A route in API Gateway's notation, such as `GET /v1/groups/{group_id}`.
pub type Route = String;

fn is_operators(route: &str) -> bool {
    route.contains(" /operator/")
}

#[derive(Debug)]
pub struct Contract {
    document: Value,
}

impl Contract {
    pub fn load() -> Self {
        let document = contract::load();
        Self { document }
    }

    pub fn at(&self, pointer: &str) -> &Value {
        let found = self.document.pointer(pointer);
        found.unwrap_or_else(|| panic!("infra/openapi.yaml has no {pointer}"))
    }

    /// Every route of tenants, with the JSON pointer to its operation.
    pub fn operations(&self) -> BTreeMap<Route, String> {
        let mut operations = self.every_operation();
        operations.retain(|route, operation| !is_operators(route) && !self.is_public(operation));
        operations
    }

    /// Every route of the operator.
    pub fn operator_operations(&self) -> BTreeMap<Route, String> {
        let mut operations = self.every_operation();
        operations.retain(|route, _| is_operators(route));
        operations
    }

    /// Every route without a token.
    pub fn public_operations(&self) -> BTreeMap<Route, String> {
        let mut operations = self.every_operation();
        operations.retain(|_, operation| self.is_public(operation));
        operations
    }

    fn is_public(&self, operation: &str) -> bool {
        self.at(operation)["security"] == json!([])
    }

    pub fn every_operation(&self) -> BTreeMap<Route, String> {
        const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];
        let paths = self.at("/paths").as_object().expect("paths");
        let mut operations = BTreeMap::new();
        for (path, item) in paths {
            for method in METHODS.iter().filter(|method| item.get(method).is_some()) {
                let route = format!("{} {path}", method.to_uppercase());
                operations.insert(route, format!("/paths/{}/{method}", escape(path)));
            }
        }
        operations
    }

    /// A body that the route accepts: its example.
    pub fn example_body(&self, operation: &str) -> Value {
        contract::example_body(&self.document, operation)
    }

    /// The statuses that are declared for a route.
    pub fn statuses(&self, operation: &str) -> BTreeSet<String> {
        let responses = self.at(&format!("{operation}/responses"));
        responses
            .as_object()
            .expect("responses")
            .keys()
            .cloned()
            .collect()
    }

    /// The query parameters that are declared for a route.
    pub fn query_parameters(&self, operation: &str) -> BTreeSet<String> {
        let own = self.document.pointer(&format!("{operation}/parameters"));
        let own = own.and_then(Value::as_array).into_iter().flatten();
        let resolved = own.map(|parameter| match parameter["$ref"].as_str() {
            Some(target) => self.at(target.trim_start_matches('#')),
            None => parameter,
        });
        resolved
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
            .collect()
    }

    /// The pointer to the declared response for a status; a reference is followed.
    pub fn response(&self, operation: &str, status: &str) -> Option<String> {
        let pointer = format!("{operation}/responses/{status}");
        let response = self.document.pointer(&pointer)?;
        let target = response.get("$ref").and_then(Value::as_str);
        Some(target.map_or(pointer, |target| target.trim_start_matches('#').to_owned()))
    }

    /// The error codes that are declared for a route and status.
    pub fn codes(&self, operation: &str, status: &str) -> BTreeSet<String> {
        let Some(response) = self.response(operation, status) else {
            return BTreeSet::new();
        };
        let problem = format!("{response}/content/application~1problem+json/schema/$ref");
        let Some(problem) = self.document.pointer(&problem).and_then(Value::as_str) else {
            return BTreeSet::new();
        };
        let problem = problem.trim_start_matches('#');
        let codes = self.at(&format!("{problem}/allOf/1/properties/code/enum"));
        let text = |code: &Value| code.as_str().expect("a code").to_owned();
        codes.as_array().expect("codes").iter().map(text).collect()
    }

    /// The first difference between a response and the contract, if any.
    pub fn objection(&self, operation: &str, answer: &HttpAnswer) -> Option<String> {
        let status = answer.status.to_string();
        let Some(response) = self.response(operation, &status) else {
            return Some(format!("the status {status} is not declared"));
        };
        let declared = self.at(&response);
        for (name, header) in declared["headers"].as_object().into_iter().flatten() {
            let schema = format!("{response}/headers/{}", escape(name));
            let schema = header["$ref"]
                .as_str()
                .map_or(schema.as_str(), |target| target.trim_start_matches('#'));
            let Some(value) = answer.header(name) else {
                return Some(format!("the header {name} is missing"));
            };
            let number = value
                .parse::<i64>()
                .map_or(json!(value), |value| json!(value));
            if let Some(error) = self.mismatch(&format!("{schema}/schema"), &number) {
                return Some(format!("the header {name}: {error}"));
            }
        }
        let Some(content) = declared.get("content") else {
            let text = answer.text();
            return (!text.is_empty()).then(|| format!("a body where none is declared: {text}"));
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        if content.get(media_type).is_none() {
            return Some(format!("the content type `{media_type}` is not declared"));
        }
        let schema = format!("{response}/content/{}/schema", escape(media_type));
        if media_type.starts_with("text/") {
            return self.mismatch(&schema, &json!(answer.text()));
        }
        // The tests of exports and of the logo read these.
        let others = ["application/yaml", "application/x-ndjson"];
        if others.contains(&media_type) || media_type.starts_with("image/") {
            return None;
        }
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(body) => self.mismatch(&schema, &body),
            Err(error) => Some(format!("the body is not JSON: {error}")),
        }
    }

    /// The validation errors of a value against the schema at a pointer.
    fn mismatch(&self, pointer: &str, value: &Value) -> Option<String> {
        // The whole document is the schema, so that its references resolve; its other fields are
        // not JSON Schema keywords.
        let mut schema = self.document.clone();
        let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
        schema["$ref"] = json!(format!("#{fragment}"));
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|error| panic!("{pointer}: {error}"));
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }

    /// Every reference in the document.
    pub fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut left = vec![&self.document];
        while let Some(value) = left.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                        found.insert(target.to_owned());
                    }
                    left.extend(fields.values());
                }
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
        found
    }
}
