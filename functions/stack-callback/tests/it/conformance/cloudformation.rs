//! A model of CloudFormation for the stack's two custom resources: the requests it sends, their
//! order, and its reactions to the answers.

use crate::conformance::preflight::{self, First, Preflight};
use crate::conformance::promises;
use crate::conformance::stage::{Fate, Stage};
use crate::world::{role, stack};
use futures_util::FutureExt;
use rolecall_domain::check::{AssumeOutcome, StackStatus};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    Good,
    EditedExternalId,
    WrongProperty,
    UnassumableRole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    Same,
    OtherPolicies,
    NewRole,
    /// Accepted, but another resource fails, so the stack rolls back.
    NewRoleAndBack,
    OtherExternalId,
    WrongProperty,
    /// A role that the hub can't assume, which must not fail the stack.
    MissingRole,
}

/// The life of one stack.
#[derive(Debug, Clone)]
pub struct Script {
    pub preflight: Preflight,
    pub preflight_fate: Fate,
    /// The stack is deleted this many steps into its preflight.
    pub deleted_during_preflight: Option<usize>,
    /// Another resource fails after the preflight, so the stack rolls back.
    pub another_resource_fails: bool,
    pub preflight_delete_fate: Fate,
    pub create: Create,
    pub create_fate: Fate,
    /// The stack is deleted this many steps into its Create.
    pub deleted_during_create: Option<usize>,
    pub updates: Vec<(Update, Fate)>,
    pub delete_fate: Fate,
    pub seed: u64,
}

/// CloudFormation's state of the resource.
struct Resource {
    physical_id: String,
    properties: Value,
    /// CloudFormation received SUCCESS for the Create.
    created: bool,
    roles: usize,
}

/// Runs a stack's life from its Create to its last late message.
///
/// # Panics
/// When a promise is broken.
pub fn play(script: &Script) {
    let played = std::panic::AssertUnwindSafe(|| live(script));
    if let Err(broken) = std::panic::catch_unwind(played) {
        eprintln!("in {script:?}");
        std::panic::resume_unwind(broken);
    }
}

fn live(script: &Script) {
    let mut stage = Stage::set(script.seed).now_or_never().expect("no waiting");
    let first = preflight::create(&mut stage, script);
    let passed = first.as_ref().is_none_or(|first| first.passed);
    let mut created = false;
    if passed && !script.another_resource_fails {
        let resource = live_on(&mut stage, script, first.as_ref());
        created = resource.created;
    }
    if let Some(first) = &first {
        preflight::delete(&mut stage, first, script.preflight_delete_fate);
    }
    stage.running.run_to_the_end();
    promises::about_a_stack_that_is_gone(&stage, created);
    promises::about_the_attempt(&stage, script, passed);
    stage.customers.delete_stack(&stack());
    let before = promises::state(&stage);
    stage.replay();
    assert_eq!(
        promises::state(&stage),
        before,
        "a late message changed something"
    );
    promises::about_answers(&stage);
}

/// The life of the resource that reports the role.
fn live_on(stage: &mut Stage, script: &Script, first: Option<&First>) -> Resource {
    let mut resource = create(stage, script);
    if resource.created {
        for (update, fate) in &script.updates {
            change(stage, &mut resource, first, *update, *fate);
        }
        stage.running.run_to_the_end();
        promises::about_a_stack_that_is_there(stage, &resource.properties);
    }
    if script.deleted_during_create.is_none() {
        let (id, properties) = (&resource.physical_id, &resource.properties);
        delete(stage, id, properties, script.delete_fate);
    }
    resource
}

/// An id that CloudFormation generates if no answer arrived.
const GENERATED_ID: &str = "rolecall-1-Registration-1ABCDEFGHIJKL";

fn create(stage: &mut Stage, script: &Script) -> Resource {
    let good = stage.properties();
    let mut properties = good.clone();
    match script.create {
        Create::Good => {}
        Create::EditedExternalId => properties["ExternalId"] = json!("chosen-by-the-customer"),
        Create::WrongProperty => properties["RoleArn"] = json!(["not", "text"]),
        Create::UnassumableRole => stage.customers.change_role(&role("R"), |role| {
            role.sts_says = Some(AssumeOutcome::Refused);
        }),
    }
    let id = stage.send(
        "Create",
        json!({ "ResourceProperties": properties }),
        script.create_fate,
    );
    let mut resource = Resource {
        physical_id: GENERATED_ID.to_owned(),
        properties: properties.clone(),
        created: false,
        roles: 1,
    };
    if let Some(steps) = script.deleted_during_create {
        stage.running.run_steps(steps);
        delete(stage, GENERATED_ID, &properties, script.delete_fate);
        return resource;
    }
    if let Some(answer) = stage.wait(&id) {
        resource.created = answer["Status"] == "SUCCESS";
        resource.physical_id = text(&answer, "PhysicalResourceId");
        promises::about_the_answer_to_a_create(stage, script.create, script.create_fate, &answer);
    }
    if resource.created {
        let complete = StackStatus::CreateComplete;
        stage
            .customers
            .change_stack(&stack(), |stack| stack.status = complete);
    }
    resource
}

pub fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_default().to_owned()
}

fn change(
    stage: &mut Stage,
    resource: &mut Resource,
    first: Option<&First>,
    update: Update,
    fate: Fate,
) {
    let former = resource.properties.clone();
    let mut requested = former.clone();
    let mut made = None;
    match update {
        Update::Same => {}
        Update::OtherPolicies => {
            requested["ManagedPolicyArns"] = json!(format!("{}", resource.roles))
        }
        Update::NewRole | Update::NewRoleAndBack => {
            resource.roles = resource.roles % 4 + 1;
            let name = format!("R{}", resource.roles).replace("R1", "R");
            requested["RoleArn"] = json!(role(&name));
            made = Some(name);
        }
        Update::OtherExternalId => requested["ExternalId"] = json!("another-one"),
        Update::WrongProperty => requested["RoleArn"] = json!({ "not": "text" }),
        Update::MissingRole => requested["RoleArn"] = json!(role("Missing")),
    }
    if let Some(name) = &made {
        stage
            .customers
            .change_role(&role(name), |role| role.sts_says = None);
    }
    stage.customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateInProgress;
        stack.roles.extend(made.clone());
    });
    let refused = matches!(update, Update::OtherExternalId | Update::WrongProperty);
    // If the table is down for longer than an invocation runs, every Update is answered with SUCCESS,
    // because it may be a rollback, which must not fail. A later delivery would refuse this Update.
    let fate = match fate {
        Fate::TableFails(7..) if refused => Fate::TableFails(6),
        other => other,
    };
    // The preflight is updated first. If it refuses, nothing else is updated.
    let let_through = first.is_none_or(|first| {
        let yes = preflight::update(stage, first, &former, &requested, Fate::Twice);
        assert!(yes == Some(true) || refused, "a good update failed");
        yes == Some(true)
    });
    let yes = match let_through {
        true => send_update(stage, resource, &former, &requested, fate),
        false => Some(false),
    };
    assert!(yes != Some(false) || refused, "a good update failed");
    let stays =
        yes == Some(true) && !matches!(update, Update::NewRoleAndBack | Update::MissingRole);
    if !stays {
        // The rollback, which must never fail. CloudFormation repeats it until an answer arrives.
        let back = match fate {
            Fate::AnswerLost => Fate::Twice,
            other => other,
        };
        let stuck = "the stack is stuck in UPDATE_ROLLBACK_FAILED";
        if let_through {
            let yes = send_update(stage, resource, &requested, &former, back);
            assert_eq!(yes, Some(true), "{stuck}");
        }
        if let Some(first) = first {
            let yes = preflight::update(stage, first, &requested, &former, Fate::Twice);
            assert_eq!(yes, Some(true), "{stuck}");
        }
    }
    let kept = if stays { requested } else { former };
    let arn = text(&kept, "RoleArn");
    stage.customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateComplete;
        stack
            .roles
            .retain(|name| arn.ends_with(&format!("/{name}")));
    });
    for name in ["R", "R2", "R3", "R4"] {
        // STS reports a deleted role like one that refuses.
        let gone = (role(name).as_str() != arn).then_some(AssumeOutcome::Refused);
        stage
            .customers
            .change_role(&role(name), |role| role.sts_says = gone);
    }
    resource.properties = kept;
}

/// Whether the answer was SUCCESS. `None` if no answer arrived.
fn send_update(
    stage: &mut Stage,
    resource: &Resource,
    former: &Value,
    requested: &Value,
    fate: Fate,
) -> Option<bool> {
    let body = json!({
        "PhysicalResourceId": resource.physical_id,
        "OldResourceProperties": former,
        "ResourceProperties": requested,
    });
    let id = stage.send("Update", body, fate);
    let answer = stage.wait(&id)?;
    let same = answer["PhysicalResourceId"] == json!(resource.physical_id);
    assert!(
        same,
        "a changed id makes CloudFormation delete the resource"
    );
    Some(answer["Status"] == "SUCCESS")
}

/// Sends a Delete, and repeats it if no answer arrives.
fn delete(stage: &mut Stage, physical_id: &str, properties: &Value, fate: Fate) {
    let body = json!({ "PhysicalResourceId": physical_id, "ResourceProperties": properties });
    for fate in [fate, Fate::Fine] {
        let id = stage.send("Delete", body.clone(), fate);
        if let Some(answer) = stage.wait(&id) {
            assert_eq!(answer["Status"], "SUCCESS", "the stack can't be deleted");
            return;
        }
    }
    panic!("the Delete was not answered");
}
