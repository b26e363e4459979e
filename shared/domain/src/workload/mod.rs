//! Workloads: programs that authenticate with a token of an OIDC issuer, such as AWS itself, a
//! Kubernetes cluster or a CI service. The operator publishes which issuers the hub accepts, and which
//! subject gets which access profiles.

mod check;
mod difference;
mod file;
mod keys;
mod names;
mod token;

pub use check::{LEEWAY, Workload};
pub use difference::WorkloadChange;
pub use file::{MAX_ISSUERS, MAX_RULES};
pub use keys::{Curve, KeySet, KeySetError, PublicKey, jwks_uri};
pub use names::{Audience, IssuerName, IssuerUrl, Subject, is_callable_url};
pub use token::{Algorithm, MAX_TOKEN, Token};

use crate::access::ProfileName;
use crate::text::Tenant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The published issuers and rules of workloads. If nothing is published, the hub accepts no workloads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Workloads {
    #[serde(default)]
    pub issuers: BTreeMap<IssuerName, Issuer>,
    #[serde(default)]
    pub rules: Vec<WorkloadRule>,
}

/// An issuer whose tokens the hub accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The value of the claim `iss`. The issuer's keys are below this URL, and nowhere else.
    pub issuer: IssuerUrl,
    /// A value that the claim `aud` must have.
    pub audience: Audience,
}

/// Which subjects of an issuer get which access profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadRule {
    pub issuer: IssuerName,
    pub subject: Subject,
    pub profiles: BTreeSet<ProfileName>,
    /// The tenants to whose accounts it applies; all tenants if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenants: Option<BTreeSet<Tenant>>,
    /// Declared by the operator, for a subject with a wildcard.
    #[serde(default)]
    pub dangerous: bool,
}
