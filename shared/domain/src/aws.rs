//! AWS's own names, parsed: accounts, Regions, ARNs, external IDs.

use crate::text::{Invalid, checked_string};
use serde::{Deserialize, Serialize};

pub use crate::regions::{Partition, Region};

checked_string!(
    /// Twelve digits.
    AwsAccountId,
    |text| {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            Err(Invalid::new("invalid", "must be the twelve digits of an AWS account"))
        }
    }
);

checked_string!(
    /// What STS calls an external ID: 2-1224 characters of `[\w+=,.@:/-]`.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    ExternalId,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b);
        if (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(Invalid::new("invalid", "is not an external ID"))
        }
    }
);

impl ExternalId {
    /// 160 bits of the caller's randomness, in hex.
    pub fn from_random(random: [u8; 20]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// One that is certainly not this one: for proving that it is refused.
    pub fn wrong(&self) -> Self {
        Self(format!(
            "not-{}",
            self.0.chars().rev().take(40).collect::<String>()
        ))
    }
}

checked_string!(
    /// IAM's own id of a role (`AROA...`): another one means that the role was re-created.
    RoleUniqueId,
    |text| {
        let plausible = text.starts_with("AROA")
            && (16..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if plausible {
            Ok(())
        } else {
            Err(Invalid::new("invalid", "is not a role's unique id"))
        }
    }
);

struct Arn<'a> {
    partition: Partition,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

fn split_arn(text: &str) -> Option<Arn<'_>> {
    let mut parts = text.splitn(6, ':');
    if parts.next()? != "arn" {
        return None;
    }
    Some(Arn {
        partition: Partition::parse(parts.next()?)?,
        service: parts.next()?,
        region: parts.next()?,
        account: parts.next()?,
        resource: parts.next()?,
    })
}

/// `arn:<partition>:iam::<account>:role/<path><name>`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    text: String,
    account: AwsAccountId,
}

const ROLE_RULE: Invalid = Invalid::new("invalid", "is not the ARN of an IAM role");

impl RoleArn {
    /// # Errors
    /// When the text is not a role's ARN.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
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

    /// The same role for programs that authorise by name, which is unique in an account.
    pub fn without_path(&self) -> String {
        let (partition, account) = (self.partition().as_str(), &self.account);
        format!("arn:{partition}:iam::{account}:role/{}", self.name())
    }

    /// Whether it lies where the hub may assume roles at all.
    pub fn is_under_rolecall(&self) -> bool {
        self.path_and_name().starts_with("rolecall/")
    }
}

checked_string!(
    /// `arn:<partition>:iam::<account>:instance-profile/<path><name>`
    InstanceProfileArn,
    |text| match split_iam_arn(text, "instance-profile/") {
        Some((account, _)) if AwsAccountId::parse(account).is_ok() => Ok(()),
        _ => Err(Invalid::new("invalid", "is not the ARN of an instance profile")),
    }
);

impl InstanceProfileArn {
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// As [`RoleArn::without_path`].
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
        _ => Err(Invalid::new("invalid", "is not the ARN of a managed policy")),
    }
);

/// What every ARN tells.
macro_rules! arn_parts {
    ($($name:ident)*) => {$(
        impl $name {
            pub fn partition(&self) -> Partition {
                split_arn(&self.0).map_or(Partition::Aws, |arn| arn.partition)
            }

            /// Whose it is; none where it is AWS's own.
            pub fn account(&self) -> Option<AwsAccountId> {
                AwsAccountId::parse(split_arn(&self.0)?.account).ok()
            }
        }
    )*};
}
arn_parts!(InstanceProfileArn PolicyArn);

/// The account, and the path and name, of something of IAM's.
fn split_iam_arn<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    let arn = split_arn(text)?;
    let path = arn.resource.strip_prefix(prefix)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b);
    let name = path.rsplit('/').next().unwrap_or_default();
    let shaped = arn.service == "iam"
        && arn.region.is_empty()
        && text.len() <= 640
        && (1..=128).contains(&name.len())
        && path.bytes().all(allowed);
    shaped.then_some((arn.account, path))
}

/// `arn:<partition>:cloudformation:<region>:<account>:stack/<name>/<id>`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StackId {
    text: String,
    region: Region,
    account: AwsAccountId,
    name: String,
}

const STACK_RULE: Invalid = Invalid::new("invalid", "is not the ARN of a CloudFormation stack");

impl StackId {
    /// # Errors
    /// When the text is not a stack's ARN.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        let arn = split_arn(&text).ok_or(STACK_RULE)?;
        let mut resource = arn.resource.split('/');
        let (kind, name, unique) = (resource.next(), resource.next(), resource.next());
        let (Some("stack"), Some(name), Some(unique), None) = (kind, name, unique, resource.next())
        else {
            return Err(STACK_RULE);
        };
        let id = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let name_fits = is_stack_name(name);
        let unique_fits = (1..=64).contains(&unique.len()) && unique.bytes().all(id);
        let region = Region::parse(arn.region).map_err(|_| STACK_RULE)?;
        let account = AwsAccountId::parse(arn.account).map_err(|_| STACK_RULE)?;
        let consistent = arn.service == "cloudformation" && region.partition() == arn.partition;
        if !(name_fits && unique_fits && consistent) {
            return Err(STACK_RULE);
        }
        let name = name.to_owned();
        Ok(Self {
            text,
            region,
            account,
            name,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn account(&self) -> &AwsAccountId {
        &self.account
    }

    pub fn region(&self) -> &Region {
        &self.region
    }

    pub fn partition(&self) -> Partition {
        self.region.partition()
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A letter first, then letters, digits and hyphens, at most 128.
pub fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

macro_rules! arn_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(arn: $name) -> String {
                arn.text
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}
arn_text!(RoleArn);
arn_text!(StackId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_role_arn_knows_its_account_and_path() {
        let arn =
            RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/x/Role-1").expect("valid");
        assert_eq!(arn.account().as_str(), "222222222222");
        assert_eq!(arn.name(), "Role-1");
        assert!(arn.is_under_rolecall());
        let elsewhere = RoleArn::parse("arn:aws:iam::222222222222:role/rolecaller").expect("valid");
        assert!(!elsewhere.is_under_rolecall());
    }

    #[test]
    fn what_is_not_a_role_is_refused() {
        for bad in [
            "",
            "arn:aws:iam::222222222222:user/x",
            "arn:aws:iam::22222222222:role/x",
            "arn:aws:iam:us-east-1:222222222222:role/x",
            "arn:aws:iam::222222222222:role/",
            "arn:aws:iam::222222222222:role/a b",
            "arn:evil:iam::222222222222:role/x",
        ] {
            assert!(RoleArn::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stack_id_knows_its_parts_and_its_partition_agrees() {
        let id =
            StackId::parse("arn:aws-cn:cloudformation:cn-north-1:222222222222:stack/rc-1/ab-12")
                .expect("valid");
        assert_eq!((id.name(), id.region().as_str()), ("rc-1", "cn-north-1"));
        for bad in [
            "arn:aws:cloudformation:cn-north-1:222222222222:stack/rc/ab",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/rc",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/rc/ab/cd",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/1rc/ab",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/r'c/ab",
        ] {
            assert!(StackId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_external_id_is_valid_and_another() {
        let right = ExternalId::from_random([7; 20]);
        assert_ne!(right.wrong(), right);
        assert!(ExternalId::parse(right.wrong().as_str()).is_ok());
    }

    proptest! {
        #[test]
        fn parsers_take_any_text_without_panic(text in ".{0,300}") {
            let _ = RoleArn::parse(text.clone());
            let _ = StackId::parse(text.clone());
            let _ = Region::parse(text.clone());
            let _ = ExternalId::parse(text);
        }
    }
}
