//! What a role may do, according to IAM's policy simulator.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use crate::messages::{Because, Localized, Message};
use serde::Serialize;

/// The result for one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulated {
    pub action: String,
    pub resource: String,
    pub decision: Decision,
    /// The names of the policies that determined the result; empty for an implicit denial.
    pub matched: Vec<String>,
    /// Condition keys that a policy uses and that the request did not provide.
    pub missing_context: Vec<String>,
    /// Whether the permissions boundary blocks the action, if there is one.
    #[serde(skip)]
    pub outside_boundary: bool,
    /// Whether the organization's policies block the action.
    #[serde(skip)]
    pub outside_organization: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allowed,
    ExplicitlyDenied,
    ImplicitlyDenied,
    /// IAM does not recognize the action or the resource.
    Unknown,
}

impl Decision {
    /// Parses IAM's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "allowed" => Some(Self::Allowed),
            "explicitDeny" => Some(Self::ExplicitlyDenied),
            "implicitDeny" => Some(Self::ImplicitlyDenied),
            _ => None,
        }
    }
}

impl Simulated {
    /// The reason for the decision, in one sentence.
    pub fn because(&self) -> Localized {
        let policies = self.matched.clone();
        let why = match self.decision {
            Decision::Allowed if policies.is_empty() => Because::AllowedByPolicy,
            Decision::Allowed => Because::AllowedBy { policies },
            Decision::ExplicitlyDenied if self.outside_organization => {
                Because::DeniedByOrganization
            }
            Decision::ExplicitlyDenied if policies.is_empty() => Because::DeniedByPolicy,
            Decision::ExplicitlyDenied => Because::DeniedBy { policies },
            Decision::ImplicitlyDenied if self.outside_organization => {
                Because::NotAllowedByOrganization
            }
            Decision::ImplicitlyDenied if self.outside_boundary => Because::NotAllowedByBoundary,
            Decision::ImplicitlyDenied => Because::NotAllowed,
            Decision::Unknown => Because::UnknownToIam,
        };
        if self.missing_context.is_empty() {
            return why.localized();
        }
        let keys = self.missing_context.clone();
        why.localized().then(&Because::MissingContext { keys })
    }
}
