//! An in-memory DynamoDB with the features that the functions use, and the keys and index of the
//! hub's table.

mod expression;
mod table;
mod units;

pub use units::Units;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::http::Response;
use expression::{Malformed, Scope, holds, update};
use table::{Part, Table, place_in, read};

type Item = Map<String, Value>;
type Key = (String, String);

#[derive(Debug, Default)]
pub(super) struct Tables(HashMap<String, Table>);

/// The items of a record, as text, and its ID.
#[derive(Debug, Clone)]
pub struct Copied(Vec<String>, String);

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

/// The partition that a key condition names. Conditions begin with the hash key.
fn partition(condition: &str, request: &Value) -> Option<String> {
    let (_, rest) = condition.split_once("= ")?;
    let placeholder = rest.split(' ').next()?;
    let value = &request["ExpressionAttributeValues"][placeholder]["S"];
    value.as_str().map(str::to_owned)
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

    /// Copies every item of the record with this ID, and gives the copies another ID.
    pub(super) fn copy(&mut self, name: &str, items: &Copied, id: &str) {
        let table = self.table(name);
        for item in &items.0 {
            let item = read(&item.replace(&items.1, id));
            table.put(key_of(&Value::Object(item.clone())), &item);
        }
    }

    /// The items that belong to the record with this ID.
    pub(super) fn items_of(&mut self, name: &str, id: &str) -> Copied {
        Copied(self.table(name).texts_with(id), id.to_owned())
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

    /// Evaluates items in order until the limit, like DynamoDB, and bills all of them, whether they pass the
    /// filter or not.
    fn query(&mut self, request: &Value, units: &mut Units) -> Result<Value, Refusal> {
        let condition = text(request, "KeyConditionExpression");
        let filter = text(request, "FilterExpression");
        let index = request["IndexName"].as_str();
        let start = request["ExclusiveStartKey"].as_object();
        let part = Part {
            index,
            partition: partition(condition, request).unwrap_or_default(),
            after: start.map(|start| place_in(index, start)),
            forward: request["ScanIndexForward"] != false,
        };
        let limit = usize::try_from(request["Limit"].as_u64().unwrap_or(u64::MAX));
        let limit = limit.unwrap_or(usize::MAX);
        let table = self.table(text(request, "TableName"));
        let (mut found, mut more) = (Vec::new(), false);
        for item in table.partition(&part) {
            if holds(condition, &Scope::new(request, Some(&item)))? {
                more = found.len() == limit;
                if more {
                    break;
                }
                found.push(item);
            }
        }
        units.read_many(&found, request["ConsistentRead"] == true);
        let last = found.last().filter(|_| more).map(|item| {
            let mut key = item.clone();
            key.retain(|name, _| table::is_key(index, name));
            key
        });
        let mut kept = Vec::new();
        for item in found {
            if filter.is_empty() || holds(filter, &Scope::new(request, Some(&item)))? {
                kept.push(item);
            }
        }
        let mut answer = match text(request, "Select") {
            "COUNT" => json!({"Count": kept.len()}),
            _ => json!({"Count": kept.len(), "Items": kept}),
        };
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = Value::Object(last);
        }
        Ok(answer)
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
            None => table.remove(&write.key),
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
