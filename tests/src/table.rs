//! Reads and changes the hub's table as its operator.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};

use crate::world::World;

/// An item in DynamoDB's format.
pub type Item = HashMap<String, AttributeValue>;

impl World {
    fn dynamodb(&self) -> Result<aws_sdk_dynamodb::Client> {
        Ok(self.aws(self.hub_account_id())?.dynamodb())
    }

    pub async fn item(&self, pk: &str, sk: &str) -> Result<Option<Item>> {
        let request = self.dynamodb()?.get_item().set_key(Some(key(pk, sk)));
        let request = request.table_name(&self.hub.file().table_name);
        Ok(request.consistent_read(true).send().await?.item)
    }

    /// Puts any number of items unchanged.
    pub async fn put_items(&self, items: Vec<Item>) -> Result<()> {
        let (client, table) = (self.dynamodb()?, &self.hub.file().table_name);
        for batch in items.chunks(25) {
            let puts = batch.iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build()?;
                anyhow::Ok(WriteRequest::builder().put_request(put).build())
            });
            let puts = puts.collect::<Result<Vec<_>>>()?;
            let request = client.batch_write_item().request_items(table, puts);
            let answer = request.send().await?;
            let done = answer.unprocessed_items().is_none_or(HashMap::is_empty);
            ensure!(done, "some items were not put");
        }
        Ok(())
    }

    /// Changes one attribute of an existing item.
    pub async fn set_attribute(
        &self,
        (pk, sk): (&str, &str),
        name: &str,
        value: AttributeValue,
    ) -> Result<()> {
        let request = self.dynamodb()?.update_item().set_key(Some(key(pk, sk)));
        let request = request
            .table_name(&self.hub.file().table_name)
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value);
        request.send().await?;
        Ok(())
    }
}

fn key(pk: &str, sk: &str) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}
