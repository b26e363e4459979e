//! What a role may do, as IAM's policy simulator answers it.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use serde::Serialize;

/// The answer for one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulated {
    pub action: String,
    pub resource: String,
    pub decision: Decision,
    /// The names of the policies that decided it; none for an implicit denial.
    pub matched: Vec<String>,
    /// Keys that a policy asks for and that were not given.
    pub missing_context: Vec<String>,
    /// Whether the permissions boundary stands in the way, where there is one.
    #[serde(skip)]
    pub outside_boundary: bool,
    /// Whether the organisation's policies stand in the way.
    #[serde(skip)]
    pub outside_organization: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allowed,
    ExplicitlyDenied,
    ImplicitlyDenied,
    /// IAM does not take the action or the resource.
    Unknown,
}

impl Decision {
    /// As IAM spells it.
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
    /// Why it is so, in a sentence.
    pub fn because(&self) -> String {
        let matched = self.matched.join(", ");
        let why = match self.decision {
            Decision::Allowed if matched.is_empty() => "A policy of the role allows it.".to_owned(),
            Decision::Allowed => format!("Allowed by {matched}."),
            Decision::ExplicitlyDenied if self.outside_organization => {
                "The organisation's policies deny it.".to_owned()
            }
            Decision::ExplicitlyDenied if matched.is_empty() => {
                "A policy denies it, which outweighs every permission.".to_owned()
            }
            Decision::ExplicitlyDenied => {
                format!("Denied by {matched}, which outweighs every permission.")
            }
            Decision::ImplicitlyDenied if self.outside_organization => {
                "The organisation's policies do not allow it.".to_owned()
            }
            Decision::ImplicitlyDenied if self.outside_boundary => {
                "The role's permissions boundary does not allow it.".to_owned()
            }
            Decision::ImplicitlyDenied => "No policy of the role allows it.".to_owned(),
            Decision::Unknown => {
                "IAM can't tell: it does not know this action, or not on such a resource."
                    .to_owned()
            }
        };
        if self.missing_context.is_empty() {
            return why;
        }
        let keys = self.missing_context.join(", ");
        format!("{why} A condition asks for {keys}, which was not given.")
    }
}
