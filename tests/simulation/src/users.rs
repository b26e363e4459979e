//! What tenants' users do: they send requests, retry them, and sometimes send them twice.

use crate::cloudformation::{Link, use_link};
use crate::operator::PROFILES;
use crate::promises;
use crate::service;
use crate::world::{REGION, TENANTS, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use registration_api::Response;
use registration_api::route::send_through_gateway;
use registration_api::routes::ROUTES;
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{ExternalId, RoleArn, StackId};
use serde_json::{Value, json};
use std::rc::Rc;

/// The function timeout of `registration-api`.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(25);

/// A request to the API.
#[derive(Debug, Clone)]
pub struct Call {
    pub tenant: &'static str,
    pub method: &'static str,
    pub path: String,
    pub body: Value,
    pub key: Option<String>,
}

pub fn arrive(world: &Rc<World>) {
    let tenants = 1 + usize::from(world.perhaps(400));
    for tenant in TENANTS.into_iter().take(tenants) {
        let acting = Rc::clone(world);
        world.act(async move { work(acting, tenant).await });
    }
}

impl World {
    /// Sends one request. None if there is no response.
    async fn call(self: &Rc<Self>, call: &Call) -> Option<Response> {
        let mut headers = json!({});
        if let Some(key) = &call.key {
            headers["idempotency-key"] = json!(key);
            self.book.borrow_mut().asked.insert(key.clone());
        }
        let mut event = json!({
            "version": "2.0",
            "rawPath": call.path,
            "headers": headers,
            "body": call.body.to_string(),
            "requestContext": {
                "requestId": "request",
                "http": {"method": call.method},
                "authorizer": {"jwt": {"claims": {"custom:tenant": call.tenant, "sub": "a-user"}}},
            },
        });
        send_through_gateway(ROUTES, &mut event);
        self.note(|| format!("{} sends {} {}", call.tenant, call.method, call.path));
        let hub = self.hub();
        let answer = self
            .invoke("registration-api", TIMEOUT, hub.api.handle(&event))
            .await;
        if let Some(response) = &answer {
            self.note(|| {
                format!(
                    "{} gets {} {}",
                    call.tenant,
                    response.status_code,
                    short(&response.body)
                )
            });
            promises::check_api_response(self, call, response);
        }
        answer
    }

    /// Sends a request with retries, and sometimes twice at the same time. Returns the body of a
    /// successful response.
    async fn click(self: &Rc<Self>, call: Call) -> Option<Value> {
        if self.goes_wrong(self.faults.double_click) {
            let (world, again) = (Rc::clone(self), call.clone());
            self.act(async move {
                world.pause(0, 3).await;
                world.call(&again).await;
            });
        }
        for _ in 0..8 {
            let answer = self.call(&call).await;
            match answer {
                Some(response) if response.status_code < 300 => {
                    let body = serde_json::from_str(&response.body).unwrap_or_default();
                    return Some(body);
                }
                Some(response) if response.status_code < 500 && response.status_code != 429 => {
                    return None;
                }
                _ => self.pause(1, 40).await,
            }
        }
        None
    }

    async fn read(self: &Rc<Self>, tenant: &'static str, path: String) -> Vec<Value> {
        let call = Call {
            tenant,
            method: "GET",
            path,
            body: json!({}),
            key: None,
        };
        let answer = self.click(call).await.unwrap_or_default();
        answer["items"].as_array().cloned().unwrap_or_default()
    }
}

fn short(body: &str) -> &str {
    body.get(..120).unwrap_or(body)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The actions of one user over several days.
async fn work(world: Rc<World>, tenant: &'static str) {
    let mut groups = Vec::new();
    for _ in 0..=world.machine.below(2) {
        groups.extend(make_group(&world, tenant).await);
    }
    for _ in 0..3 + world.machine.below(8) {
        let Some(group) =
            groups.get(usize::try_from(world.machine.below(groups.len() as u64)).unwrap_or(0))
        else {
            return;
        };
        match world.machine.below(10) {
            0..=3 => connect(&world, tenant, group).await,
            4..=7 => tend_an_account(&world, tenant, group, &groups).await,
            8 => tend_an_orphaned_stack(&world, tenant).await,
            _ => tidy_up(&world, tenant, group).await,
        }
        world.pause(1, 3 * 3600).await;
    }
}

pub async fn make_group(world: &Rc<World>, tenant: &'static str) -> Option<String> {
    let call = Call {
        tenant,
        method: "POST",
        path: "/v1/groups".to_owned(),
        body: json!({"name": "Production", "color": "#112233"}),
        key: Some(world.new_name("key")),
    };
    Some(text(&world.click(call).await?, "group_id"))
}

async fn connect(world: &Rc<World>, tenant: &'static str, group: &str) {
    if let Some(link) = make_link(world, tenant, group).await {
        world.act(use_link(Rc::clone(world), link));
    }
}

pub async fn make_link(world: &Rc<World>, tenant: &'static str, group: &str) -> Option<Link> {
    let call = Call {
        tenant,
        method: "POST",
        path: format!("/v1/groups/{group}/registrations"),
        body: json!({
            "region": REGION,
            "allow_duplicate": world.perhaps(300),
            "access": any_access(world),
        }),
        key: Some(world.new_name("key")),
    };
    let made = world.click(call).await?;
    let url = text(&made, "quick_create_url");
    let token = url.split("param_RegistrationToken=").nth(1);
    let token = token
        .and_then(|rest| rest.split('&').next())
        .unwrap_or_default();
    Some(Link {
        tenant,
        registration_id: text(&made, "registration_id"),
        token: token.to_owned(),
        external_id: ExternalId::parse(text(&made, "external_id")).expect("valid"),
        stack_name: text(&made, "stack_name"),
        region: text(&made, "region"),
        template_id: text(&made, "template_id"),
    })
}

/// Some profiles, or the default. The operator may not offer them now.
fn any_access(world: &World) -> Value {
    match world.machine.below(4) {
        0 => json!(PROFILES),
        1 => json!([world.any(&PROFILES)]),
        2 => json!([]),
        _ => Value::Null,
    }
}

/// Pastes the stack's output, and retries until the stack is old enough.
pub async fn paste(
    world: &Rc<World>,
    link: &Link,
    stack: &StackId,
    role: &RoleArn,
    template_id: &Value,
) {
    let info = json!({
        "v": 2,
        "registration_id": link.registration_id,
        "stack_id": stack,
        "role_arn": role,
        "template_id": template_id,
    });
    let call = Call {
        tenant: link.tenant,
        method: "POST",
        path: format!("/v1/registrations/{}/complete", link.registration_id),
        body: json!({"stack_info": STANDARD.encode(info.to_string())}),
        key: None,
    };
    world.pause(1, 300).await;
    world.click(call).await;
}

async fn tend_an_account(world: &Rc<World>, tenant: &'static str, group: &str, groups: &[String]) {
    let accounts = world
        .read(tenant, format!("/v1/groups/{group}/accounts"))
        .await;
    if accounts.is_empty() {
        return;
    }
    let at = usize::try_from(world.machine.below(accounts.len() as u64)).unwrap_or(0);
    let id = text(&accounts[at], "account_id");
    service::act_on_account(world, &id);
    let path = format!("/v1/accounts/{id}");
    let other = &groups[usize::try_from(world.machine.below(groups.len() as u64)).unwrap_or(0)];
    let (method, path, body) = match world.machine.below(14) {
        0..=2 => ("POST", format!("{path}/checks"), json!({})),
        3..=4 => (
            "PATCH",
            path,
            json!({"group_id": other, "name": world.new_name("name")}),
        ),
        5 => ("GET", format!("{path}/history"), json!({})),
        6..=7 => ("GET", path, json!({})),
        8..=9 => {
            // Null is no choice.
            let access = match any_access(world) {
                Value::Null => json!([]),
                access => access,
            };
            ("PUT", format!("{path}/access"), json!({"access": access}))
        }
        _ => ("DELETE", path, json!({})),
    };
    world
        .click(Call {
            tenant,
            method,
            path,
            body,
            key: None,
        })
        .await;
}

async fn tend_an_orphaned_stack(world: &Rc<World>, tenant: &'static str) {
    let orphans = world.read(tenant, "/v1/orphaned-stacks".to_owned()).await;
    if orphans.is_empty() {
        return;
    }
    let at = usize::try_from(world.machine.below(orphans.len() as u64)).unwrap_or(0);
    let path = format!(
        "/v1/orphaned-stacks/{}",
        text(&orphans[at], "orphaned_stack_id")
    );
    let (path, body) = if world.perhaps(800) {
        (format!("{path}/checks"), json!({}))
    } else {
        (format!("{path}/dismiss"), json!({"reason": "It is known."}))
    };
    world
        .click(Call {
            tenant,
            method: "POST",
            path,
            body,
            key: None,
        })
        .await;
}

/// A user acts on a link's account exactly when its stack changes.
pub fn act_on_account(world: &Rc<World>, link: &Link) {
    let Some(account) = world.book.borrow().account_of(&link.registration_id) else {
        return;
    };
    service::act_on_account(world, &account);
    let path = format!("/v1/accounts/{account}");
    let (method, path, body) = match world.machine.below(4) {
        0 => ("DELETE", path, json!({})),
        1 => ("POST", format!("{path}/checks"), json!({})),
        _ => ("PATCH", path, json!({"name": world.new_name("name")})),
    };
    let call = Call {
        tenant: link.tenant,
        method,
        path,
        body,
        key: None,
    };
    let acting = Rc::clone(world);
    world.act(async move {
        acting.click(call).await;
    });
}

/// Revokes a registration or deletes a group; a group's deletion is usually rejected.
async fn tidy_up(world: &Rc<World>, tenant: &'static str, group: &str) {
    let registrations = world
        .read(tenant, format!("/v1/groups/{group}/registrations"))
        .await;
    let path = match registrations.first() {
        Some(first) if world.perhaps(500) => {
            format!("/v1/registrations/{}", text(first, "registration_id"))
        }
        _ => format!("/v1/groups/{group}"),
    };
    world
        .click(Call {
            tenant,
            method: "DELETE",
            path,
            body: json!({}),
            key: None,
        })
        .await;
}
