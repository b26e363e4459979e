//! What customers do with a link: they create, update and delete stacks, as CloudFormation does it.

use crate::customers::AWS_ACCOUNTS;
use crate::preflight::Preflight;
use crate::users;
use crate::world::World;
use rolecall_domain::aws::{ExternalId, RoleArn, StackId};
use rolecall_domain::check::StackStatus;
use rolecall_domain::link::template::TemplateId;
use serde_json::{Value, json};
use std::rc::Rc;

/// The contents of a registration's link.
#[derive(Debug, Clone)]
pub struct Link {
    pub tenant: &'static str,
    pub registration_id: String,
    pub token: String,
    pub external_id: ExternalId,
    pub stack_name: String,
    pub region: String,
    pub template_id: String,
}

/// One stack, managed by its creator.
pub struct StackOwner {
    pub world: Rc<World>,
    pub link: Link,
    pub id: StackId,
    pub properties: Value,
    /// The ID that CloudFormation has stored.
    pub physical_id: String,
    /// CloudFormation got a successful response for the custom resource.
    pub is_made: bool,
    /// `None` if the template has no preflight.
    pub preflight: Option<Preflight>,
}

/// The ID that CloudFormation generates if it gets no response.
pub const MADE_UP: &str = "rolecall-1-Registration-1ABCDEF";

/// Everything that the owner of an AWS account does with a link.
pub async fn use_link(world: Rc<World>, mut link: Link) {
    // Rarely so late that the registration has expired.
    let latest = if world.perhaps(50) { 50 * 3600 } else { 1800 };
    world.pause(1, latest).await;
    let name = link.stack_name.clone();
    let stacks = 1 + u32::from(world.perhaps(250));
    for number in 0..stacks {
        if number > 0 && world.perhaps(500) {
            link.stack_name = format!("{name}-renamed");
        }
        let aws_account = world.any(&AWS_ACCOUNTS);
        if world.is_closed(aws_account) {
            continue;
        }
        let Some(mut hand) = StackOwner::create(&world, &link, aws_account).await else {
            continue;
        };
        hand.live().await;
    }
}

impl StackOwner {
    /// Creates a stack. Returns it if it completed or was kept after a failure, but not if it was
    /// rolled back.
    async fn create(world: &Rc<World>, link: &Link, aws_account: &str) -> Option<Self> {
        let mut hand = Self::prepare(world, link, aws_account);
        let is_served = world.stack(&hand.id)?.is_served;
        if !is_served {
            world.pause(5, 60).await;
            hand.to(StackStatus::CreateComplete);
            return Some(hand);
        }
        if world.perhaps(800) {
            if world.perhaps(50) {
                hand.delete_during_preflight().await;
                return None;
            }
            if !hand.create_preflight().await || world.perhaps(80) {
                hand.roll_back_to_preflight().await;
                return None;
            }
        }
        if world.perhaps(60) {
            hand.delete_while_it_is_made().await;
            return None;
        }
        hand.make().await;
        if hand.is_made {
            hand.to(StackStatus::CreateComplete);
            return Some(hand);
        }
        if world.perhaps(100) {
            hand.to(StackStatus::CreateFailed);
            return Some(hand);
        }
        hand.to(StackStatus::RollbackInProgress);
        hand.take_down(StackStatus::RollbackComplete, true).await;
        if world.perhaps(500) {
            world.pause(60, 7200).await;
            hand.delete().await;
        }
        None
    }

    /// Sends the custom resource's Create. A resource without a response is deleted later under a
    /// generated ID.
    async fn make(&mut self) {
        let answer = self.request("Create", json!({})).await.unwrap_or_default();
        self.is_made = answer["Status"] == "SUCCESS";
        let physical_id = answer["PhysicalResourceId"].as_str();
        self.physical_id = physical_id.unwrap_or(MADE_UP).to_owned();
    }

    pub fn role(&self) -> RoleArn {
        self.world.stack(&self.id).expect("a created stack").role
    }

    fn is_closed(&self) -> bool {
        self.world.is_closed(self.id.account().as_str())
    }

    pub fn to(&self, status: StackStatus) {
        self.world.set_status(&self.id, status);
        self.world.change_stack(&self.id, |stack| {
            stack.is_in_trouble = status == StackStatus::DeleteFailed;
        });
        if status.is_settled() {
            let template = self.properties["TemplateId"].as_str().unwrap_or_default();
            let template = TemplateId::parse(template).ok();
            self.world
                .aws
                .change_stack(&self.id, |stack| stack.template_id = template);
        }
        self.send_event(status);
    }

    /// Sends CloudFormation's event, in accounts whose owner forwards events.
    fn send_event(&self, status: StackStatus) {
        if self.id.account().as_str() == AWS_ACCOUNTS[0] {
            return;
        }
        let event = Rc::new(json!({
            "source": "aws.cloudformation",
            "detail-type": "CloudFormation Stack Status Change",
            "account": self.id.account(),
            "time": self.world.now(),
            "detail": {"stack-id": self.id, "status-details": {"status": status.as_str()}},
        }));
        self.world.send(async move |world: Rc<World>| {
            world.wake_cleanup((*event).clone()).await;
        });
    }

    pub async fn request(&self, kind: &str, fields: Value) -> Option<Value> {
        let mut body = json!({"ResourceProperties": self.properties});
        if kind != "Create" {
            body["PhysicalResourceId"] = json!(self.physical_id);
        }
        for (field, value) in fields.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        self.world.request(&self.link, &self.id, kind, body).await
    }

    /// Random events in the life of an existing stack.
    async fn live(&mut self) {
        if !self.served() || self.world.perhaps(200) {
            self.paste();
        }
        for _ in 0..self.world.machine.below(4) {
            self.world.pause(60, 4 * 3600).await;
            if self.is_closed() {
                return;
            }
            match self.world.machine.below(10) {
                0..=2 => self.update().await,
                3 if self.served() && self.is_made => self.change_callback().await,
                3..=7 => self.break_trust().await,
                8 => self.world.clone().close_account(self.id.account().as_str()),
                _ => self.paste(),
            }
        }
        if self.world.perhaps(600) && !self.is_closed() {
            self.world.pause(60, 4 * 3600).await;
            self.delete().await;
        }
    }

    fn served(&self) -> bool {
        self.world
            .stack(&self.id)
            .is_some_and(|stack| stack.is_served)
    }

    /// A person pastes the stack's output into the hub.
    fn paste(&self) {
        let (world, link) = (Rc::clone(&self.world), self.link.clone());
        let (id, role) = (self.id.clone(), self.role());
        let template = self.properties["TemplateId"].clone();
        world
            .clone()
            .act(async move { users::paste(&world, &link, &id, &role, &template).await });
    }

    /// Breaks the trust policy by mistake; usually repairs it later.
    async fn break_trust(&self) {
        let role = self.role();
        if !self.world.role_is_assumable(&role) {
            return;
        }
        self.world.set_role(&role, false);
        self.world.change_stack(&self.id, |stack| {
            stack.looks_deleted |= stack.callback_dropped;
        });
        self.world.pause(60, 24 * 3600).await;
        if self.world.perhaps(800) && self.world.aws_has(&role) {
            self.world.set_role(&role, true);
        }
    }

    /// Replaces the role or changes the template; may be rolled back.
    async fn update(&mut self) {
        if !self.served() {
            return;
        }
        if !self.is_made {
            return self.make_again().await;
        }
        let (former, old_role) = (self.properties.clone(), self.role());
        let mut requested = former.clone();
        let new_role = self.world.perhaps(600).then(|| {
            let (role, mut made) = self.world.new_role(&self.id, &self.link.external_id, true);
            // The template did not change, so both roles have the same access, also if the hub does not
            // know the template.
            self.world
                .aws
                .change_role(&old_role, |old| made.copy_access(old));
            self.world.aws.put_role(&role, made);
            requested["RoleArn"] = json!(role);
            role
        });
        if new_role.is_none() {
            requested["TemplateId"] = json!(self.world.another_template());
            self.give_access(&old_role, &requested);
        }
        let names = [Some(&old_role), new_role.as_ref()];
        let names = names
            .into_iter()
            .flatten()
            .map(|role| role.name().to_owned());
        self.world
            .aws
            .change_stack(&self.id, |stack| stack.roles = names.collect());
        self.to(StackStatus::UpdateInProgress);
        let accepted = self.send_update(&former, &requested).await;
        let stays = accepted && !self.world.perhaps(300);
        if !stays {
            self.to(StackStatus::UpdateRollbackInProgress);
            self.give_access(&old_role, &former);
            if !self.send_update(&requested, &former).await {
                self.world
                    .change_stack(&self.id, |stack| stack.is_lost = true);
            }
        }
        let (kept, dropped) = match (stays, new_role) {
            (true, Some(role)) => (role, Some(old_role)),
            (_, new_role) => (old_role, new_role),
        };
        if let Some(dropped) = dropped {
            self.world.delete_role(&dropped);
        }
        let name = kept.name().to_owned();
        self.world
            .aws
            .change_stack(&self.id, |stack| stack.roles = [name].into());
        self.world.change_stack(&self.id, |stack| stack.role = kept);
        let (kept, status) = if stays {
            (requested, StackStatus::UpdateComplete)
        } else {
            (former, StackStatus::UpdateRollbackComplete)
        };
        self.properties = kept;
        self.to(status);
    }

    /// CloudFormation changes a role's policies before it calls the custom resource.
    fn give_access(&self, role: &RoleArn, properties: &Value) {
        if let Some(template) = self.world.template(properties) {
            let aws = &self.world.aws;
            aws.change_role(role, |role| role.get_access(&template));
            // The hub reads them from the stack's template if it has no record of a later one.
            aws.change_stack(&self.id, |stack| {
                let managed = template.managed_policies().into_iter().cloned();
                stack.managed_policy_arns = managed.collect();
            });
        }
    }

    /// An update that adds the preflight, or that drops the callback.
    async fn change_callback(&mut self) {
        match self.preflight {
            None => self.add_preflight().await,
            Some(_) => self.drop_callback().await,
        }
    }

    /// An update of a failed stack that was kept creates the missing resource.
    async fn make_again(&mut self) {
        self.to(StackStatus::UpdateInProgress);
        self.make().await;
        self.to(if self.is_made {
            StackStatus::UpdateComplete
        } else {
            StackStatus::UpdateFailed
        });
    }

    async fn send_update(&self, former: &Value, requested: &Value) -> bool {
        let fields = json!({"OldResourceProperties": former, "ResourceProperties": requested});
        let answer = self.request("Update", fields).await;
        answer.is_some_and(|answer| answer["Status"] == "SUCCESS")
    }

    /// Deletes the stack; sometimes this fails, or the role is retained.
    async fn delete(&self) {
        self.to(StackStatus::DeleteInProgress);
        if self.world.perhaps(100) {
            self.take_down(StackStatus::DeleteFailed, false).await;
            if self.world.perhaps(500) {
                return;
            }
            self.world.pause(600, 20 * 3600).await;
            self.to(StackStatus::DeleteInProgress);
        }
        let keeps_role = self.world.perhaps(120);
        self.take_down(StackStatus::DeleteComplete, !keeps_role)
            .await;
    }

    /// Deletes the custom resource first, then the role unless it is retained.
    async fn take_down(&self, end: StackStatus, with_role: bool) {
        if self.served() {
            for _ in 0..4 {
                if self.request("Delete", json!({})).await.is_some() {
                    break;
                }
                self.to(StackStatus::DeleteFailed);
                self.world.pause(60, 3600).await;
                self.to(StackStatus::DeleteInProgress);
            }
        }
        self.world.pause(1, 30).await;
        if with_role {
            self.world.delete_role(&self.role());
        }
        // It is deleted only after everything else was deleted or retained.
        if end != StackStatus::DeleteFailed {
            self.delete_preflight().await;
        }
        let is_deleted = end == StackStatus::DeleteComplete;
        self.world
            .change_stack(&self.id, |stack| stack.is_deleted |= is_deleted);
        self.to(end);
    }

    /// Deletes a stack while it is being created: the Delete may arrive before the Create.
    async fn delete_while_it_is_made(&self) {
        let (world, id) = (Rc::clone(&self.world), self.id.clone());
        let (link, body) = (
            self.link.clone(),
            json!({"ResourceProperties": self.properties}),
        );
        world.clone().act(async move {
            world.request(&link, &id, "Create", body).await;
        });
        self.world.pause(0, 20).await;
        self.to(StackStatus::DeleteInProgress);
        self.take_down(StackStatus::DeleteComplete, true).await;
    }
}

impl World {
    /// Whether the role still exists.
    pub fn aws_has(&self, role: &RoleArn) -> bool {
        let mut found = false;
        self.aws.change_role(role, |_| found = true);
        found
    }
}
