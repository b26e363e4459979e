//! Tables with the same keys and indexes as the hub's, created for one test. The hub's functions
//! don't read their streams, so only the test changes their contents.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex, TableDescription};
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::table::Table;
use serde_json::Value;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The emulator, called with the hub account's credentials.
#[derive(Debug)]
pub struct Hub {
    pub aws: Aws,
    table_name: String,
    receipts_table_name: String,
    sessions_table_name: String,
}

impl Hub {
    /// # Panics
    /// If there is no hub, because that is not a failure of the tested code.
    pub fn find() -> Self {
        let path = std::env::var("ROLECALL_HUB").expect("no hub to test against; run: make test");
        let text = std::fs::read_to_string(path).expect("ROLECALL_HUB must name a readable file");
        let file: Value = serde_json::from_str(&text).expect("ROLECALL_HUB must name a JSON file");
        let field = |name: &str| {
            let value = file[name].as_str();
            value.expect("an incomplete hub file").to_owned()
        };
        let output = |name: &str| {
            let value = file["outputs"][name].as_str();
            value.expect("an incomplete hub file").to_owned()
        };
        let environment = AwsEnvironment::read(&|name: &str| match name {
            "AWS_REGION" => Some(field("region")),
            "AWS_ACCESS_KEY_ID" => Some(field("hub_account_id")),
            "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            "AWS_ENDPOINT_URL" => Some(field("endpoint_url")),
            _ => None,
        });
        Self {
            aws: Aws::new(&environment.expect("complete")).expect("an HTTP client"),
            table_name: field("table_name"),
            receipts_table_name: output("ReceiptsTableName"),
            sessions_table_name: output("SessionsTableName"),
        }
    }

    /// Creates a twin of the console's table of sessions, and returns its name.
    ///
    /// # Panics
    /// If the emulator does not create it.
    pub async fn sessions_table(&self) -> String {
        make_twin(&self.aws.dynamodb(), &self.sessions_table_name).await
    }

    /// Creates twins of the hub's tables.
    ///
    /// # Panics
    /// If the emulator does not create it.
    pub async fn twin(&self) -> Table {
        let client = self.aws.dynamodb();
        let name = make_twin(&client, &self.table_name).await;
        let receipts = make_twin(&client, &self.receipts_table_name).await;
        Table::new(client, name).with_receipts(receipts)
    }
}

async fn make_twin(client: &Client, original: &str) -> String {
    let described = client.describe_table().table_name(original).send().await;
    let TableDescription {
        attribute_definitions,
        key_schema,
        global_secondary_indexes,
        ..
    } = described
        .expect("the hub's table")
        .table
        .expect("a table description");
    static TWINS: AtomicUsize = AtomicUsize::new(0);
    let number = TWINS.fetch_add(1, Ordering::Relaxed);
    let name = format!("twin-{}-{number}", process::id());
    let mut twin = client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(attribute_definitions)
        .set_key_schema(key_schema);
    for index in global_secondary_indexes.unwrap_or_default() {
        let index = GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .set_projection(index.projection);
        twin = twin.global_secondary_indexes(index.build().expect("a complete index description"));
    }
    twin.send().await.expect("the twin table");
    name
}
