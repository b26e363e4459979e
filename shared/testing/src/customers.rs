//! Customers' AWS accounts, as far as the hub can see them: roles and stacks that a test describes.

use crate::lock;
use rolecall_domain::aws::{ExternalId, InstanceProfileArn, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::check::Hub;
use rolecall_domain::check::{
    AssumeOutcome, Denial, Granted, ManagedPolicy, Read, RoleFacts, StackFacts, StackStatus,
};
use rolecall_domain::companion::options::Options;
use rolecall_domain::companion::{DeployedRole, Kind};
use rolecall_domain::iam::simulation::{Decision, Simulated};
use rolecall_domain::ports::{AssumeRole, Assumed, IamReader, PolicySimulator, StackReader};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// What CloudFormation knows of a stack. A deleted one can still be read by its id.
#[derive(Debug, Clone)]
pub struct FakeStack {
    pub status: StackStatus,
    pub status_reason: Option<String>,
    pub protected: bool,
    /// The stack's parameter.
    pub external_id: ExternalId,
    pub boundary_arn: Option<String>,
    pub managed_policy_arns: BTreeSet<String>,
    /// Names of the roles that the stack made.
    pub roles: BTreeSet<String>,
    /// What its parameters and outputs say of roles beside the hub's own.
    pub deployed_roles: Vec<DeployedRole>,
    /// What its parameters ask for and its outputs do not show yet.
    pub asked_roles: Vec<(Kind, Option<Options>)>,
}

impl FakeStack {
    fn asks_for(&self) -> Vec<(Kind, Option<Options>)> {
        let made = self.deployed_roles.iter();
        let made = made.map(|made| (made.kind, made.options.clone()));
        made.chain(self.asked_roles.iter().cloned()).collect()
    }
}

/// What IAM knows of a role, and how it answers.
#[derive(Debug, Clone)]
pub struct FakeRole {
    pub unique_id: RoleUniqueId,
    pub external_id: ExternalId,
    /// Whether the trust policy asks for the external ID at all.
    pub enforces_external_id: bool,
    /// What the trust policy's text is; it may say another thing than STS does.
    pub trust_policy: String,
    pub boundary_arn: Option<String>,
    pub max_session_seconds: u32,
    pub attached_policies: BTreeSet<String>,
    /// The texts of managed policies that the role may read, by ARN.
    pub policy_documents: BTreeMap<String, String>,
    /// The documents by name.
    pub inline_policies: BTreeMap<String, String>,
    /// So many times more STS does not know the role yet.
    pub unknown_to_sts: u32,
    /// What STS says to every AssumeRole, whatever the trust policy.
    pub sts_says: Option<AssumeOutcome>,
    /// STS says nothing at all, for ever.
    pub never_answers: bool,
    /// What STS says to a probe that should be refused.
    pub probes_meet: Option<AssumeOutcome>,
    /// What every read through the role meets.
    pub reads_meet: Option<Trouble>,
    /// Actions that the role may not do.
    pub denied: BTreeSet<&'static str>,
    /// AWS's message then.
    pub denial: String,
}

/// Why a read gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Throttled,
    Unreachable,
}

/// One AssumeRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub role: RoleArn,
    pub external_id: Option<ExternalId>,
    /// Whether it was made in the hope of a refusal.
    pub is_probe: bool,
}

/// A role that was assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeSession {
    pub role: RoleArn,
}

#[derive(Debug, Default)]
struct World {
    roles: BTreeMap<RoleArn, FakeRole>,
    stacks: BTreeMap<StackId, FakeStack>,
    /// The names of the roles in them.
    instance_profiles: BTreeMap<InstanceProfileArn, BTreeSet<String>>,
    asked_of_sts: Vec<Asked>,
}

#[derive(Debug, Default)]
pub struct FakeCustomers {
    world: Mutex<World>,
}

impl FakeRole {
    /// As the onboarding template makes it: nothing to object to.
    pub fn healthy(unique_id: RoleUniqueId, external_id: ExternalId, hub: &Hub) -> Self {
        Self {
            unique_id,
            trust_policy: trust_policy(&external_id, hub),
            external_id,
            enforces_external_id: true,
            boundary_arn: None,
            max_session_seconds: 3600,
            attached_policies: BTreeSet::new(),
            policy_documents: BTreeMap::new(),
            inline_policies: BTreeMap::from([(
                "SelfInspection".to_owned(),
                r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
            )]),
            unknown_to_sts: 0,
            sts_says: None,
            never_answers: false,
            probes_meet: None,
            reads_meet: None,
            denied: BTreeSet::new(),
            denial: String::new(),
        }
    }

    fn answer(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome {
        if let Some(outcome) = &self.sts_says {
            return outcome.clone();
        }
        if self.enforces_external_id && external_id != Some(&self.external_id) {
            return AssumeOutcome::Refused;
        }
        AssumeOutcome::Granted(Granted {
            account: role.account().clone(),
            role_unique_id: self.unique_id.clone(),
        })
    }
}

fn trust_policy(external_id: &ExternalId, hub: &Hub) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", hub.account)},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": external_id},
                "ArnLike": {"aws:PrincipalArn": hub.trusted_principals},
            },
        }],
    })
    .to_string()
}

impl FakeCustomers {
    pub fn new() -> Self {
        Self::default()
    }

    /// A stack in the making, with its role in good order.
    pub fn create_stack(&self, stack: &StackId, arn: &RoleArn, role: FakeRole) {
        let made = FakeStack {
            status: StackStatus::CreateInProgress,
            status_reason: None,
            protected: false,
            external_id: role.external_id.clone(),
            boundary_arn: role.boundary_arn.clone(),
            managed_policy_arns: role.attached_policies.clone(),
            roles: BTreeSet::from([arn.name().to_owned()]),
            deployed_roles: Vec::new(),
            asked_roles: Vec::new(),
        };
        let mut world = self.world();
        world.stacks.insert(stack.clone(), made);
        world.roles.insert(arn.clone(), role);
    }

    /// Deletes a stack and the roles that it made.
    pub fn delete_stack(&self, stack: &StackId) {
        let mut world = self.world();
        let Some(found) = world.stacks.get_mut(stack) else {
            return;
        };
        found.status = StackStatus::DeleteComplete;
        let names = found.roles.clone();
        let made =
            |role: &RoleArn| role.account() == stack.account() && names.contains(role.name());
        world.roles.retain(|role, _| !made(role));
    }

    pub fn put_role(&self, arn: &RoleArn, role: FakeRole) {
        self.world().roles.insert(arn.clone(), role);
    }

    /// An instance profile with these roles in it.
    pub fn put_instance_profile(&self, arn: &InstanceProfileArn, roles: &[&str]) {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        self.world().instance_profiles.insert(arn.clone(), roles);
    }

    pub fn delete_role(&self, arn: &RoleArn) {
        self.world().roles.remove(arn);
    }

    /// Changes a role that is there.
    pub fn change_role(&self, arn: &RoleArn, change: impl FnOnce(&mut FakeRole)) {
        self.world().roles.get_mut(arn).map(change);
    }

    /// Changes a stack that is there.
    pub fn change_stack(&self, id: &StackId, change: impl FnOnce(&mut FakeStack)) {
        self.world().stacks.get_mut(id).map(change);
    }

    /// How often STS was asked.
    pub fn calls_to_sts(&self) -> usize {
        self.asked_of_sts().len()
    }

    /// What STS was asked for, in order.
    pub fn asked_of_sts(&self) -> Vec<Asked> {
        self.world().asked_of_sts.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    async fn ask_sts(&self, asked: Asked) -> AssumeOutcome {
        let hangs = |role: &FakeRole| role.never_answers;
        if self.world().roles.get(&asked.role).is_some_and(hangs) {
            std::future::pending::<()>().await;
        }
        let mut world = self.world();
        world.asked_of_sts.push(asked.clone());
        // STS does not tell a role that is missing from one that refuses.
        let Some(found) = world.roles.get_mut(&asked.role) else {
            return AssumeOutcome::Refused;
        };
        if found.unknown_to_sts > 0 {
            found.unknown_to_sts -= 1;
            return AssumeOutcome::Refused;
        }
        if let Some(outcome) = found.probes_meet.as_ref().filter(|_| asked.is_probe) {
            return outcome.clone();
        }
        found.answer(&asked.role, asked.external_id.as_ref())
    }

    /// A read through a role, if it may.
    fn read<T>(
        &self,
        session: &FakeSession,
        action: &'static str,
        read: impl FnOnce(&World) -> Option<T>,
    ) -> Read<T> {
        let world = self.world();
        let Some(role) = world.roles.get(&session.role) else {
            return Read::Denied(action.into());
        };
        match role.reads_meet {
            Some(Trouble::Throttled) => Read::Throttled,
            Some(Trouble::Unreachable) => Read::Unreachable,
            None if role.denied.contains(action) => {
                Read::Denied(Denial::from_message(action, &role.denial))
            }
            None => read(&world).map_or(Read::NotFound, Read::Seen),
        }
    }
}

impl AssumeRole for FakeCustomers {
    type Session = FakeSession;

    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<FakeSession> {
        let asked = Asked {
            role: role.clone(),
            external_id: Some(external_id.clone()),
            is_probe: false,
        };
        match self.ask_sts(asked).await {
            AssumeOutcome::Granted(granted) => Assumed::Granted {
                session: FakeSession { role: role.clone() },
                granted,
            },
            other => Assumed::Not(other),
        }
    }

    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome {
        self.ask_sts(Asked {
            role: role.clone(),
            external_id: external_id.cloned(),
            is_probe: true,
        })
        .await
    }
}

impl StackReader for FakeCustomers {
    async fn stack(
        &self,
        session: &FakeSession,
        id: &StackId,
        external_id: &ExternalId,
    ) -> Read<StackFacts> {
        self.read(session, "cloudformation:DescribeStacks", |world| {
            let stack = world.stacks.get(id)?;
            Some(StackFacts {
                status: stack.status,
                status_reason: stack.status_reason.clone(),
                protected: stack.protected,
                external_id_matches: Some(stack.external_id == *external_id),
                boundary_arn: stack.boundary_arn.clone(),
                managed_policy_arns: stack.managed_policy_arns.clone(),
                asked_roles: stack.asks_for(),
                deployed_roles: stack.deployed_roles.clone(),
            })
        })
    }

    async fn stack_roles(&self, session: &FakeSession, id: &StackId) -> Read<BTreeSet<String>> {
        self.read(session, "cloudformation:DescribeStackResources", |world| {
            world.stacks.get(id).map(|stack| stack.roles.clone())
        })
    }
}

impl IamReader for FakeCustomers {
    async fn role(&self, session: &FakeSession, role: &RoleArn) -> Read<RoleFacts> {
        self.read(session, "iam:GetRole", |world| {
            let role = world.roles.get(role)?;
            Some(RoleFacts {
                unique_id: role.unique_id.clone(),
                trust_policy: role.trust_policy.clone(),
                boundary_arn: role.boundary_arn.clone(),
                max_session_seconds: Some(role.max_session_seconds),
            })
        })
    }

    async fn attached_policies(
        &self,
        session: &FakeSession,
        role: &RoleArn,
    ) -> Read<BTreeSet<String>> {
        self.read(session, "iam:ListAttachedRolePolicies", |world| {
            let role = world.roles.get(role)?;
            Some(role.attached_policies.clone())
        })
    }

    /// Another text is another version.
    async fn managed_policy(&self, session: &FakeSession, arn: &str) -> Read<ManagedPolicy> {
        self.read(session, "iam:GetPolicy", |world| {
            let role = world.roles.get(&session.role)?;
            let document = role.policy_documents.get(arn)?.clone();
            let version = format!("ANPA {}", document.len());
            Some(ManagedPolicy { version, document })
        })
    }

    async fn inline_policies(
        &self,
        session: &FakeSession,
        role: &RoleArn,
        _likely: &[&str],
    ) -> Read<BTreeMap<String, String>> {
        self.read(session, "iam:ListRolePolicies", |world| {
            let role = world.roles.get(role)?;
            Some(role.inline_policies.clone())
        })
    }

    async fn instance_profile(
        &self,
        session: &FakeSession,
        profile: &InstanceProfileArn,
    ) -> Read<BTreeSet<String>> {
        self.read(session, "iam:GetInstanceProfile", |world| {
            world.instance_profiles.get(profile).cloned()
        })
    }
}

impl PolicySimulator for FakeCustomers {
    /// Inline policies decide, by an action's whole name.
    async fn simulate(
        &self,
        session: &FakeSession,
        role: &RoleArn,
        actions: &[String],
        resources: &[String],
    ) -> Read<Vec<Simulated>> {
        self.read(session, "iam:SimulatePrincipalPolicy", |world| {
            let policies = &world.roles.get(role)?.inline_policies;
            let each = actions.iter().flat_map(|action| {
                let quoted = format!("\"{action}\"");
                let matched = policies.iter().filter(|(_, text)| text.contains(&quoted));
                let matched: Vec<String> = matched.map(|(name, _)| name.clone()).collect();
                let decision = match matched.is_empty() {
                    true => Decision::ImplicitlyDenied,
                    false => Decision::Allowed,
                };
                resources.iter().map(move |resource| Simulated {
                    action: action.clone(),
                    resource: resource.clone(),
                    decision,
                    matched: matched.clone(),
                    missing_context: Vec::new(),
                    outside_boundary: false,
                    outside_organization: false,
                })
            });
            Some(each.collect())
        })
    }

    /// A message is its own text after `encoded:`.
    async fn decode_message(&self, session: &FakeSession, message: &str) -> Read<String> {
        self.read(session, "sts:DecodeAuthorizationMessage", |_| {
            message.strip_prefix("encoded:").map(str::to_owned)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_domain::aws::{AwsAccountId, Region};
    use rolecall_domain::iam::trust::{Admitted, Audience, TrustPolicy};

    #[test]
    fn a_healthy_role_trusts_the_hub_alone() {
        let hub = Hub {
            account: AwsAccountId::parse("111111111111").expect("valid"),
            region: Region::parse("us-east-1").expect("valid"),
            allow_own_account: false,
            trusted_principals: vec!["arn:aws:iam::111111111111:role/hub/*".to_owned()],
        };
        let unique_id = RoleUniqueId::parse("AROA000000000000001").expect("valid");
        let external_id = ExternalId::parse("external-id").expect("valid");
        let role = FakeRole::healthy(unique_id, external_id.clone(), &hub);
        let policy = TrustPolicy::parse(&role.trust_policy).expect("a policy");
        let admitted = [Admitted::Hub {
            roles: &hub.trusted_principals,
            external_id: &external_id,
        }];
        let audience = Audience {
            hub: &hub.account,
            admitted: &admitted,
        };
        assert_eq!(policy.broader_than(&audience), []);
        assert!(policy.left_out(&audience).is_empty());

        let arn = RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/x").expect("valid");
        let wrong = external_id.wrong();
        let granted = |id| matches!(role.answer(&arn, id), AssumeOutcome::Granted(_));
        assert!(granted(Some(&external_id)));
        assert!(!granted(Some(&wrong)));
        assert!(!granted(None));
    }
}
