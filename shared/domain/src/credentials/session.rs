//! The permissions of a session, and its name in the customer's AWS CloudTrail.

use super::request::GivenName;
use crate::access::{Profile, SessionPolicies};
use crate::text::service::ServiceName;
use std::fmt;

/// The session policies that limit a session to one access profile. There is always at least one, because a
/// session without a policy has all permissions of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy(SessionPolicies);

impl SessionPolicy {
    /// `None` if the profile allows nothing.
    pub fn of(profile: &Profile) -> Option<Self> {
        // Publication verified that STS accepts exactly these.
        let policies = profile.session_policies();
        let narrows = policies.policy.is_some() || !policies.policy_arns.is_empty();
        narrows.then_some(Self(policies))
    }

    /// The policy document, if the profile has one.
    pub fn inline(&self) -> Option<&str> {
        self.0.policy.as_deref()
    }

    /// The ARNs of the profile's managed policies.
    pub fn managed(&self) -> &[String] {
        &self.0.policy_arns
    }
}

/// STS's limit for the name of a session.
const LONGEST: usize = 64;

/// The name of a session: the service's name, preceded by the name in the request, if any. A name in a request
/// contains no `@`, so it can't look like another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(String);

impl SessionName {
    pub fn new(service: &ServiceName, given: Option<&GivenName>) -> Self {
        // Session names have no slash, and few other characters.
        let legal = |c: char| match c {
            '/' => '.',
            '@' => '=',
            c if c.is_ascii_alphanumeric() || "_+=,.-".contains(c) => c,
            _ => '-',
        };
        let shown: String = service.as_str().chars().map(legal).collect();
        let start = given.map(|given| format!("{given}@")).unwrap_or_default();
        let room = LONGEST - start.len();
        let shown = match service.workload() {
            // The end of a subject is more specific than its beginning.
            Some(_) => shown.get(shown.len().saturating_sub(room)..),
            None => shown.get(..shown.len().min(room)),
        };
        let mut name = format!("{start}{}", shown.unwrap_or_default());
        // STS requires two characters.
        if name.len() < 2 {
            name.push('-');
        }
        Self(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(service: &str, given: Option<&str>) -> String {
        let service = ServiceName::parse(service).expect("valid");
        let given = given.map(|given| GivenName::parse(given).expect("valid"));
        SessionName::new(&service, given.as_ref()).to_string()
    }

    #[test]
    fn session_name_shows_the_service() {
        assert_eq!(name("inventory", None), "inventory");
        assert_eq!(name("inventory", Some("nightly")), "nightly@inventory");
        assert_eq!(name("user/alice", None), "user.alice");
    }

    #[test]
    fn session_name_of_a_workload_shows_the_end_of_its_subject() {
        let subject = "workload:cluster/system:serviceaccount:backup:runner";
        let expected = "workload-cluster.system-serviceaccount-backup-runner";
        assert_eq!(name(subject, None), expected);
        let role = "workload:products/arn:aws:iam::111122223333:role/teams/storage/backup-worker";
        let name = name(role, None);
        assert_eq!(name.len(), 64);
        assert!(name.ends_with("role.teams.storage.backup-worker"), "{name}");
    }

    #[test]
    fn no_given_name_looks_like_another_service() {
        assert_eq!(name("a@b", None), "a=b");
        assert_ne!(name("b", Some("a")), name("a@b", None));
    }

    #[test]
    fn every_session_name_is_valid_for_sts() {
        let longest = "x".repeat(32);
        for service in ["a", &"s".repeat(64), &"s/t@u".repeat(25)] {
            for given in [None, Some("g"), Some(longest.as_str())] {
                let name = name(service, given);
                let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
                assert!((2..=64).contains(&name.len()), "{name}");
                assert!(name.bytes().all(allowed), "{name}");
                assert!(given.is_none_or(|given| name.starts_with(given)), "{name}");
            }
        }
    }
}
