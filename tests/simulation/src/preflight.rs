//! The resource that a stack creates before, and deletes after, everything else.

use crate::cloudformation::StackOwner;
use rolecall_domain::check::StackStatus;
use serde_json::{Value, json};
use std::rc::Rc;

/// CloudFormation's state of the resource.
pub struct Preflight {
    /// The ID that CloudFormation has stored.
    physical_id: String,
}

/// The ID that CloudFormation generates if it gets no response.
const MADE_UP: &str = "rolecall-1-Preflight-1ABCDEF";

impl StackOwner {
    /// Creates the resource. Returns false if CloudFormation now rolls back.
    pub async fn create_preflight(&mut self) -> bool {
        let answer = self.send_preflight("Create", json!({})).await;
        let answer = answer.unwrap_or_default();
        let physical_id = answer["PhysicalResourceId"].as_str();
        self.preflight = Some(Preflight {
            physical_id: physical_id.unwrap_or(MADE_UP).to_owned(),
        });
        answer["Status"] == "SUCCESS"
    }

    async fn send_preflight(&self, kind: &str, mut fields: Value) -> Option<Value> {
        let mut properties = self.properties.clone();
        if let Some(properties) = properties.as_object_mut() {
            properties.remove("RoleArn");
        }
        fields["ResourceType"] = json!("Custom::RolecallPreflight");
        fields["LogicalResourceId"] = json!("Preflight");
        fields["ResourceProperties"] = properties;
        let (world, link) = (&self.world, &self.link);
        world.request(link, &self.id, kind, fields).await
    }

    /// Deletes the resource, if there is one.
    pub async fn delete_preflight(&self) {
        let Some(preflight) = &self.preflight else {
            return;
        };
        let fields = json!({"PhysicalResourceId": preflight.physical_id});
        for _ in 0..4 {
            if self
                .send_preflight("Delete", fields.clone())
                .await
                .is_some()
            {
                return;
            }
            self.world.pause(60, 3600).await;
        }
    }

    /// Rolls back a stack that has nothing but its preflight, or whose other resource failed.
    pub async fn roll_back_to_preflight(&self) {
        self.to(StackStatus::RollbackInProgress);
        self.world.pause(1, 30).await;
        self.world.delete_role(&self.role());
        self.delete_preflight().await;
        self.to(StackStatus::RollbackComplete);
        if self.world.perhaps(500) {
            self.world.pause(60, 7200).await;
            self.world
                .change_stack(&self.id, |stack| stack.is_deleted = true);
            self.to(StackStatus::DeleteComplete);
        }
    }

    /// Deletes a stack while its preflight is being created: the Delete may arrive first.
    pub async fn delete_during_preflight(&mut self) {
        let (world, id, link) = (Rc::clone(&self.world), self.id.clone(), self.link.clone());
        let mut properties = self.properties.clone();
        if let Some(properties) = properties.as_object_mut() {
            properties.remove("RoleArn");
        }
        let body = json!({
            "ResourceType": "Custom::RolecallPreflight",
            "LogicalResourceId": "Preflight",
            "ResourceProperties": properties,
        });
        world.clone().act(async move {
            world.request(&link, &id, "Create", body).await;
        });
        self.preflight = Some(Preflight {
            physical_id: MADE_UP.to_owned(),
        });
        self.world.pause(0, 20).await;
        self.roll_back_to_preflight().await;
    }

    /// An update to a template that has the resource. It may be rolled back, which deletes it again.
    pub async fn add_preflight(&mut self) {
        self.to(StackStatus::UpdateInProgress);
        if self.create_preflight().await && self.world.perhaps(500) {
            return self.to(StackStatus::UpdateComplete);
        }
        self.to(StackStatus::UpdateRollbackInProgress);
        self.delete_preflight().await;
        self.preflight = None;
        self.to(StackStatus::UpdateRollbackComplete);
    }

    /// An update that drops both resources, because the stack's output is pasted from now on.
    pub async fn drop_callback(&mut self) {
        self.to(StackStatus::UpdateInProgress);
        self.request("Delete", json!({})).await;
        self.delete_preflight().await;
        self.preflight = None;
        let is_broken = !self.world.role_is_assumable(&self.role());
        self.world.change_stack(&self.id, |stack| {
            stack.is_served = false;
            stack.callback_dropped = true;
            stack.looks_deleted |= is_broken;
        });
        self.to(StackStatus::UpdateComplete);
    }
}
