//! What is true in the customers' AWS accounts, whatever the hub believes.

use crate::hub::identity;
use crate::world::World;
use rolecall_domain::aws::{ExternalId, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::check::{AssumeOutcome, StackStatus};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::FakeRole;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Those who live in it; two tenants may have the same one.
pub const AWS_ACCOUNTS: [&str; 3] = ["222222222222", "333333333333", "444444444444"];

#[derive(Default)]
pub struct Customers {
    pub stacks: BTreeMap<StackId, Stack>,
    roles: BTreeMap<RoleArn, Role>,
    pub closed: BTreeSet<String>,
    made: u32,
}

/// A stack, from its creator's side.
#[derive(Debug, Clone)]
pub struct Stack {
    pub role: RoleArn,
    /// The custom resource tells the hub of it.
    pub is_served: bool,
    pub is_deleted: bool,
    /// When CloudFormation first began to delete it, or to roll it back.
    pub leaving_since: Option<Timestamp>,
    /// It could not be deleted.
    pub is_in_trouble: bool,
    /// The hub has dealt with a Delete that carried the right token.
    pub delete_heard: bool,
    /// A message about it was given up by its source: what follows is not the hub's fault.
    pub is_lost: bool,
}

struct Role {
    answers: bool,
    /// Since when it has answered, or been silent.
    since: Timestamp,
    was_silent: bool,
}

impl World {
    pub fn new_name(&self, prefix: &str) -> String {
        let mut customers = self.customers.borrow_mut();
        customers.made += 1;
        format!("{prefix}{}", customers.made)
    }

    /// A role for a stack, which will answer or not, and its ARN.
    pub fn new_role(
        &self,
        stack: &StackId,
        external_id: &ExternalId,
        answers: bool,
    ) -> (RoleArn, FakeRole) {
        let name = self.new_name("Role");
        let account = stack.account();
        let arn = RoleArn::parse(format!("arn:aws:iam::{account}:role/rolecall/{name}"));
        let arn = arn.expect("valid");
        let unique_id = RoleUniqueId::parse(format!("AROA{:0>17}", name.to_uppercase()));
        let mut role =
            FakeRole::healthy(unique_id.expect("valid"), external_id.clone(), &identity());
        role.sts_says = (!answers).then_some(AssumeOutcome::Refused);
        let truth = Role {
            answers,
            since: self.now(),
            was_silent: false,
        };
        self.customers.borrow_mut().roles.insert(arn.clone(), truth);
        (arn, role)
    }

    /// Lets a role answer, or not. In a closed account none does.
    pub fn set_role(&self, arn: &RoleArn, answers: bool) {
        let closed = self.is_closed(arn.account().as_str());
        let mut customers = self.customers.borrow_mut();
        let Some(role) = customers.roles.get_mut(arn) else {
            return;
        };
        let answers = answers && !closed;
        if role.answers != answers {
            role.was_silent = !role.answers;
            role.answers = answers;
            role.since = self.now();
            self.note(|| format!("{arn} {}", if answers { "answers" } else { "falls silent" }));
        }
        self.aws.change_role(arn, |role| {
            role.sts_says = (!answers).then_some(AssumeOutcome::Refused);
        });
    }

    pub fn delete_role(&self, arn: &RoleArn) {
        self.set_role(arn, false);
        self.aws.delete_role(arn);
    }

    pub fn role_answers(&self, arn: &RoleArn) -> bool {
        let customers = self.customers.borrow();
        customers.roles.get(arn).is_some_and(|role| role.answers)
    }

    /// Whether the role has answered all the time.
    pub fn has_answered_since(&self, arn: &RoleArn, at: Timestamp) -> bool {
        let customers = self.customers.borrow();
        let role = customers.roles.get(arn);
        role.is_some_and(|role| role.answers && role.since <= at)
    }

    /// Whether the role is silent, or was until a moment ago: who looked then could not know.
    pub fn is_silent(&self, arn: &RoleArn, a_moment: SignedDuration) -> bool {
        let customers = self.customers.borrow();
        let role = customers.roles.get(arn);
        role.is_none_or(|role| {
            !role.answers || role.was_silent && self.now().duration_since(role.since) <= a_moment
        })
    }

    pub fn stack(&self, id: &StackId) -> Option<Stack> {
        self.customers.borrow().stacks.get(id).cloned()
    }

    pub fn change_stack(&self, id: &StackId, change: impl FnOnce(&mut Stack)) {
        self.customers.borrow_mut().stacks.get_mut(id).map(change);
    }

    pub fn set_status(&self, id: &StackId, status: StackStatus) {
        self.note(|| format!("{} is {}", id.name(), status.as_str()));
        if matches!(
            status,
            StackStatus::DeleteInProgress | StackStatus::RollbackInProgress
        ) {
            let now = self.now();
            self.change_stack(id, |stack| {
                stack.leaving_since.get_or_insert(now);
            });
        }
        self.aws.change_stack(id, |stack| stack.status = status);
    }

    /// Whether CloudFormation had begun by then to delete the stack, or to roll it back.
    pub fn is_leaving_since(&self, id: &StackId, at: Timestamp) -> bool {
        let stack = self.stack(id);
        stack.is_some_and(|stack| stack.leaving_since.is_some_and(|since| since <= at))
    }

    pub fn is_closed(&self, aws_account: &str) -> bool {
        self.customers.borrow().closed.contains(aws_account)
    }

    /// Closes an AWS account: nothing in it answers any more. Its organisation tells of it, if it
    /// is in one.
    pub fn close_account(self: &Rc<Self>, aws_account: &str) {
        self.note(|| format!("{aws_account} is closed"));
        let mut customers = self.customers.borrow_mut();
        customers.closed.insert(aws_account.to_owned());
        let arns: Vec<RoleArn> = customers.roles.keys().cloned().collect();
        drop(customers);
        for arn in arns {
            if arn.account().as_str() == aws_account {
                self.set_role(&arn, false);
            }
        }
        if aws_account == AWS_ACCOUNTS[0] {
            return;
        }
        let status = json!({"accountId": aws_account, "state": "SUCCEEDED"});
        let event = Rc::new(json!({
            "source": "aws.organizations",
            "detail-type": "AWS Service Event via CloudTrail",
            "account": "999999999999",
            "time": self.now(),
            "detail": {
                "eventName": "CloseAccountResult",
                "serviceEventDetails": {"closeAccountStatus": status},
            },
        }));
        self.send(async move |world: Rc<World>| {
            world.wake_cleanup((*event).clone()).await;
        });
    }
}
