//! The feed of changes.

use crate::world::{ACME, GLOBEX, World, text};
use rolecall_domain::operator::changes::WINDOW;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A reader of the feed of accounts: the newest sequence of each account, and its cursor.
struct Reader<'a> {
    world: &'a World,
    query: String,
    heard: BTreeMap<String, (u64, String)>,
    cursor: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(world: &'a World, query: &str) -> Self {
        let query = query.to_owned();
        let (heard, cursor) = (BTreeMap::new(), None);
        Self {
            world,
            query,
            heard,
            cursor,
        }
    }

    /// Reads until the feed is up to date. Returns how many items it read.
    async fn poll(&mut self) -> usize {
        let mut read = 0;
        for _ in 0..100 {
            let cursor = self.cursor.as_ref().map(|it| format!("&cursor={it}"));
            let asked = format!(
                "GET /operator/v1/accounts?{}{}",
                self.query,
                cursor.unwrap_or_default()
            );
            let page = self.world.expect_signed(&asked, Value::Null, 200).await;
            for item in page["items"].as_array().expect("items") {
                let sequence = item["sequence"].as_u64().expect("a sequence");
                let (id, status) = (
                    text(&item["account"], "account_id"),
                    text(&item["account"], "status"),
                );
                let newest = self.heard.entry(id).or_default();
                if sequence > newest.0 {
                    *newest = (sequence, status);
                }
                read += 1;
            }
            self.cursor = Some(text(&page, "next_cursor"));
            if page["up_to_date"] == true {
                return read;
            }
        }
        panic!("the feed does not end");
    }
}

const SINCE: &str = "changed_since=2027-01-15T07:00:00Z";

#[tokio::test]
async fn feed_returns_what_changed_and_what_has_gone() {
    let world = World::new();
    let mut reader = Reader::new(&world, &format!("{SINCE}&limit=2"));
    assert_eq!(reader.poll().await, 0);
    let (first, _) = world.connect(ACME).await;
    let (second, _) = world.connect(GLOBEX).await;
    assert_eq!(reader.poll().await, 2);
    let beyond = i64::try_from(WINDOW.as_millis()).expect("in range") + 1000;
    world.wait(beyond);
    // The last poll started after the window, so it returned both again.
    reader.poll().await;
    world.wait(beyond);
    assert_eq!(reader.poll().await, 0, "nothing changed");

    let rename = format!("PATCH /v1/accounts/{}", first.account_id);
    world
        .expect(ACME, &rename, json!({"name": "New"}), 200)
        .await;
    let delete = format!("DELETE /v1/accounts/{}", second.account_id);
    world.expect(GLOBEX, &delete, Value::Null, 200).await;
    reader.poll().await;
    let heard = |id: &str| reader.heard[id].clone();
    assert_eq!(heard(first.account_id.as_str()), (2, "active".to_owned()));
    assert_eq!(
        heard(second.account_id.as_str()),
        (2, "deregistered".to_owned())
    );
}

/// A commit has the time of its decision, and may become visible after a poll has passed that time.
#[tokio::test]
async fn change_that_becomes_visible_late_is_returned_by_the_next_poll() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    world.wait(3_600_000);
    let mut reader = Reader::new(&world, SINCE);
    reader.poll().await;
    assert_eq!(reader.heard.len(), 1);
    // The time of the change is a minute before the poll that did not see it.
    world.wait(-60_000);
    let rename = format!("PATCH /v1/accounts/{}", account.account_id);
    world
        .expect(ACME, &rename, json!({"name": "Late"}), 200)
        .await;
    world.wait(120_000);
    reader.poll().await;
    assert_eq!(reader.heard[account.account_id.as_str()].0, 2);
}

#[tokio::test]
async fn feed_with_a_filter_by_tenant_has_only_its_accounts() {
    let world = World::new();
    let (own, _) = world.connect(ACME).await;
    world.connect(GLOBEX).await;
    let mut reader = Reader::new(&world, &format!("{SINCE}&tenant=acme"));
    reader.poll().await;
    assert_eq!(
        Vec::from_iter(reader.heard.keys()),
        [own.account_id.as_str()]
    );
}

#[tokio::test]
async fn change_before_the_time_is_not_returned() {
    let world = World::new();
    world.connect(ACME).await;
    let mut reader = Reader::new(&world, "changed_since=2027-01-16T00:00:00Z");
    assert_eq!(reader.poll().await, 0);
}
