//! Concurrent publications: none replaces another that its operator did not see.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use rolecall_aws::table::{OfferingError, Publication, Table};
use rolecall_domain::Timestamp;
use rolecall_domain::brand::{AsciiName, Brand, Product};
use rolecall_domain::ports::{PublishedWorkloads, Records};
use rolecall_domain::template::Offering;
use rolecall_domain::workload::Workloads;
use rolecall_tests::twin::Hub;
use serde_json::json;
use std::collections::BTreeSet;

/// An offering that differs from those with other numbers.
fn offering(number: usize) -> Offering {
    let brand = Brand::default();
    let ascii = AsciiName::parse(format!("Product {number}")).expect("valid");
    Offering {
        brand: Brand {
            product: Product {
                ascii,
                ..brand.product
            },
            ..brand
        },
        ..Offering::default()
    }
}

/// What is published about workloads with it.
fn workloads(number: usize) -> Workloads {
    let issuer =
        json!({"issuer": format!("https://issuer.example.com/{number}"), "audience": "hub"});
    let file = json!({"issuers": {"cluster": issuer}});
    Workloads::read(&file, &BTreeSet::new()).expect("valid")
}

fn hash(number: usize) -> String {
    format!("hash {number}")
}

async fn publish(table: &Table, number: usize, former: Option<usize>) -> Result<(), OfferingError> {
    let (now, former) = (Timestamp::UNIX_EPOCH, former.map(hash));
    let (offering, logo) = (offering(number), hash(number));
    let workloads = workloads(number);
    let publication = Publication {
        offering: &offering,
        logo: Some(logo.as_bytes()),
        workloads: Some(&workloads),
    };
    table
        .publish(&publication, former.as_deref(), &hash(number), now)
        .await
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn is_overtaken(published: &Result<(), OfferingError>) -> bool {
    matches!(published, Err(OfferingError::Overtaken))
}

/// The current offering. Its hash and its logo belong to it.
async fn current(table: &Table) -> Option<usize> {
    let found = table.offering().await.expect("readable");
    let number = (0..9).find(|number| found == Some(offering(*number)));
    let recorded = table.offering_hash().await.expect("readable");
    assert_eq!(recorded, number.map(hash));
    let get = table.client.get_item().table_name(&table.name);
    let get = get.key("pk", text("HUB")).key("sk", text("LOGO"));
    let item = get.send().await.expect("read").item.unwrap_or_default();
    let logo = item.get("content").and_then(|it| it.as_b().ok());
    let expected = number.map(|number| hash(number).into_bytes());
    assert_eq!(logo.map(|it| it.as_ref().to_vec()), expected);
    let published = table.workloads().await.expect("readable");
    assert_eq!(published, number.map(workloads).unwrap_or_default());
    number
}

#[tokio::test]
async fn publishing_needs_the_current_offering_as_predecessor() {
    let table = Hub::find().twin().await;
    assert_eq!(current(&table).await, None);
    // Two operators start at the same time; one of them is first.
    publish(&table, 1, None).await.expect("the first");
    let late = publish(&table, 2, None).await;
    assert!(is_overtaken(&late), "{late:?}");
    assert_eq!(current(&table).await, Some(1));
    // The other operator publishes again, and then repeats the same call.
    for _ in 0..2 {
        let replaced = publish(&table, 2, Some(1)).await;
        replaced.expect("it replaces the first");
    }
    assert_eq!(current(&table).await, Some(2));
    let stale = publish(&table, 3, Some(1)).await;
    assert!(is_overtaken(&stale), "{stale:?}");
    assert_eq!(current(&table).await, Some(2));
}

#[tokio::test]
async fn one_of_many_concurrent_publications_replaces_the_current_one() {
    let table = Hub::find().twin().await;
    publish(&table, 0, None).await.expect("the first");
    let published = join_all((1..9).map(|number| publish(&table, number, Some(0)))).await;
    let winners: Vec<usize> = (1..9)
        .zip(&published)
        .filter(|(_, it)| it.is_ok())
        .map(|(number, _)| number)
        .collect();
    assert_eq!(winners.len(), 1, "{published:?}");
    let lost = published.iter().filter(|it| is_overtaken(it)).count();
    assert_eq!(lost, 7, "{published:?}");
    assert_eq!(current(&table).await, Some(winners[0]));
}

/// A record from another version, or a damaged one.
#[tokio::test]
async fn publishing_replaces_an_unreadable_offering() {
    let table = Hub::find().twin().await;
    publish(&table, 1, None).await.expect("the first");
    let update = table.client.update_item().table_name(&table.name);
    let update = update
        .key("pk", text("HUB"))
        .key("sk", text("OFFERING"))
        .update_expression("SET brand = :text")
        .expression_attribute_values(":text", text("unreadable"));
    update.send().await.expect("damaged");
    table.offering().await.expect_err("unreadable");
    let former = table.offering_hash().await.expect("readable");
    assert_eq!(former, Some(hash(1)));
    publish(&table, 2, Some(1)).await.expect("replaced");
    assert_eq!(current(&table).await, Some(2));
}
