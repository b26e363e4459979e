//! The caller of a route with IAM authorization: an IAM identity of the hub's own account.

use crate::aws::{AwsAccountId, is_iam_name, split_arn};
use crate::text::Actor;

/// An IAM identity, from the ARN that the gateway verified
/// (`requestContext.authorizer.iam.userArn`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller {
    /// The AWS account of the identity.
    pub aws_account_id: AwsAccountId,
    /// The name of the role. `user/<name>` for an IAM user, `federated-user/<name>` for a federated
    /// one, and `account/root` for the root user: a role's name contains no slash, so that none of
    /// them is taken for a role.
    pub role_name: String,
    /// The name that the caller gave the role's session.
    pub session_name: Option<String>,
}

impl ServiceCaller {
    /// `None` if the text is not the ARN of an identity that can sign requests.
    pub fn parse(user_arn: &str) -> Option<Self> {
        let arn = split_arn(user_arn).filter(|arn| arn.region.is_empty())?;
        let named = |kind: &str, name: &str| is_iam_name(name).then(|| format!("{kind}/{name}"));
        let mut segments = arn.resource.split('/');
        let kind = segments.next()?;
        let rest: Vec<&str> = segments.collect();
        let (role_name, session_name) = match (arn.service, kind, rest.as_slice()) {
            ("sts", "assumed-role", [role, session]) => {
                let valid = is_iam_name(role) && is_iam_name(session);
                valid.then(|| ((*role).to_owned(), Some((*session).to_owned())))?
            }
            ("sts", "federated-user", [name]) => (named(kind, name)?, None),
            // Names of users are unique in an account, whatever their path.
            ("iam", "user", [.., name]) => (named(kind, name)?, None),
            ("iam", "root", []) => ("account/root".to_owned(), None),
            _ => return None,
        };
        Some(Self {
            aws_account_id: AwsAccountId::parse(arn.account).ok()?,
            role_name,
            session_name,
        })
    }

    /// The actor of a change that this caller requests.
    pub fn actor(&self) -> Actor {
        Actor::Service {
            role_name: self.role_name.clone(),
            session_name: self.session_name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arn: &str) -> Option<(String, Option<String>)> {
        let caller = ServiceCaller::parse(arn)?;
        assert_eq!(caller.aws_account_id.as_str(), "111111111111", "{arn}");
        Some((caller.role_name, caller.session_name))
    }

    #[test]
    fn identity_arn_gives_name_and_session() {
        for (arn, name, session) in [
            (
                "arn:aws:sts::111111111111:assumed-role/billing/i-0123",
                "billing",
                Some("i-0123"),
            ),
            (
                "arn:aws-cn:sts::111111111111:assumed-role/root/a@example.com",
                "root",
                Some("a@example.com"),
            ),
            ("arn:aws:iam::111111111111:user/alice", "user/alice", None),
            (
                "arn:aws:iam::111111111111:user/team/a/alice",
                "user/alice",
                None,
            ),
            (
                "arn:aws:sts::111111111111:federated-user/alice",
                "federated-user/alice",
                None,
            ),
            ("arn:aws:iam::111111111111:root", "account/root", None),
        ] {
            let expected = Some((name.to_owned(), session.map(str::to_owned)));
            assert_eq!(read(arn), expected, "{arn}");
        }
    }

    /// A role can have the name of a user, or `root`.
    #[test]
    fn different_identities_have_different_names() {
        let arns = [
            "arn:aws:sts::111111111111:assumed-role/root/s",
            "arn:aws:sts::111111111111:assumed-role/alice/s",
            "arn:aws:iam::111111111111:user/alice",
            "arn:aws:iam::111111111111:user/root",
            "arn:aws:sts::111111111111:federated-user/alice",
            "arn:aws:iam::111111111111:root",
        ];
        let mut names: Vec<_> = arns.map(|arn| read(arn).expect("valid").0).into();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), arns.len());
    }

    #[test]
    fn other_text_is_rejected() {
        for bad in [
            "",
            "arn:aws:iam::111111111111:role/billing",
            "arn:aws:sts::111111111111:assumed-role/billing",
            "arn:aws:sts::111111111111:assumed-role/billing/",
            "arn:aws:sts::111111111111:assumed-role//s",
            "arn:aws:sts::111111111111:assumed-role/a/b/c",
            "arn:aws:sts::111111111111:assumed-role/bill ing/s",
            "arn:aws:sts::111111111111:assumed-role/bill:ing/s",
            "arn:aws:iam::111111111111:assumed-role/billing/s",
            "arn:aws:sts::111111111111:user/alice",
            "arn:aws:iam::111111111111:user/",
            "arn:aws:iam::111111111111:user",
            "arn:aws:iam::111111111111:root/x",
            "arn:aws:iam::11111111111:root",
            "arn:aws:iam:us-east-1:111111111111:root",
            "arn:evil:iam::111111111111:root",
        ] {
            assert_eq!(ServiceCaller::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn actor_names_the_role_and_keeps_the_session() {
        let arn = "arn:aws:sts::111111111111:assumed-role/billing/run-7";
        let actor = ServiceCaller::parse(arn).expect("valid").actor();
        assert_eq!(actor.to_string(), "service:billing");
        assert_eq!(actor.session_name(), Some("run-7"));
    }
}
