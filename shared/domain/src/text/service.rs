//! Programs of the operator.

use super::{Actor, FieldError, checked_string};
use crate::messages::Rule;

checked_string!(
    /// A program that uses accounts: the name of its IAM role, or another name that contains a slash.
    ServiceName,
    |text| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&b);
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAServiceName))
        }
    }
);

impl ServiceName {
    /// The service as the actor of a change.
    pub fn actor(&self) -> Actor {
        Actor::Service {
            role_name: self.as_str().to_owned(),
            session_name: None,
        }
    }
}
