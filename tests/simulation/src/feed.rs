//! A service of the operator that follows the feed of changes, over the same faults as users.

use crate::world::World;
use registration_api::route::send_through_gateway;
use registration_api::routes::ROUTES;
use rolecall_domain::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The function timeout of `registration-api`.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(25);

/// The lists with a feed, and where an item has its id.
const FEEDS: [(&str, &str); 3] = [
    ("accounts", "/account/account_id"),
    ("registrations", "/registration/registration_id"),
    ("orphaned-stacks", "/orphaned_stack/orphaned_stack_id"),
];

/// The sequence of every record that the feeds returned.
pub type Heard = BTreeMap<String, u64>;

pub fn arrive(world: &Rc<World>) {
    for (list, id) in FEEDS {
        let following = Rc::clone(world);
        world
            .machine
            .start(async move { follow(&following, list, id).await });
    }
}

/// Follows a feed to the end of the life. A response that is lost is requested again.
async fn follow(world: &Rc<World>, list: &str, id: &str) {
    let mut cursor: Option<String> = None;
    loop {
        let Some(page) = read(world, list, cursor.as_deref()).await else {
            world.pause(5, 60).await;
            continue;
        };
        let items = page["items"].as_array().into_iter().flatten();
        for item in items {
            let id = item.pointer(id).and_then(Value::as_str);
            let (Some(id), Some(sequence)) = (id, item["sequence"].as_u64()) else {
                continue;
            };
            let mut heard = world.heard.borrow_mut();
            let newest = heard.entry(id.to_owned()).or_default();
            *newest = sequence.max(*newest);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if page["up_to_date"] == true {
            if world.is_calm() {
                world.pause(6 * 3600, 12 * 3600).await;
            } else {
                world.pause(300, 7200).await;
            }
        }
    }
}

async fn read(world: &Rc<World>, list: &str, cursor: Option<&str>) -> Option<Value> {
    let mut query = json!({"changed_since": "2020-01-01T00:00:00Z", "limit": "3"});
    if let Some(cursor) = cursor {
        query["cursor"] = json!(cursor);
    }
    let arn = "arn:aws:sts::111111111111:assumed-role/feed/simulation";
    let mut event = json!({
        "version": "2.0",
        "rawPath": format!("/operator/v1/{list}"),
        "headers": {},
        "queryStringParameters": query,
        "requestContext": {
            "requestId": "request",
            "http": {"method": "GET"},
            "authorizer": {"iam": {"userArn": arn}},
        },
    });
    send_through_gateway(ROUTES, &mut event);
    let hub = world.hub();
    let answer = world.invoke("registration-api", TIMEOUT, hub.api.handle(&event));
    let answer = answer
        .await
        .filter(|response| response.status_code == 200)?;
    serde_json::from_str(&answer.body).ok()
}
