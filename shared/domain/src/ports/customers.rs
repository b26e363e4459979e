//! Customers' AWS accounts.

use crate::aws::{ExternalId, InstanceProfileArn, RoleArn, StackId};
use crate::check::{AssumeOutcome, Granted, ManagedPolicy, Read, RoleFacts, StackFacts};
use crate::iam::simulation::Simulated;
use std::collections::{BTreeMap, BTreeSet};

/// The customer's AWS account as the hub can access it.
pub trait CustomerAccounts: AssumeRole + StackReader + IamReader + PolicySimulator {}
impl<T: AssumeRole + StackReader + IamReader + PolicySimulator> CustomerAccounts for T {}

/// Assumes roles in customers' accounts.
pub trait AssumeRole {
    /// Credentials of an assumed role, kept in memory only.
    type Session;

    /// Calls AssumeRole; the session is limited to inspection.
    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<Self::Session>;
    /// Calls AssumeRole and expects a rejection. If a session is granted, it has no permissions and
    /// is dropped.
    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome;
}

/// Reads stacks from CloudFormation.
pub trait StackReader: AssumeRole {
    /// `external_id` is compared with the stack's parameter, which is not stored.
    async fn stack(
        &self,
        session: &Self::Session,
        id: &StackId,
        external_id: &ExternalId,
    ) -> Read<StackFacts>;
    async fn stack_roles(&self, session: &Self::Session, id: &StackId) -> Read<BTreeSet<String>>;
}

/// Reads roles from IAM.
pub trait IamReader: AssumeRole {
    async fn role(&self, session: &Self::Session, role: &RoleArn) -> Read<RoleFacts>;
    async fn attached_policies(
        &self,
        session: &Self::Session,
        role: &RoleArn,
    ) -> Read<BTreeSet<String>>;
    /// A managed policy's default version, if the role may read it.
    async fn managed_policy(&self, session: &Self::Session, arn: &str) -> Read<ManagedPolicy>;
    /// Whether a managed policy still has this version.
    async fn has_policy_version(
        &self,
        session: &Self::Session,
        arn: &str,
        version: &str,
    ) -> Read<()>;
    /// The documents by name. The `likely` ones are requested in parallel with the list.
    async fn inline_policies(
        &self,
        session: &Self::Session,
        role: &RoleArn,
        likely: &[&str],
    ) -> Read<BTreeMap<String, String>>;
    /// The names of the roles in the instance profile: at most one.
    async fn instance_profile(
        &self,
        session: &Self::Session,
        profile: &InstanceProfileArn,
    ) -> Read<BTreeSet<String>>;
}

/// Answers permission questions through AWS.
pub trait PolicySimulator: AssumeRole {
    /// IAM's simulation result for each action and resource.
    async fn simulate(
        &self,
        session: &Self::Session,
        role: &RoleArn,
        actions: &[String],
        resources: &[String],
    ) -> Read<Vec<Simulated>>;
    /// Decodes an authorization failure message. Returns not found if it is invalid, or another
    /// account's.
    async fn decode_message(&self, session: &Self::Session, message: &str) -> Read<String>;
}

/// The result of [`AssumeRole::assume`].
#[derive(Debug)]
pub enum Assumed<S> {
    Granted { session: S, granted: Granted },
    Not(AssumeOutcome),
}
