//! CloudFormation, as far as one custom resource can tell: what it sends, in which order, and what
//! it makes of the answers.

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
    /// Accepted, but another resource fails, so the stack goes back.
    NewRoleAndBack,
    OtherExternalId,
    WrongProperty,
    /// A role that the hub can't assume: no reason to fail the stack.
    MissingRole,
}

/// One stack's life.
#[derive(Debug, Clone)]
pub struct Script {
    pub create: Create,
    pub create_fate: Fate,
    /// Somebody deletes the stack this many steps into its Create.
    pub deleted_during_create: Option<usize>,
    pub updates: Vec<(Update, Fate)>,
    pub delete_fate: Fate,
    pub seed: u64,
}

/// What CloudFormation knows of the resource.
struct Resource {
    physical_id: String,
    properties: Value,
    /// The hub's answer was yes, and CloudFormation got it.
    created: bool,
    roles: usize,
}

/// Plays a stack's life from its Create to its last late message.
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
    let mut resource = create(&mut stage, script);
    if resource.created {
        for (update, fate) in &script.updates {
            change(&mut stage, &mut resource, *update, *fate);
        }
        stage.running.run_to_the_end();
        promises::about_a_stack_that_is_there(&stage, &resource.properties);
    }
    if script.deleted_during_create.is_none() {
        delete(
            &mut stage,
            &resource.physical_id,
            &resource.properties,
            script.delete_fate,
        );
    }
    stage.running.run_to_the_end();
    promises::about_a_stack_that_is_gone(&stage, resource.created);
    stage.customers.delete_stack(&stack());
    let before = promises::state(&stage);
    stage.replay();
    assert_eq!(
        promises::state(&stage),
        before,
        "a late message moved something"
    );
    promises::about_answers(&stage);
}

/// An id that CloudFormation makes up where none was answered.
const MADE_UP: &str = "rolecall-1-Registration-1ABCDEFGHIJKL";

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
        physical_id: MADE_UP.to_owned(),
        properties: properties.clone(),
        created: false,
        roles: 1,
    };
    if let Some(steps) = script.deleted_during_create {
        stage.running.run_steps(steps);
        delete(stage, MADE_UP, &properties, script.delete_fate);
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

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_default().to_owned()
}

fn change(stage: &mut Stage, resource: &mut Resource, update: Update, fate: Fate) {
    let former = resource.properties.clone();
    let mut wished = former.clone();
    let mut made = None;
    match update {
        Update::Same => {}
        Update::OtherPolicies => wished["ManagedPolicyArns"] = json!(format!("{}", resource.roles)),
        Update::NewRole | Update::NewRoleAndBack => {
            resource.roles = resource.roles % 4 + 1;
            let name = format!("R{}", resource.roles).replace("R1", "R");
            wished["RoleArn"] = json!(role(&name));
            made = Some(name);
        }
        Update::OtherExternalId => wished["ExternalId"] = json!("another-one"),
        Update::WrongProperty => wished["RoleArn"] = json!({ "not": "text" }),
        Update::MissingRole => wished["RoleArn"] = json!(role("Missing")),
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
    // While the table is down for longer than an invocation lives, any Update is let go: it may be
    // a way back, which must not fail. A later delivery would refuse this one.
    let fate = match fate {
        Fate::TableFails(7..) if refused => Fate::TableFails(6),
        other => other,
    };
    let yes = send_update(stage, resource, &former, &wished, fate);
    assert!(yes != Some(false) || refused, "a good update failed");
    let stays =
        yes == Some(true) && !matches!(update, Update::NewRoleAndBack | Update::MissingRole);
    if !stays {
        // The way back, which must never fail. It is repeated until its answer has arrived.
        let back = match fate {
            Fate::AnswerLost => Fate::Twice,
            other => other,
        };
        let yes = send_update(stage, resource, &wished, &former, back);
        assert_eq!(
            yes,
            Some(true),
            "the customer is stuck in UPDATE_ROLLBACK_FAILED"
        );
    }
    let kept = if stays { wished } else { former };
    let arn = text(&kept, "RoleArn");
    stage.customers.change_stack(&stack(), |stack| {
        stack.status = StackStatus::UpdateComplete;
        stack
            .roles
            .retain(|name| arn.ends_with(&format!("/{name}")));
    });
    for name in ["R", "R2", "R3", "R4"] {
        // A role that is gone answers like one that refuses.
        let gone = (role(name).as_str() != arn).then_some(AssumeOutcome::Refused);
        stage
            .customers
            .change_role(&role(name), |role| role.sts_says = gone);
    }
    resource.properties = kept;
}

/// Whether the answer was yes; none if there was none.
fn send_update(
    stage: &mut Stage,
    resource: &Resource,
    former: &Value,
    wished: &Value,
    fate: Fate,
) -> Option<bool> {
    let body = json!({
        "PhysicalResourceId": resource.physical_id,
        "OldResourceProperties": former,
        "ResourceProperties": wished,
    });
    let id = stage.send("Update", body, fate);
    let answer = stage.wait(&id)?;
    let same = answer["PhysicalResourceId"] == json!(resource.physical_id);
    assert!(same, "another id makes CloudFormation delete the resource");
    Some(answer["Status"] == "SUCCESS")
}

/// Deletes until an answer has arrived.
fn delete(stage: &mut Stage, physical_id: &str, properties: &Value, fate: Fate) {
    let body = json!({ "PhysicalResourceId": physical_id, "ResourceProperties": properties });
    for fate in [fate, Fate::Fine] {
        let id = stage.send("Delete", body.clone(), fate);
        if let Some(answer) = stage.wait(&id) {
            assert_eq!(answer["Status"], "SUCCESS", "the stack can't be deleted");
            return;
        }
    }
    panic!("a Delete without an answer");
}
