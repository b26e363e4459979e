//! The parts that all ARNs share.

use super::regions::Partition;

pub(crate) struct Arn<'a> {
    pub(crate) partition: Partition,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

pub(crate) fn split_arn(text: &str) -> Option<Arn<'_>> {
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

/// Implements accessors for the parts that all ARNs share.
macro_rules! arn_parts {
    ($($name:ident)*) => {$(
        impl $name {
            pub fn partition(&self) -> Partition {
                split_arn(&self.0).map_or(Partition::Aws, |arn| arn.partition)
            }

            /// The owning account; `None` for AWS's own resources.
            pub fn account(&self) -> Option<AwsAccountId> {
                AwsAccountId::parse(split_arn(&self.0)?.account).ok()
            }
        }
    )*};
}

/// Whether the text can be the name of a role, a user or a session.
pub(crate) fn is_iam_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Splits an IAM ARN into the account and the resource's path and name.
pub(super) fn split_iam_arn<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
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

macro_rules! arn_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::text::FieldError;
            fn try_from(text: String) -> Result<Self, $crate::text::FieldError> {
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
pub(super) use {arn_parts, arn_text};
