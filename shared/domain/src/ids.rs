//! Rolecall's identifiers: a prefix followed by a part that sorts by creation time.

use crate::messages::Rule;
use crate::text::{FieldError, checked_string};
use jiff::Timestamp;

/// The inputs of an identifier: the current time, and random bytes drawn by the caller.
#[derive(Debug, Clone, Copy)]
pub struct IdSeed {
    pub at: Timestamp,
    pub random: [u8; 10],
}

impl IdSeed {
    /// UUID version 7 (RFC 9562) in lowercase hex: 48 bits of milliseconds, then random bits.
    fn sortable(self) -> String {
        let millis = u64::try_from(self.at.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.random)
            .into_uuid()
            .simple()
            .to_string()
    }
}

fn check_id(text: &str, prefix: &'static str) -> Result<(), FieldError> {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if rest.len() == 32 && rest.bytes().all(hex) {
        Ok(())
    } else {
        Err(FieldError::new("invalid", Rule::NotAnId { prefix }))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        checked_string!($(#[$doc])* $name, |text| check_id(text, $prefix));

        impl $name {
            pub fn new(seed: IdSeed) -> Self {
                Self(format!(concat!($prefix, "{}"), seed.sortable()))
            }
        }
    };
}

id!(
    /// A tenant's named set of accounts.
    GroupId, "grp_"
);
id!(
    /// One attempt to connect one account.
    RegistrationId, "reg_"
);
id!(
    /// A connected AWS account.
    AccountId, "acc_"
);
id!(
    /// An onboarding stack that no registered account needs.
    OrphanedStackId, "stk_"
);
id!(
    /// A receipt of issued credentials.
    ReceiptId, "rcp_"
);

impl ReceiptId {
    /// Sorts before the IDs of this time and later.
    pub fn lower_bound(at: Timestamp) -> Self {
        let random = [0; 10];
        Self::new(IdSeed { at, random })
    }
}

impl AccountId {
    /// The last six random characters, enough to distinguish accounts with the same name.
    pub fn tail(&self) -> &str {
        self.0.get(self.0.len() - 6..).unwrap_or_default()
    }
}

impl RegistrationId {
    /// The last twelve random characters, which distinguish registrations where names must be
    /// short.
    pub fn short(&self) -> &str {
        self.0.get(self.0.len() - 12..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(millis: i64, byte: u8) -> IdSeed {
        IdSeed {
            at: Timestamp::from_millisecond(millis).expect("in range"),
            random: [byte; 10],
        }
    }

    #[test]
    fn ids_sort_by_time_and_parse() {
        let early = AccountId::new(seed(1_000, 0xff));
        let late = AccountId::new(seed(2_000, 0x00));
        assert!(early < late);
        assert_eq!(AccountId::parse(early.as_str()), Ok(early));
    }

    #[test]
    fn id_with_another_prefix_is_rejected() {
        let group = GroupId::new(seed(1, 1));
        assert!(AccountId::parse(group.as_str()).is_err());
        assert!(GroupId::parse("grp_../../x").is_err());
    }
}
