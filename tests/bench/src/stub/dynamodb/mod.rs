//! An in-memory DynamoDB with the features that the functions use, and the keys and index of the
//! hub's table.

mod expression;
mod units;

pub use units::Units;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::http::Response;
use expression::{Malformed, Scope, holds, update};

type Item = Map<String, Value>;
type Key = (String, String);

/// Items are stored as text, which takes a twentieth of the memory of parsed values.
#[derive(Debug, Default)]
struct Table(BTreeMap<Key, Box<str>>);

impl Table {
    fn get(&self, key: &Key) -> Option<Item> {
        self.0.get(key).map(|text| read(text))
    }

    fn put(&mut self, key: Key, item: &Item) {
        let text = serde_json::to_string(item).unwrap_or_default();
        self.0.insert(key, text.into_boxed_str());
    }
}

fn read(text: &str) -> Item {
    serde_json::from_str(text).unwrap_or_default()
}

#[derive(Debug, Default)]
pub(super) struct Tables(HashMap<String, Table>);

/// Why a request fails.
enum Refusal {
    Condition(Option<Item>),
    Cancelled(Vec<bool>),
    Validation(String),
}

impl From<Malformed> for Refusal {
    fn from(Malformed(expression): Malformed) -> Self {
        Self::Validation(format!("the stub does not support: {expression}"))
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn key_of(attributes: &Value) -> Key {
    let part = |name: &str| text(&attributes[name], "S").to_owned();
    (part("pk"), part("sk"))
}

fn object(value: &Value) -> Item {
    value.as_object().cloned().unwrap_or_default()
}

/// A write that was evaluated but not applied.
struct Write {
    table: String,
    key: Key,
    before: Option<Item>,
    /// None for a delete.
    after: Option<Item>,
    applies: bool,
}

impl Tables {
    pub(super) fn answer(&mut self, operation: &str, body: &[u8], units: &mut Units) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let answer = match operation {
            "GetItem" => Ok(self.get(&request, units)),
            "BatchGetItem" => Ok(self.batch_get(&request, units)),
            "Query" => self.query(&request, units),
            "PutItem" | "UpdateItem" | "DeleteItem" => {
                let kind = operation.trim_end_matches("Item");
                self.write_one(kind, &request, units)
            }
            "TransactWriteItems" => self.transact(&request, units),
            other => Err(Refusal::Validation(format!(
                "the stub does not support {other}"
            ))),
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(refusal) => (400, refusal.into_body()),
        };
        Response::new(status, "application/x-amz-json-1.0", body.to_string())
    }

    fn table(&mut self, name: &str) -> &mut Table {
        self.0.entry(name.to_owned()).or_default()
    }

    fn get(&mut self, request: &Value, units: &mut Units) -> Value {
        let item = self.table(text(request, "TableName"));
        let item = item.get(&key_of(&request["Key"]));
        units.read(item.as_ref(), request["ConsistentRead"] == true);
        item.map_or_else(|| json!({}), |item| json!({"Item": item}))
    }

    fn batch_get(&mut self, request: &Value, units: &mut Units) -> Value {
        let mut responses = Map::new();
        for (name, wanted) in object(&request["RequestItems"]) {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            let table = self.table(&name);
            let mut found = Vec::new();
            for item in keys.map(|key| table.get(&key_of(key))) {
                units.read(item.as_ref(), wanted["ConsistentRead"] == true);
                found.extend(item.map(Value::Object));
            }
            responses.insert(name, Value::Array(found));
        }
        json!({"Responses": responses, "UnprocessedKeys": {}})
    }

    /// Returns a single page, sorted like DynamoDB: by key, or by the index's number.
    fn query(&mut self, request: &Value, units: &mut Units) -> Result<Value, Refusal> {
        let condition = text(request, "KeyConditionExpression");
        let on_index = request.get("IndexName").is_some();
        let table = self.table(text(request, "TableName"));
        let mut found = Vec::new();
        for item in table.0.values().map(|text| read(text)) {
            if holds(condition, &Scope::new(request, Some(&item)))? {
                found.push(item);
            }
        }
        if on_index {
            found.sort_by_key(|item| {
                let at = item.get("due_at").map(|at| text(at, "N"));
                at.and_then(|at| at.parse().ok()).unwrap_or(0_i64)
            });
            let projected = ["pk", "sk", "due_shard", "due_at"];
            for item in &mut found {
                item.retain(|name, _| projected.contains(&name.as_str()));
            }
        }
        if request["ScanIndexForward"] == false {
            found.reverse();
        }
        let limit = request["Limit"].as_u64().unwrap_or(u64::MAX);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        units.read_many(&found, request["ConsistentRead"] == true);
        Ok(match text(request, "Select") {
            "COUNT" => json!({"Count": found.len()}),
            _ => json!({"Count": found.len(), "Items": found}),
        })
    }

    fn write_one(
        &mut self,
        kind: &str,
        request: &Value,
        units: &mut Units,
    ) -> Result<Value, Refusal> {
        let write = self.decide(kind, request)?;
        units.write(write.before.as_ref(), write.after.as_ref(), false);
        if !write.applies {
            let returns_old = request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD";
            return Err(Refusal::Condition(write.before.filter(|_| returns_old)));
        }
        let after = write.after.clone();
        self.apply(write);
        Ok(match (text(request, "ReturnValues"), after) {
            ("ALL_NEW", Some(item)) => json!({"Attributes": item}),
            _ => json!({}),
        })
    }

    fn transact(&mut self, request: &Value, units: &mut Units) -> Result<Value, Refusal> {
        let mut writes = Vec::new();
        for action in request["TransactItems"].as_array().into_iter().flatten() {
            for (kind, details) in action.as_object().into_iter().flatten() {
                writes.push(self.decide(kind, details)?);
            }
        }
        for write in &writes {
            units.write(write.before.as_ref(), write.after.as_ref(), true);
        }
        if writes.iter().any(|write| !write.applies) {
            let applies = writes.iter().map(|write| write.applies);
            return Err(Refusal::Cancelled(applies.collect()));
        }
        for write in writes {
            self.apply(write);
        }
        Ok(json!({}))
    }

    fn decide(&mut self, kind: &str, request: &Value) -> Result<Write, Refusal> {
        let name = text(request, "TableName").to_owned();
        let key = match kind {
            "Put" => key_of(&request["Item"]),
            _ => key_of(&request["Key"]),
        };
        let before = self.table(&name).get(&key);
        let scope = Scope::new(request, before.as_ref());
        let condition = text(request, "ConditionExpression");
        let applies = condition.is_empty() || holds(condition, &scope)?;
        let after = match kind {
            "Put" => Some(object(&request["Item"])),
            "Update" => {
                let start = before.clone();
                let start = start.unwrap_or_else(|| object(&request["Key"]));
                Some(update(text(request, "UpdateExpression"), &scope, start)?)
            }
            "ConditionCheck" => before.clone(),
            "Delete" => None,
            other => {
                return Err(Refusal::Validation(format!(
                    "the stub does not support {other}"
                )));
            }
        };
        Ok(Write {
            table: name,
            key,
            before,
            after,
            applies,
        })
    }

    fn apply(&mut self, write: Write) {
        let table = self.table(&write.table);
        match write.after {
            Some(item) => table.put(write.key, &item),
            None => drop(table.0.remove(&write.key)),
        }
    }
}

impl Refusal {
    fn into_body(self) -> Value {
        let named = |code: &str, message: &str| {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
            json!({"__type": kind, "message": message})
        };
        match self {
            Self::Condition(item) => {
                let mut body = named(
                    "ConditionalCheckFailedException",
                    "The conditional request failed",
                );
                if let Some(item) = item {
                    body["Item"] = Value::Object(item);
                }
                body
            }
            Self::Cancelled(applies) => {
                let mut body = named("TransactionCanceledException", "Transaction cancelled");
                let code = |applies: &bool| match applies {
                    true => json!({"Code": "None"}),
                    false => json!({"Code": "ConditionalCheckFailed"}),
                };
                body["CancellationReasons"] = applies.iter().map(code).collect();
                body
            }
            Self::Validation(message) => named("ValidationException", &message),
        }
    }
}
