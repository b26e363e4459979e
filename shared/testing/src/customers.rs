//! Fake AWS accounts of customers, with the roles and stacks that a test defines.

use crate::lock;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::aws::{
    ExternalId, InstanceProfileArn, Nested, RoleArn, RoleUniqueId, StackId,
};
use rolecall_domain::check::Hub;
use rolecall_domain::check::{
    AssumeOutcome, Denial, Granted, ManagedPolicy, Read, RoleFacts, StackFacts, StackStatus,
};
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::companion::expected::ExpectedRole;
use rolecall_domain::credentials::{Credentials, SessionPolicy};
use rolecall_domain::iam::simulation::{Decision, Simulated};
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::ports::{
    AssumeRole, Assumed, IamReader, IssueSession, IssuedSession, PolicySimulator, SessionRequest,
    StackReader,
};
use rolecall_domain::template::policies::{
    Arns, Boundary, Inspected, InspectedCompanion, self_inspection,
};
use rolecall_domain::template::{SELF_INSPECTION, Template};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// A stack in CloudFormation. Deleted stacks can still be read by ID.
#[derive(Debug, Clone)]
pub struct FakeStack {
    pub status: StackStatus,
    pub status_reason: Option<String>,
    pub protected: bool,
    pub nested: Option<Nested>,
    /// The value of the stack's parameter.
    pub external_id: ExternalId,
    pub boundary_arn: Option<String>,
    /// The template in the stack's output.
    pub template_id: Option<TemplateId>,
    /// The managed policies that its template attaches, if the hub has no record of it.
    pub managed_policy_arns: BTreeSet<String>,
    /// Names of the roles that the stack created.
    pub roles: BTreeSet<String>,
    /// The companion roles that it created. Its outputs have them without their options.
    pub deployed_roles: Vec<DeployedRole>,
}

/// A role in IAM, and the responses of AWS to calls that involve it.
#[derive(Debug, Clone)]
pub struct FakeRole {
    pub unique_id: RoleUniqueId,
    pub external_id: ExternalId,
    /// Whether the trust policy requires the external ID.
    pub enforces_external_id: bool,
    /// The trust policy's document. It may differ from STS's behavior.
    pub trust_policy: String,
    pub boundary_arn: Option<String>,
    pub max_session_seconds: u32,
    pub attached_policies: BTreeSet<String>,
    /// The documents of managed policies that the role may read, by ARN.
    pub policy_documents: BTreeMap<String, String>,
    /// Managed policies of which only the default version still exists.
    pub pruned_policies: BTreeSet<String>,
    /// The documents by name.
    pub inline_policies: BTreeMap<String, String>,
    /// Whether its stack gives it the inline policy with which the hub's role reads itself.
    pub inspects_itself: bool,
    /// The number of remaining calls for which STS does not know the role yet.
    pub unknown_to_sts: u32,
    /// The result of every AssumeRole, regardless of the trust policy.
    pub sts_says: Option<AssumeOutcome>,
    /// STS never responds.
    pub never_answers: bool,
    /// The result of probes that should be rejected.
    pub probes_meet: Option<AssumeOutcome>,
    /// The failure of every read through the role.
    pub reads_meet: Option<Trouble>,
    /// Actions that are denied to the role.
    pub denied: BTreeSet<&'static str>,
    /// AWS's message for denied actions.
    pub denial: String,
}

/// Why a read fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Throttled,
    Unreachable,
}

/// One AssumeRole call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub role: RoleArn,
    pub external_id: Option<ExternalId>,
    /// Whether it was a probe that should be rejected.
    pub is_probe: bool,
}

/// One session that was issued to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedToIssue {
    pub role: RoleArn,
    pub external_id: ExternalId,
    pub name: String,
    pub policy: SessionPolicy,
    pub seconds: u32,
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
    /// Names of the roles in each instance profile.
    instance_profiles: BTreeMap<InstanceProfileArn, BTreeSet<String>>,
    asked_of_sts: Vec<Asked>,
    issued: Vec<AskedToIssue>,
    /// The time of STS's clock.
    now: Timestamp,
}

impl World {
    /// The policy that a role's stack gives it to read itself and the stack.
    fn self_inspection(&self, role: &RoleArn) -> Option<String> {
        let (id, stack) = self.stacks.iter().find(|(id, stack)| {
            id.account() == role.account() && stack.roles.contains(role.name())
        })?;
        let arns = |arn: &RoleArn| Arns([json!(arn), json!(arn.without_path())]);
        let companions = stack.deployed_roles.iter().map(|deployed| {
            let profile = deployed.instance_profile_arn.as_ref();
            let expected = ExpectedRole::of(deployed);
            InspectedCompanion {
                role: arns(&deployed.role_arn),
                instance_profile: profile.map(|arn| Arns([json!(arn), json!(arn.without_path())])),
                policies: expected.map_or_else(Vec::new, |role| role.customer_managed()),
            }
        });
        let document = self_inspection(&Inspected {
            partition: role.partition(),
            stack: json!(id),
            role: arns(role),
            boundary: stack
                .boundary_arn
                .clone()
                .map_or(Boundary::None, Boundary::Arn),
            companions: companions.collect(),
        });
        Some(document.to_string())
    }
}

impl FakeStack {
    fn outputs(&self) -> Vec<DeployedRole> {
        let roles = self.deployed_roles.iter().cloned();
        roles.map(|role| role.with_options(None)).collect()
    }
}

#[derive(Debug, Default)]
pub struct FakeCustomers {
    world: Mutex<World>,
}

impl FakeRole {
    /// A role as the onboarding template creates it, without findings.
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
            pruned_policies: BTreeSet::new(),
            inline_policies: BTreeMap::new(),
            inspects_itself: true,
            unknown_to_sts: 0,
            sts_says: None,
            never_answers: false,
            probes_meet: None,
            reads_meet: None,
            denied: BTreeSet::new(),
            denial: String::new(),
        }
    }

    /// A companion role.
    pub fn companion(unique_id: RoleUniqueId, external_id: ExternalId, hub: &Hub) -> Self {
        Self {
            inspects_itself: false,
            ..Self::healthy(unique_id, external_id, hub)
        }
    }

    /// Gives the role the policies of another one.
    pub fn copy_access(&mut self, other: &Self) {
        self.attached_policies = other.attached_policies.clone();
        self.inline_policies = other.inline_policies.clone();
    }

    /// Gives the role the access of this template, as its stack does.
    pub fn get_access(&mut self, template: &Template) {
        let managed = template.managed_policies().into_iter().cloned();
        self.attached_policies = managed.collect();
        let policies = template.profiles.iter().filter_map(|profile| {
            let document = profile.policy.as_ref()?.to_string();
            Some((profile.name.policy_name(), document))
        });
        self.inline_policies = policies.collect();
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
    json!({
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

    /// Creates a stack in progress with a healthy role.
    pub fn create_stack(&self, stack: &StackId, arn: &RoleArn, role: FakeRole) {
        let made = FakeStack {
            status: StackStatus::CreateInProgress,
            status_reason: None,
            protected: false,
            nested: None,
            external_id: role.external_id.clone(),
            boundary_arn: role.boundary_arn.clone(),
            template_id: None,
            managed_policy_arns: role.attached_policies.clone(),
            roles: BTreeSet::from([arn.name().to_owned()]),
            deployed_roles: Vec::new(),
        };
        let mut world = self.world();
        world.stacks.insert(stack.clone(), made);
        world.roles.insert(arn.clone(), role);
    }

    /// Deletes a stack and the roles that it created.
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

    /// Creates an instance profile with these roles.
    pub fn put_instance_profile(&self, arn: &InstanceProfileArn, roles: &[&str]) {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        self.world().instance_profiles.insert(arn.clone(), roles);
    }

    pub fn delete_role(&self, arn: &RoleArn) {
        self.world().roles.remove(arn);
    }

    /// Changes an existing role.
    pub fn change_role(&self, arn: &RoleArn, change: impl FnOnce(&mut FakeRole)) {
        self.world().roles.get_mut(arn).map(change);
    }

    /// Changes an existing stack.
    pub fn change_stack(&self, id: &StackId, change: impl FnOnce(&mut FakeStack)) {
        self.world().stacks.get_mut(id).map(change);
    }

    /// The number of AssumeRole calls.
    pub fn calls_to_sts(&self) -> usize {
        self.asked_of_sts().len()
    }

    /// All AssumeRole calls, in order.
    pub fn asked_of_sts(&self) -> Vec<Asked> {
        self.world().asked_of_sts.clone()
    }

    /// All sessions that were issued to services, in order.
    pub fn issued(&self) -> Vec<AskedToIssue> {
        self.world().issued.clone()
    }

    /// Sets STS's clock, which decides when sessions end.
    pub fn set_clock(&self, now: Timestamp) {
        self.world().now = now;
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
        // STS does not distinguish a missing role from one that rejects the caller.
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

    /// Reads through a role, if the role may.
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

impl IssueSession for FakeCustomers {
    async fn issue(&self, request: &SessionRequest<'_>) -> IssuedSession {
        let asked = Asked {
            role: request.role.clone(),
            external_id: Some(request.external_id.clone()),
            is_probe: false,
        };
        let granted = match self.ask_sts(asked).await {
            AssumeOutcome::Granted(granted) => granted,
            other => return IssuedSession::Not(other),
        };
        let seconds = request.duration.get();
        let mut world = self.world();
        world.issued.push(AskedToIssue {
            role: request.role.clone(),
            external_id: request.external_id.clone(),
            name: request.name.to_string(),
            policy: request.policy.clone(),
            seconds,
        });
        let number = world.issued.len();
        let end = world.now + SignedDuration::from_secs(i64::from(seconds));
        let (key, secret) = (format!("ASIA{number:016}"), format!("secret-{number}"));
        IssuedSession::Granted {
            granted,
            credentials: Credentials::new(key, secret, format!("token-{number}"), end),
        }
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
                nested: stack.nested.clone(),
                external_id_matches: Some(stack.external_id == *external_id),
                boundary_arn: stack.boundary_arn.clone(),
                template_id: stack.template_id.clone(),
                managed_policy_arns: stack.managed_policy_arns.clone(),
                // Only its template has them.
                asked_roles: Vec::new(),
                deployed_roles: stack.outputs(),
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

    /// Different documents count as different versions.
    async fn managed_policy(&self, session: &FakeSession, arn: &str) -> Read<ManagedPolicy> {
        self.read(session, "iam:GetPolicy", |world| {
            let role = world.roles.get(&session.role)?;
            let document = role.policy_documents.get(arn)?.clone();
            let version = format!("ANPA {}", document.len());
            Some(ManagedPolicy { version, document })
        })
    }

    async fn has_policy_version(
        &self,
        session: &FakeSession,
        arn: &str,
        _version: &str,
    ) -> Read<()> {
        self.read(session, "iam:GetPolicyVersion", |world| {
            let role = world.roles.get(&session.role)?;
            (!role.pruned_policies.contains(arn)).then_some(())
        })
    }

    async fn inline_policies(
        &self,
        session: &FakeSession,
        role: &RoleArn,
        _likely: &[&str],
    ) -> Read<BTreeMap<String, String>> {
        self.read(session, "iam:ListRolePolicies", |world| {
            let found = world.roles.get(role)?;
            let mut policies = found.inline_policies.clone();
            if let Some(own) = world
                .self_inspection(role)
                .filter(|_| found.inspects_itself)
            {
                policies.entry(SELF_INSPECTION.to_owned()).or_insert(own);
            }
            Some(policies)
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
    /// Only inline policies count, by an action's full name.
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

    /// An encoded message is `encoded:` followed by its text.
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
    fn healthy_role_trusts_only_the_hub() {
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
