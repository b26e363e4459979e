//! The calls to the stub.

use std::collections::BTreeMap;
use std::fmt;

use super::dynamodb::Units;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Service {
    #[serde(rename = "STS")]
    Sts,
    #[serde(rename = "IAM")]
    Iam,
    CloudFormation,
    #[serde(rename = "DynamoDB")]
    DynamoDb,
    SecretsManager,
    EventBridge,
    /// Stores CloudFormation's responses and the onboarding templates.
    S3,
    /// The hub's own API, and the issuer of its users.
    Api,
}

impl Service {
    /// Finds a service by its name in signatures.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        match name {
            "sts" => Some(Self::Sts),
            "iam" => Some(Self::Iam),
            "cloudformation" => Some(Self::CloudFormation),
            "dynamodb" => Some(Self::DynamoDb),
            "secretsmanager" => Some(Self::SecretsManager),
            "events" => Some(Self::EventBridge),
            "s3" => Some(Self::S3),
            _ => None,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sts => "STS",
            Self::Iam => "IAM",
            Self::CloudFormation => "CloudFormation",
            Self::DynamoDb => "DynamoDB",
            Self::SecretsManager => "Secrets Manager",
            Self::EventBridge => "EventBridge",
            Self::S3 => "S3",
            Self::Api => "API",
        })
    }
}

/// Calls by service and operation, and DynamoDB's units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub calls: BTreeMap<(Service, String), u64>,
    /// The throttled requests among them.
    pub throttled: u64,
    pub units: Units,
    /// Opened connections.
    pub connections: u64,
    /// The responses to CloudFormation.
    pub answers: Vec<String>,
}

impl Tally {
    pub(super) fn count(&mut self, service: Service, operation: &str) {
        let counted = self.calls.entry((service, operation.to_owned()));
        *counted.or_default() += 1;
    }

    pub fn all(&self) -> u64 {
        self.calls.values().sum()
    }

    pub fn of(&self, service: Service) -> u64 {
        let calls = self.calls.iter();
        let own = calls.filter(|((of, _), _)| *of == service);
        own.map(|(_, count)| count).sum()
    }
}
