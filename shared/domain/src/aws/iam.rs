//! IAM roles, instance profiles and managed policies.

use super::account::AwsAccountId;
use super::arn::{arn_parts, arn_text, split_arn, split_iam_arn};
use super::regions::Partition;
use crate::messages::Rule;
use crate::text::{FieldError, checked_string};
use serde::{Deserialize, Serialize};

checked_string!(
    /// IAM's unique ID of a role (`AROA...`). It changes when the role is deleted and re-created.
    RoleUniqueId,
    |text| {
        let plausible = text.starts_with("AROA")
            && (16..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if plausible {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotARoleUniqueId))
        }
    }
);

/// `arn:<partition>:iam::<account>:role/<path><name>`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    text: String,
    account: AwsAccountId,
}

const ROLE_RULE: FieldError = FieldError::new("invalid", Rule::NotARoleArn);

impl RoleArn {
    /// # Errors
    /// If the text is not a role's ARN.
    pub fn parse(text: impl Into<String>) -> Result<Self, FieldError> {
        let text = text.into();
        let arn = split_arn(&text).ok_or(ROLE_RULE)?;
        let path = arn.resource.strip_prefix("role/").ok_or(ROLE_RULE)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b);
        let name = path.rsplit('/').next().unwrap_or_default();
        let shaped = arn.service == "iam"
            && arn.region.is_empty()
            && text.len() <= 640
            && (1..=64).contains(&name.len())
            && path.bytes().all(allowed);
        if !shaped {
            return Err(ROLE_RULE);
        }
        let account = AwsAccountId::parse(arn.account).map_err(|_| ROLE_RULE)?;
        Ok(Self { text, account })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn account(&self) -> &AwsAccountId {
        &self.account
    }

    pub fn partition(&self) -> Partition {
        split_arn(&self.text).map_or(Partition::Aws, |arn| arn.partition)
    }

    /// Path and name, as in `rolecall/team/Name`.
    pub fn path_and_name(&self) -> &str {
        self.text.split_once(":role/").map_or("", |(_, rest)| rest)
    }

    pub fn name(&self) -> &str {
        self.path_and_name().rsplit('/').next().unwrap_or_default()
    }

    /// The ARN without the path, for programs that identify roles by name. Names are unique in an
    /// account.
    pub fn without_path(&self) -> String {
        let (partition, account) = (self.partition().as_str(), &self.account);
        format!("arn:{partition}:iam::{account}:role/{}", self.name())
    }

    /// Whether the role is under `/rolecall/`, the only path on which the hub may assume roles.
    pub fn is_under_rolecall(&self) -> bool {
        self.path_and_name().starts_with("rolecall/")
    }
}

checked_string!(
    /// `arn:<partition>:iam::<account>:instance-profile/<path><name>`
    InstanceProfileArn,
    |text| match split_iam_arn(text, "instance-profile/") {
        Some((account, _)) if AwsAccountId::parse(account).is_ok() => Ok(()),
        _ => Err(FieldError::new("invalid", Rule::NotAnInstanceProfileArn)),
    }
);

impl InstanceProfileArn {
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The ARN without the path, like [`RoleArn::without_path`].
    pub fn without_path(&self) -> String {
        let account = self.0.split('/').next().unwrap_or_default();
        format!("{account}/{}", self.name())
    }
}

checked_string!(
    /// `arn:<partition>:iam::<account, or aws>:policy/<path><name>`
    PolicyArn,
    |text| match split_iam_arn(text, "policy/") {
        Some((account, _)) if account == "aws" || AwsAccountId::parse(account).is_ok() => Ok(()),
        _ => Err(FieldError::new("invalid", Rule::NotAManagedPolicyArn)),
    }
);

arn_parts!(InstanceProfileArn PolicyArn);

arn_text!(RoleArn);

/// IAM's default quota of managed policies per role. Customers can have it raised.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MANAGED_POLICIES_PER_ROLE: usize = 10;

/// A role, identified by its ARN and IAM's unique ID. Another role can reuse the name later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub arn: RoleArn,
    pub unique_id: RoleUniqueId,
}
