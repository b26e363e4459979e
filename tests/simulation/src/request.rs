//! CloudFormation's requests to the hub, and the hub's responses.

use crate::cloudformation::Link;
use crate::hub::RESPONSES;
use crate::promises;
use crate::users;
use crate::world::World;
use rolecall_domain::aws::StackId;
use rolecall_domain::ports::Clock;
use rolecall_domain::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stack_callback::{Reply, ReplyError};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The function timeout of `stack-callback`.
pub const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);

/// The onboarding template's `ServiceTimeout`.
const SERVICE_TIMEOUT: SignedDuration = SignedDuration::from_secs(900);

/// The bucket for the responses, by request ID.
#[derive(Default)]
pub struct Bucket {
    pub requests: BTreeMap<String, Request>,
}

/// A request and its results.
#[derive(Debug, Clone)]
pub struct Request {
    pub body: Value,
    pub sent_at: Timestamp,
    /// The body of the first PUT, whether it succeeded or not.
    pub put: Option<String>,
    pub answered_at: Option<Timestamp>,
    /// Deliveries that succeeded, and deliveries that Lambda gave up.
    pub done: u32,
    pub given_up: u32,
}

impl Request {
    pub fn new(body: Value, sent_at: Timestamp) -> Self {
        Self {
            body,
            sent_at,
            put: None,
            answered_at: None,
            done: 0,
            given_up: 0,
        }
    }

    pub fn answer(&self) -> Option<Value> {
        self.answered_at?;
        serde_json::from_str(self.put.as_deref()?).ok()
    }
}

/// Whether the request is about the resource that is created first.
pub fn is_of_preflight(body: &Value) -> bool {
    body["ResourceType"] == "Custom::RolecallPreflight"
}

/// The connection to the bucket. The URL's last part is the request ID.
pub struct Wire(pub Rc<World>);

impl Reply for Wire {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let world = &self.0;
        world.machine.turn().await;
        promises::check_response_to_cloudformation(
            world,
            url.rsplit('/').next().unwrap_or_default(),
            body,
        );
        let rate = world.faults.answer_refused;
        if world.goes_wrong(rate) {
            world.note(|| "the bucket rejects the response".to_owned());
            return Err(ReplyError::Refused(503));
        }
        if world.goes_wrong(rate / 4) {
            world.pause(5, 30).await;
        }
        let id = url.rsplit('/').next().unwrap_or_default();
        if let Some(request) = world.bucket.borrow_mut().requests.get_mut(id) {
            request.answered_at.get_or_insert(world.machine.now());
        }
        // The response was stored, but the sender gets an error.
        if world.goes_wrong(rate / 4) {
            return Err(ReplyError::Refused(503));
        }
        Ok(())
    }
}

impl World {
    /// Sends a request and waits as CloudFormation does, for the response or the timeout.
    pub async fn request(
        self: &Rc<Self>,
        link: &Link,
        stack: &StackId,
        kind: &str,
        fields: Value,
    ) -> Option<Value> {
        // No two requests of a stack are sent at the same time.
        self.pause(1, 3).await;
        let id = self.new_name(kind);
        let mut body = json!({
            "RequestType": kind,
            "ResponseURL": format!("{RESPONSES}/{id}"),
            "StackId": stack,
            "RequestId": id,
            "ResourceType": "Custom::RolecallRegistration",
            "LogicalResourceId": "Registration",
        });
        for (field, value) in fields.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        self.note(|| format!("CloudFormation sends {id} for {}", stack.name()));
        self.counts.borrow_mut().requests += 1;
        let request = Request::new(body.clone(), self.now());
        self.bucket
            .borrow_mut()
            .requests
            .insert(id.clone(), request);
        let comes_first = self.perhaps(500);
        let is_copied = self.perhaps(200);
        if is_copied && comes_first {
            self.send_hostile_copy(&body);
        }
        self.deliver(link, stack, id.clone(), &body);
        if is_copied && !comes_first {
            self.send_hostile_copy(&body);
        }
        if self.perhaps(200) {
            users::act_on_account(self, link);
        }
        self.answer_to(&id).await
    }

    fn deliver(self: &Rc<Self>, link: &Link, stack: &StackId, id: String, body: &Value) {
        let message = json!({"Message": body.to_string(), "Timestamp": self.now()});
        let event = Rc::new(json!({"Records": [{"Sns": message}]}));
        let is_delete = body["RequestType"] == "Delete";
        let is_ours = body["ResourceProperties"]["RegistrationToken"] == json!(link.token);
        let is_preflight = is_of_preflight(body);
        // A message can be delivered again long after it was sent.
        let is_leaving = (self.stack(stack)).is_some_and(|stack| stack.leaving_since.is_some());
        let stack = stack.clone();
        self.send(async move |world: Rc<World>| {
            let hub = world.hub();
            let is_done = world
                .invoke_until_done("stack-callback", TIMEOUT, async |deadline| {
                    hub.callback.handle(&event, deadline).await
                })
                .await;
            promises::check_delivery(&world, &id, is_done);
            world.change_stack(&stack, |stack| {
                let is_handled = is_done && is_delete && is_ours;
                stack.delete_handled |= is_handled && is_leaving;
                stack.preflight_delete_handled |= is_handled && is_preflight;
                stack.is_lost |= !is_done;
            });
        });
    }

    async fn answer_to(self: &Rc<Self>, id: &str) -> Option<Value> {
        let over = self.now() + SERVICE_TIMEOUT;
        let pause = Cell::new(1);
        while self.now() < over {
            let answer = self
                .bucket
                .borrow()
                .requests
                .get(id)
                .and_then(Request::answer);
            if answer.is_some() {
                return answer;
            }
            self.machine
                .sleep(SignedDuration::from_secs(pause.get()))
                .await;
            pause.set((pause.get() * 2).min(10));
        }
        self.note(|| format!("CloudFormation times out waiting for {id}"));
        None
    }
}
