//! The hub's table, as its operator can see and change it.

use std::collections::HashMap;

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::world::World;

/// An item as DynamoDB has it.
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

    /// Changes one attribute of an item that is there.
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
