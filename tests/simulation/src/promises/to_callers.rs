//! Responses to CloudFormation and to tenants are true and never change.

use super::Promise;
use crate::request::is_of_preflight;
use crate::users::Call;
use crate::world::World;
use registration_api::Response;
use rolecall_domain::change::audit::Record;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::stack_info::StackInfo;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::record::registration::RegistrationState;
use serde_json::{Value, json};

/// A response to CloudFormation.
pub fn check_response_to_cloudformation(world: &World, id: &str, body: &str) {
    world.note(|| format!("{id} is answered with {body}"));
    let request = {
        let mut bucket = world.bucket.borrow_mut();
        let Some(request) = bucket.requests.get_mut(id) else {
            drop(bucket);
            return world.broken(
                Promise::SameAnswer,
                format!("a response without a request: {id}"),
            );
        };
        let first = request.put.get_or_insert_with(|| body.to_owned());
        if first != body {
            let what = format!("{id} is answered with {first} and with {body}");
            drop(bucket);
            return world.broken(Promise::SameAnswer, what);
        }
        request.body.clone()
    };
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let echoes = ["StackId", "RequestId", "LogicalResourceId"];
    let is_echoed = echoes.iter().all(|field| answer[field] == request[field]);
    let keeps_id = request["RequestType"] == "Create"
        || answer["PhysicalResourceId"] == request["PhysicalResourceId"];
    if body.len() > 4096 || !is_echoed || !keeps_id {
        world.broken(Promise::SameAnswer, format!("{id} is answered with {body}"));
    }
    let is_yes = answer["Status"] == "SUCCESS";
    let must_be_yes = request["RequestType"] == "Delete"
        || request["OldResourceProperties"] == request["ResourceProperties"];
    if must_be_yes && !is_yes {
        world.broken(
            Promise::Told,
            format!("{id} failed, which leaves the stack stuck"),
        );
    }
    if request["RequestType"] == "Create" && is_yes && !is_of_preflight(&request) {
        let registration = registration_of(&request);
        let account = answer.pointer("/Data/AccountId");
        is_connected(world, &registration, account.and_then(Value::as_str));
    }
}

fn registration_of(request: &Value) -> String {
    let token = request.pointer("/ResourceProperties/RegistrationToken");
    let token = token.and_then(Value::as_str).unwrap_or_default();
    token.split('.').next().unwrap_or_default().to_owned()
}

/// The registration created this recorded account and no other.
fn is_connected(world: &World, registration: &str, account: Option<&str>) {
    let account = account.unwrap_or_default();
    let mut book = world.book.borrow_mut();
    let told = book.connected.entry(registration.to_owned());
    let told = told.or_insert_with(|| account.to_owned()).clone();
    let is_recorded = matches!(book.records.get(account), Some(Record::Account(it)) if it.registration_id.as_str() == registration);
    drop(book);
    if told != account || !is_recorded {
        let what = format!("responses for {registration} contain {account:?} and {told:?}");
        world.broken(Promise::Told, what);
    }
}

/// A delivery of a request has ended, successfully or because Lambda gave up.
pub fn check_delivery(world: &World, id: &str, is_done: bool) {
    let mut bucket = world.bucket.borrow_mut();
    let Some(request) = bucket.requests.get_mut(id) else {
        return;
    };
    request.done += u32::from(is_done);
    request.given_up += u32::from(!is_done);
    let is_answered = request.answered_at.is_some();
    let is_strangers = RegistrationId::parse(registration_of(&request.body)).is_err();
    drop(bucket);
    // A response to an unauthenticated request is sent once, whatever the result.
    if is_done && !is_answered && !is_strangers {
        world.broken(
            Promise::Answered,
            format!("{id} is done but has no response"),
        );
    }
}

/// A response to a tenant.
pub fn check_api_response(world: &World, call: &Call, response: &Response) {
    every_shown_template_is_published(world, call, &response.body);
    if response.status_code >= 300 {
        if response.status_code == 500 && world.is_calm() {
            let what = format!("{} {}: {}", call.method, call.path, response.body);
            world.broken(Promise::Told, what);
        }
        note_refused_paste(world, call, response);
        return;
    }
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    let parts: Vec<&str> = call.path.split('/').skip(2).collect();
    match (call.method, parts.as_slice()) {
        ("POST", ["groups"]) => is_made_once(world, call, &body["group_id"]),
        ("POST", ["groups", _, "registrations"]) => {
            is_made_once(world, call, &body["registration_id"]);
        }
        ("POST", ["registrations", registration, "complete"]) => {
            is_connected(world, registration, body["account_id"].as_str());
        }
        ("DELETE", ["registrations", id]) => is_now(
            world,
            id,
            |record| matches!(record, Record::Registration(it) if it.state == RegistrationState::Revoked),
        ),
        ("DELETE", ["groups", id]) if world.book.borrow().records.contains_key(*id) => {
            world.broken(
                Promise::Told,
                format!("{id} was reported as deleted but exists"),
            );
        }
        ("DELETE", ["accounts", id]) => {
            super::check_deregistration(world, id, &body);
            let entry = body["orphaned_stack"]["orphaned_stack_id"].clone();
            is_now(
                world,
                id,
                |record| matches!(record, Record::Account(it) if it.orphaned_stack_id().is_some_and(|it| json!(it) == entry)),
            );
        }
        ("POST", ["orphaned-stacks", id, "dismiss"]) => is_now(
            world,
            id,
            |record| matches!(record, Record::OrphanedStack(it) if !it.is_open()),
        ),
        _ => {}
    }
}

/// A customer's console reads the template from the bucket.
fn every_shown_template_is_published(world: &World, call: &Call, body: &str) {
    let plain = body.replace("%2F", "/");
    let keys = plain.split("onboarding/").skip(1).filter_map(|rest| {
        let (place, _) = rest.split_once("/role.yaml")?;
        Some(format!("onboarding/{place}/role.yaml"))
    });
    for key in keys {
        let id = key.split('/').nth(2).unwrap_or_default();
        let id = TemplateId::parse(id).ok();
        let recorded = id
            .as_ref()
            .and_then(|id| world.store.template_on_record(id));
        let file = world.templates.template(&key);
        if file.is_none() || file != recorded.map(|template| template.text()) {
            let what = format!("{} {} shows {key}", call.method, call.path);
            return world.broken(Promise::Published, what);
        }
        world.book.borrow_mut().shown.extend(id);
    }
}

fn is_made_once(world: &World, call: &Call, made: &Value) {
    let made = made.as_str().unwrap_or_default().to_owned();
    let key = (
        call.tenant.to_owned(),
        call.path.clone(),
        call.key.clone().unwrap_or_default(),
    );
    let mut book = world.book.borrow_mut();
    // The group may have been deleted in the meantime.
    let exists = book.records.contains_key(&made) || book.deleted.contains_key(&made);
    let first = book.made.entry(key).or_insert_with(|| made.clone()).clone();
    drop(book);
    if first != made {
        world.broken(
            Promise::Idempotency,
            format!("one key created {first} and {made}"),
        );
    }
    if !exists {
        world.broken(
            Promise::Told,
            format!("{made} was reported as created but does not exist"),
        );
    }
}

fn is_now(world: &World, id: &str, holds: impl FnOnce(&Record) -> bool) {
    let holds = world.book.borrow().records.get(id).is_some_and(holds);
    if !holds {
        world.broken(
            Promise::Told,
            format!("{id} does not have the reported state"),
        );
    }
}

/// Records a rejected pasted stack, which must be orphaned when its registration ends.
fn note_refused_paste(world: &World, call: &Call, response: &Response) {
    let is_refused = call.path.ends_with("/complete") && matches!(response.status_code, 409 | 422);
    let line = call.body["stack_info"].as_str().unwrap_or_default();
    if let Ok(info) = StackInfo::parse(line)
        && is_refused
        && !response.body.contains("\"code\":\"conflict\"")
    {
        let mut book = world.book.borrow_mut();
        let pasted = (info.registration_id, info.stack_id);
        book.pasted.entry(pasted).or_insert(world.now());
    }
}
