//! A hostile tenant: it has a valid token, knows the ids of other tenants' stacks, and sends
//! requests with these ids and its own token.

use crate::cloudformation::Link;
use crate::hub::RESPONSES;
use crate::promises;
use crate::request::{Request, TIMEOUT};
use crate::users::{make_group, make_link};
use crate::world::World;
use serde_json::{Value, json};
use std::rc::Rc;

pub const TENANT: &str = "mallory";

/// Fewer messages than the number of refusals that a registration allows.
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
    /// Sends a copy of a request for another tenant's stack, with a random kind and the hostile
    /// tenant's token.
    pub fn send_hostile_copy(self: &Rc<Self>, body: &Value) {
        let link: Option<Link> = self.neighbour.borrow().clone();
        let Some(link) = link else { return };
        let sent = self.hostile_messages.get();
        if sent == MESSAGES {
            return;
        }
        self.hostile_messages.set(sent + 1);
        let id = self.new_name("hostile");
        let kind = self.any(&["Create", "Update", "Delete"]);
        let mut hostile = body.clone();
        hostile["RequestType"] = json!(kind);
        hostile["ResponseURL"] = json!(format!("{RESPONSES}/{id}"));
        hostile["PhysicalResourceId"] = json!("rolecall/x");
        hostile["OldResourceProperties"] = json!({});
        hostile["ResourceProperties"]["RegistrationToken"] = json!(link.token);
        hostile["ResourceProperties"]["ExternalId"] = json!(link.external_id);
        self.note(|| format!("{TENANT} sends {id}, a {kind} of a foreign stack"));
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
            promises::check_delivery(&world, &id, is_done);
        });
    }
}
