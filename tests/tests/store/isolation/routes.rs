//! The API's routes from its own table, so that new routes are tested automatically.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use registration_api::routes::ROUTES;
use rolecall_tests::contract;
use serde_json::{Value, json};

/// A route, such as `PATCH /v1/groups/{group_id}`.
#[derive(Debug, Clone)]
pub struct Route {
    pub method: String,
    pub path: String,
}

impl Route {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn has_ids(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with these ids.
    pub fn at(&self, ids: &Ids) -> Result<String> {
        let mut path = self.path.clone();
        for (name, id) in ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        ensure!(!path.contains('{'), "no id for {path}");
        Ok(path)
    }

    /// A valid body, with this stack info where the route accepts one, and an invalid body.
    pub fn bodies(&self, stack_info: &str) -> Vec<Value> {
        if ["GET", "DELETE"].contains(&&*self.method) {
            return vec![Value::Null];
        }
        let operation = contract::operation(&self.method, &self.path);
        let mut valid = contract::example_body(&contract::load(), &operation);
        if let Some(example) = valid.get_mut("stack_info") {
            *example = json!(stack_info);
        }
        vec![valid, json!({"unknown": 1})]
    }
}

/// An id for every path parameter.
pub type Ids = BTreeMap<&'static str, String>;

pub fn ids(group: &str, registration: &str, account: &str, stack: &str) -> Ids {
    [
        ("group_id", group),
        ("registration_id", registration),
        ("account_id", account),
        ("orphaned_stack_id", stack),
    ]
    .map(|(name, id)| (name, id.to_owned()))
    .into()
}

/// Ids that were never issued.
pub fn unknown_ids(digit: &str) -> Ids {
    let id = |prefix: &str| format!("{prefix}_{}", digit.repeat(32));
    ids(&id("grp"), &id("reg"), &id("acc"), &id("stk"))
}

/// Every route of the API.
pub fn all() -> Result<Vec<Route>> {
    let routes = ROUTES.iter().map(|route| Route {
        method: route.method().to_owned(),
        path: route.path().to_owned(),
    });
    let routes: Vec<Route> = routes.collect();
    ensure!(routes.len() >= 27, "only {} routes", routes.len());
    Ok(routes)
}

/// The routes with this parameter in the contract.
pub fn taking(parameter: &str) -> Result<Vec<Route>> {
    let contract = contract::load();
    let wanted = json!(format!("#/components/parameters/{parameter}"));
    let takes = |route: &Route| {
        let operation = contract::operation(&route.method, &route.path);
        let own = contract.pointer(&format!("{operation}/parameters"));
        let own = own.and_then(Value::as_array).into_iter().flatten();
        own.into_iter().any(|one| one["$ref"] == wanted)
    };
    let routes: Vec<Route> = all()?.into_iter().filter(takes).collect();
    ensure!(!routes.is_empty(), "no route has {parameter}");
    Ok(routes)
}
