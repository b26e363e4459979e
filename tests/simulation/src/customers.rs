//! The real state of the customers' AWS accounts, whatever the hub has stored.

use crate::hub::identity;
use crate::world::World;
use rolecall_domain::aws::{ExternalId, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::check::{AssumeOutcome, StackStatus};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::FakeRole;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// All AWS accounts; two tenants may connect the same one.
pub const AWS_ACCOUNTS: [&str; 3] = ["222222222222", "333333333333", "444444444444"];

#[derive(Default)]
pub struct Customers {
    pub stacks: BTreeMap<StackId, Stack>,
    roles: BTreeMap<RoleArn, Role>,
    pub closed: BTreeSet<String>,
    made: u32,
}

/// A stack, as its creator sees it.
#[derive(Debug, Clone)]
pub struct Stack {
    pub role: RoleArn,
    /// The custom resource calls the hub.
    pub is_served: bool,
    pub is_deleted: bool,
    /// When CloudFormation first started to delete the stack or to roll it back.
    pub leaving_since: Option<Timestamp>,
    /// The last deletion failed.
    pub is_in_trouble: bool,
    /// The hub has handled a Delete with a valid token that was sent while the stack was being deleted.
    pub delete_handled: bool,
    /// The hub has handled the Delete of the preflight with a valid token.
    pub preflight_delete_handled: bool,
    /// A message about the stack was dropped by its source; the consequences are not the hub's
    /// fault.
    pub is_lost: bool,
    /// An update dropped the callback.
    pub callback_dropped: bool,
    /// The callback was dropped while the trust policy was broken, or it was broken later. Together
    /// this looks like a deletion.
    pub looks_deleted: bool,
}

struct Role {
    assumable: bool,
    /// Since when the role has had this state.
    since: Timestamp,
    was_unassumable: bool,
}

impl World {
    pub fn new_name(&self, prefix: &str) -> String {
        let mut customers = self.customers.borrow_mut();
        customers.made += 1;
        format!("{prefix}{}", customers.made)
    }

    /// A role for a stack, assumable or not, and its ARN.
    pub fn new_role(
        &self,
        stack: &StackId,
        external_id: &ExternalId,
        assumable: bool,
    ) -> (RoleArn, FakeRole) {
        let name = self.new_name("Role");
        let account = stack.account();
        let arn = RoleArn::parse(format!("arn:aws:iam::{account}:role/rolecall/{name}"));
        let arn = arn.expect("valid");
        let unique_id = RoleUniqueId::parse(format!("AROA{:0>17}", name.to_uppercase()));
        let mut role =
            FakeRole::healthy(unique_id.expect("valid"), external_id.clone(), &identity());
        role.sts_says = (!assumable).then_some(AssumeOutcome::Refused);
        let truth = Role {
            assumable,
            since: self.now(),
            was_unassumable: false,
        };
        self.customers.borrow_mut().roles.insert(arn.clone(), truth);
        (arn, role)
    }

    /// Makes a role assumable or not. In a closed account no role is assumable.
    pub fn set_role(&self, arn: &RoleArn, assumable: bool) {
        let closed = self.is_closed(arn.account().as_str());
        let mut customers = self.customers.borrow_mut();
        let Some(role) = customers.roles.get_mut(arn) else {
            return;
        };
        let assumable = assumable && !closed;
        if role.assumable != assumable {
            role.was_unassumable = !role.assumable;
            role.assumable = assumable;
            role.since = self.now();
            self.note(|| {
                format!(
                    "{arn} becomes {}",
                    if assumable {
                        "assumable"
                    } else {
                        "unassumable"
                    }
                )
            });
        }
        self.aws.change_role(arn, |role| {
            role.sts_says = (!assumable).then_some(AssumeOutcome::Refused);
        });
    }

    pub fn delete_role(&self, arn: &RoleArn) {
        self.set_role(arn, false);
        self.aws.delete_role(arn);
    }

    pub fn role_is_assumable(&self, arn: &RoleArn) -> bool {
        let customers = self.customers.borrow();
        customers.roles.get(arn).is_some_and(|role| role.assumable)
    }

    /// Whether the role has been assumable for the whole time since `at`.
    pub fn assumable_since(&self, arn: &RoleArn, at: Timestamp) -> bool {
        let customers = self.customers.borrow();
        let role = customers.roles.get(arn);
        role.is_some_and(|role| role.assumable && role.since <= at)
    }

    /// Whether the role is unassumable, or was until a moment ago, so that a running check may have
    /// missed the change.
    pub fn is_unassumable(&self, arn: &RoleArn, a_moment: SignedDuration) -> bool {
        let customers = self.customers.borrow();
        let role = customers.roles.get(arn);
        role.is_none_or(|role| {
            !role.assumable
                || role.was_unassumable && self.now().duration_since(role.since) <= a_moment
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

    /// Whether CloudFormation had started to delete the stack or to roll it back by then.
    pub fn is_leaving_since(&self, id: &StackId, at: Timestamp) -> bool {
        let stack = self.stack(id);
        stack.is_some_and(|stack| stack.leaving_since.is_some_and(|since| since <= at))
    }

    pub fn is_closed(&self, aws_account: &str) -> bool {
        self.customers.borrow().closed.contains(aws_account)
    }

    /// Closes an AWS account: none of its roles is assumable any more. If it belongs to an
    /// organization, an event is sent.
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
