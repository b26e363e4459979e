//! The subject of a check, identified by its ID.

use crate::ids::{AccountId, OrphanedStackId, RegistrationId};
use crate::text::FieldError;
use serde::{Deserialize, Serialize};

/// The subject of a check, identified by its ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    Account(AccountId),
    Stack(OrphanedStackId),
    Registration(RegistrationId),
}

impl Subject {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Stack(id) => id.as_str(),
            Self::Registration(id) => id.as_str(),
        }
    }

    /// Due subjects are spread over this many partitions of the index.
    pub const SHARDS: u8 = 16;

    /// The ID's last hex digit, which is random.
    pub fn shard(&self) -> u8 {
        let last = self
            .as_str()
            .chars()
            .next_back()
            .and_then(|digit| digit.to_digit(16));
        last.and_then(|digit| u8::try_from(digit).ok())
            .unwrap_or_default()
    }
}

impl TryFrom<String> for Subject {
    type Error = FieldError;
    fn try_from(text: String) -> Result<Self, FieldError> {
        match text.get(..4) {
            Some("acc_") => AccountId::parse(text).map(Self::Account),
            Some("stk_") => OrphanedStackId::parse(text).map(Self::Stack),
            _ => RegistrationId::parse(text).map(Self::Registration),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdSeed;
    use jiff::Timestamp;

    #[test]
    fn subject_parses_from_its_id() {
        let id = AccountId::new(IdSeed {
            at: Timestamp::UNIX_EPOCH,
            random: [0xab; 10],
        });
        let subject = Subject::Account(id);
        assert_eq!(
            Subject::try_from(subject.as_str().to_owned()),
            Ok(subject.clone())
        );
        assert_eq!(subject.shard(), 0xb);
    }
}
