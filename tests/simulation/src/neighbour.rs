//! A hostile tenant: it has a token of its own, knows every id that is sent for others' stacks, and
//! sends the same ids under its own token.

use crate::cloudformation::Link;
use crate::hub::RESPONSES;
use crate::promises;
use crate::request::{Request, TIMEOUT};
use crate::users::{make_group, make_link};
use crate::world::World;
use serde_json::{Value, json};
use std::rc::Rc;

pub const TENANT: &str = "mallory";

/// Fewer than a registration notes refusals.
const MESSAGES: u32 = 30;

pub fn arrive(world: &Rc<World>) {
    let acting = Rc::clone(world);
    world.act(async move {
        let Some(group) = make_group(&acting, TENANT).await else {
            return;
        };
        let link = make_link(&acting, TENANT, &group).await;
        *acting.neighbour.borrow_mut() = link;
    });
}

impl World {
    /// Sends what was just sent for another's stack, as a request of any kind.
    pub fn meddle_as_neighbour(self: &Rc<Self>, body: &Value) {
        let link: Option<Link> = self.neighbour.borrow().clone();
        let Some(link) = link else { return };
        let sent = self.meddled.get();
        if sent == MESSAGES {
            return;
        }
        self.meddled.set(sent + 1);
        let id = self.new_name("hostile");
        let kind = self.any(&["Create", "Update", "Delete"]);
        let mut hostile = body.clone();
        hostile["RequestType"] = json!(kind);
        hostile["ResponseURL"] = json!(format!("{RESPONSES}/{id}"));
        hostile["PhysicalResourceId"] = json!("rolecall/x");
        hostile["OldResourceProperties"] = json!({});
        hostile["ResourceProperties"]["RegistrationToken"] = json!(link.token);
        hostile["ResourceProperties"]["ExternalId"] = json!(link.external_id);
        self.note(|| format!("{TENANT} sends {id}, a {kind} of another's stack"));
        let request = Request::new(hostile.clone(), self.now());
        self.bucket
            .borrow_mut()
            .requests
            .insert(id.clone(), request);
        let message = json!({"Message": hostile.to_string(), "Timestamp": self.now()});
        let event = Rc::new(json!({"Records": [{"Sns": message}]}));
        self.send(async move |world: Rc<World>| {
            let hub = world.hub();
            let is_done = world
                .invoke_until_done("stack-callback", TIMEOUT, async |deadline| {
                    hub.callback.handle(&event, deadline).await
                })
                .await;
            promises::about_a_delivery(&world, &id, is_done);
        });
    }
}
