//! Issued credentials. They exist only in memory and in one response.

use crate::access::ProfileName;
use crate::record::account::Account;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt;

/// Temporary credentials of a customer's role. Neither `Serialize` nor a derived `Debug`, so that they
/// can't be stored or logged.
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: Timestamp,
}

impl Credentials {
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: impl Into<String>,
        expiration: Timestamp,
    ) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: session_token.into(),
            expiration,
        }
    }

    pub fn expiration(&self) -> Timestamp {
        self.expiration
    }

    /// The document that SDKs read, both from a `credential_process` and from a container's endpoint,
    /// so all of its fields are at the top level.
    pub fn document(&self, account: &Account, profile: &ProfileName) -> Value {
        json!({
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Token": self.session_token,
            "Expiration": self.expiration,
            "AccountId": account.aws_account_id,
            "account_id": account.account_id,
            "profile": profile,
            "region": account.stack_id.region(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_contains_no_credentials() {
        let credentials = Credentials::new("ASIA1", "secret", "token", Timestamp::UNIX_EPOCH);
        assert_eq!(format!("{credentials:?}"), "Credentials(..)");
    }
}
