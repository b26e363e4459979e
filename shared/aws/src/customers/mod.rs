//! Access to customers' accounts: [`assume`] calls STS; [`reads`] and [`stacks`] read through the
//! assumed role.
//!
//! Every AssumeRole call uses the registration's external ID, or is a probe that should be
//! rejected. Credentials stay in a [`Session`], in memory, for at most fifteen minutes, and the
//! session policy limits them regardless of the role's permissions.

mod assume;
mod issue;
mod reads;
mod simulate;
mod stacks;

pub use issue::Issuer;

use crate::clients::Aws;
use aws_credential_types::Credentials;
use rolecall_domain::aws::{ExternalId, InstanceProfileArn, RoleArn, StackId};
use rolecall_domain::check::{AssumeOutcome, ManagedPolicy, Read, RoleFacts, StackFacts};
use rolecall_domain::iam::simulation::Simulated;
use rolecall_domain::ports::{AssumeRole, Assumed, IamReader, PolicySimulator, StackReader};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One client per service for all customers. Calls override the credentials, which costs a third of
/// what a client per account would.
#[derive(Debug, Clone)]
pub struct Customers {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    cloudformation: aws_sdk_cloudformation::Client,
}

impl Customers {
    /// For a single customer, when a caller is waiting.
    pub fn new(aws: &Aws) -> Self {
        Self::with(aws.sts(), aws)
    }

    /// For many customers, at the rate that STS allows.
    pub fn fleet(aws: &Aws) -> Self {
        Self::with(aws.sts_adaptive(), aws)
    }

    fn with(sts: aws_sdk_sts::Client, aws: &Aws) -> Self {
        Self {
            sts,
            iam: aws.iam(),
            cloudformation: aws.cloudformation(),
        }
    }
}

/// Credentials of a customer's role.
#[derive(Clone)]
pub struct Session {
    credentials: Credentials,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

impl AssumeRole for Customers {
    type Session = Session;

    async fn assume(&self, role: &RoleArn, external_id: &ExternalId) -> Assumed<Session> {
        assume::inspecting(&self.sts, role, external_id).await
    }

    async fn try_assume(&self, role: &RoleArn, external_id: Option<&ExternalId>) -> AssumeOutcome {
        assume::probing(&self.sts, role, external_id).await
    }
}

impl StackReader for Customers {
    async fn stack(
        &self,
        session: &Session,
        id: &StackId,
        external_id: &ExternalId,
    ) -> Read<StackFacts> {
        stacks::stack(&self.cloudformation, session, id, external_id).await
    }

    async fn stack_roles(&self, session: &Session, id: &StackId) -> Read<BTreeSet<String>> {
        stacks::stack_roles(&self.cloudformation, session, id).await
    }
}

impl IamReader for Customers {
    async fn role(&self, session: &Session, role: &RoleArn) -> Read<RoleFacts> {
        reads::role(&self.iam, session, role).await
    }

    async fn attached_policies(&self, session: &Session, role: &RoleArn) -> Read<BTreeSet<String>> {
        reads::attached_policies(&self.iam, session, role).await
    }

    async fn managed_policy(&self, session: &Session, arn: &str) -> Read<ManagedPolicy> {
        reads::managed_policy(&self.iam, session, arn).await
    }

    async fn has_policy_version(&self, session: &Session, arn: &str, version: &str) -> Read<()> {
        reads::has_policy_version(&self.iam, session, arn, version).await
    }

    async fn inline_policies(
        &self,
        session: &Session,
        role: &RoleArn,
        likely: &[&str],
    ) -> Read<BTreeMap<String, String>> {
        reads::inline_policies(&self.iam, session, role, likely).await
    }

    async fn instance_profile(
        &self,
        session: &Session,
        profile: &InstanceProfileArn,
    ) -> Read<BTreeSet<String>> {
        reads::instance_profile(&self.iam, session, profile).await
    }
}

impl PolicySimulator for Customers {
    async fn simulate(
        &self,
        session: &Session,
        role: &RoleArn,
        actions: &[String],
        resources: &[String],
    ) -> Read<Vec<Simulated>> {
        simulate::simulate(&self.iam, session, role, actions, resources).await
    }

    async fn decode_message(&self, session: &Session, message: &str) -> Read<String> {
        simulate::decode_message(&self.sts, session, message).await
    }
}
