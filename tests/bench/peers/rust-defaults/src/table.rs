//! The hub's table, with items as JSON.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::Error;
use serde_json::Value;
use std::collections::HashMap;

pub type Item = HashMap<String, AttributeValue>;

pub struct Table {
    pub client: Client,
    pub name: String,
}

pub fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk.into())),
        ("sk".to_owned(), AttributeValue::S(sk.into())),
    ])
}

pub fn item(value: Value) -> Result<Item, Error> {
    Ok(serde_dynamo::to_item(value)?)
}

impl Table {
    pub async fn read(&self, pk: &str, sk: &str) -> Result<Value, Error> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = get.set_key(Some(key(pk, sk))).send().await?;
        Ok(serde_dynamo::from_item(answer.item.ok_or("no such item")?)?)
    }

    pub async fn put(&self, value: Value) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item(value)?)).send().await?;
        Ok(())
    }
}
