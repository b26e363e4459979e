//! Renders the template that customers run from the hub stack's outputs.

mod companions;
mod render;

use rolecall_domain::aws::StackId;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use render::{HubFacts, Rendered, SELF_INSPECTION_AT_MOST, operator_policy_of, render};

use crate::error::AdminError;
use crate::hub_stack::HubStack;

/// The template, and its self-inspection policy as JSON, with which a role reads its stack and itself.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub template: &'a str,
    pub self_inspection: &'a str,
}

/// The files that were compiled into this program.
pub const BUILT_IN: Source<'static> = Source {
    template: include_str!("../../../infra/onboarding/role.yaml"),
    self_inspection: include_str!("../../../infra/onboarding/self-inspection.json"),
};

impl HubFacts {
    /// Reads the facts from the hub stack's outputs.
    ///
    /// # Errors
    /// When the stack is not a hub.
    pub fn from_outputs(
        hub: &HubStack,
        operator_policy: Option<Value>,
    ) -> Result<Self, AdminError> {
        let list = |key: &str| -> Result<Vec<String>, AdminError> {
            let items = hub.output(key)?.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Ok(items.map(str::to_owned).collect())
        };
        let stack_id = StackId::parse(&hub.stack_id);
        let stack_id = stack_id.map_err(|error| AdminError::NotRenderable(error.into()))?;
        Ok(Self {
            account_id: hub.output("HubAccountId")?.to_owned(),
            partition: stack_id.partition(),
            served_regions: list("ServedRegions")?,
            trusted_principals: list("TrustedPrincipals")?,
            service_token: hub.output("ServiceToken")?.to_owned(),
            operator_policy,
        })
    }
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
