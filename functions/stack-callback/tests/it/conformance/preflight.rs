//! The part of the model that is about the preflight resource: created before, and deleted after,
//! everything else in the stack.

use crate::conformance::cloudformation::{Script, text};
use crate::conformance::promises;
use crate::conformance::stage::{Fate, Stage};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preflight {
    /// The template has none.
    None,
    Good,
    EditedExternalId,
    WrongProperty,
}

/// What CloudFormation knows about the resource.
#[derive(Debug, Clone)]
pub struct First {
    pub physical_id: String,
    pub properties: Value,
    /// CloudFormation received SUCCESS for the Create.
    pub passed: bool,
}

/// An id that CloudFormation generates if no answer arrived.
const GENERATED_ID: &str = "rolecall-1-Preflight-1ABCDEFGHIJKL";

fn of(mut body: Value) -> Value {
    body["ResourceType"] = json!("Custom::RolecallPreflight");
    body["LogicalResourceId"] = json!("Preflight");
    body
}

/// Creates the resource. `None` if the template has none.
pub fn create(stage: &mut Stage, script: &Script) -> Option<First> {
    let mut properties = properties(&stage.properties());
    match script.preflight {
        Preflight::None => return None,
        Preflight::Good => {}
        Preflight::EditedExternalId => properties["ExternalId"] = json!("chosen-by-the-customer"),
        Preflight::WrongProperty => properties["TemplateVersion"] = json!("newest"),
    }
    let body = of(json!({ "ResourceProperties": properties }));
    let id = stage.send("Create", body, script.preflight_fate);
    let mut first = First {
        physical_id: GENERATED_ID.to_owned(),
        properties,
        passed: false,
    };
    if let Some(steps) = script.deleted_during_preflight {
        stage.running.run_steps(steps);
        return Some(first);
    }
    if let Some(answer) = stage.wait(&id) {
        first.passed = answer["Status"] == "SUCCESS";
        first.physical_id = text(&answer, "PhysicalResourceId");
        promises::about_the_answer_to_a_preflight(
            stage,
            script.preflight,
            script.preflight_fate,
            &answer,
        );
    }
    Some(first)
}

fn properties(all: &Value) -> Value {
    let mut properties = all.clone();
    if let Some(fields) = properties.as_object_mut() {
        fields.remove("RoleArn");
    }
    properties
}

/// Updates the resource as the stack is updated. Returns whether the answer was SUCCESS.
pub fn update(
    stage: &mut Stage,
    first: &First,
    from: &Value,
    to: &Value,
    fate: Fate,
) -> Option<bool> {
    let (from, to) = (properties(from), properties(to));
    // CloudFormation sends no Update without a changed property.
    if from == to {
        return Some(true);
    }
    let body = of(json!({
        "PhysicalResourceId": first.physical_id,
        "OldResourceProperties": from,
        "ResourceProperties": to,
    }));
    let id = stage.send("Update", body, fate);
    let answer = stage.wait(&id)?;
    assert_eq!(answer["PhysicalResourceId"], json!(first.physical_id));
    Some(answer["Status"] == "SUCCESS")
}

/// Sends a Delete, and repeats it if no answer arrives.
pub fn delete(stage: &mut Stage, first: &First, fate: Fate) {
    let body = of(json!({
        "PhysicalResourceId": first.physical_id,
        "ResourceProperties": first.properties,
    }));
    for fate in [fate, Fate::Fine] {
        let id = stage.send("Delete", body.clone(), fate);
        if let Some(answer) = stage.wait(&id) {
            assert_eq!(answer["Status"], "SUCCESS", "the stack can't be deleted");
            return;
        }
    }
    panic!("the Delete was not answered");
}
