//! Programs of the operator.

use super::{Actor, FieldError, checked_string};
use crate::messages::Rule;

/// The prefix of the name of a workload. Names of IAM roles have no colon.
const WORKLOAD: &str = "workload:";

checked_string!(
    /// A program that uses accounts: the name of its IAM role, or another name that contains a slash. The name
    /// of a workload is `workload:`, its issuer's name, a slash and its subject.
    ServiceName,
    |text| {
        let of_role = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&b);
        let fits = match text.strip_prefix(WORKLOAD) {
            Some(name) => (1..=1_000).contains(&name.len()) && name.bytes().all(of_workload),
            None => (1..=128).contains(&text.len()) && text.bytes().all(of_role),
        };
        if fits {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAServiceName))
        }
    }
);

/// `#` separates the parts of keys.
fn of_workload(b: u8) -> bool {
    b.is_ascii_graphic() && b != b'#'
}

impl ServiceName {
    /// A workload's name. Characters that keys can't contain are percent-encoded.
    ///
    /// # Errors
    /// If the subject is too long.
    pub fn of_workload(issuer: &str, subject: &str) -> Result<Self, FieldError> {
        let mut name = format!("{WORKLOAD}{issuer}/");
        for b in subject.bytes() {
            match b {
                b if of_workload(b) && b != b'%' => name.push(char::from(b)),
                b => name.push_str(&format!("%{b:02X}")),
            }
        }
        Self::parse(name)
    }

    /// The issuer's name and the subject, of a workload.
    pub fn workload(&self) -> Option<&str> {
        self.as_str().strip_prefix(WORKLOAD)
    }

    /// The service as the actor of a change.
    pub fn actor(&self) -> Actor {
        match self.workload() {
            Some(name) => Actor::Workload(name.to_owned()),
            None => Actor::Service {
                role_name: self.as_str().to_owned(),
                session_name: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workload_is_named_by_its_issuer_and_subject() {
        let name = |subject: &str| {
            let name = ServiceName::of_workload("cluster", subject).expect("valid");
            assert_eq!(ServiceName::parse(name.as_str()), Ok(name.clone()));
            assert_eq!(name.actor().to_string(), name.as_str());
            assert_eq!(Actor::try_from(name.to_string()), Ok(name.actor()));
            name.to_string()
        };
        let runner = "system:serviceaccount:backup:runner";
        assert_eq!(name(runner), format!("workload:cluster/{runner}"));
        assert_eq!(name("a#b c%é"), "workload:cluster/a%23b%20c%25%C3%A9");
        // A role can't have this name.
        for bad in ["workload:", "workload:a#b", "role:x", "a b", ""] {
            assert!(ServiceName::parse(bad).is_err(), "{bad}");
        }
    }
}
