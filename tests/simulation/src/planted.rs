//! Bugs that are planted in the ports to prove that the simulation finds them.

use rolecall_domain::change::{Change, ConnectionChange, Guard};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// A change is committed without its requirements: an open group, no tombstone, an unconnected
    /// AWS account.
    LostCondition,
    /// The store fails, but the caller gets a success.
    SwallowedError,
    /// A role is recorded without a guard.
    MissingGuard,
    /// A response is not stored, so a duplicate is decided again.
    AnswerDecidedTwice,
    /// An event is published before its write is committed.
    EventBeforeItsWrite,
    /// Credentials are issued although the account has changed since it was read.
    UnconditionalReceipt,
}

impl Planted {
    pub const ALL: [Self; 6] = [
        Self::LostCondition,
        Self::SwallowedError,
        Self::MissingGuard,
        Self::AnswerDecidedTwice,
        Self::EventBeforeItsWrite,
        Self::UnconditionalReceipt,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|planted| planted.name().eq_ignore_ascii_case(name))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::LostCondition => "lost-condition",
            Self::SwallowedError => "swallowed-error",
            Self::MissingGuard => "missing-guard",
            Self::AnswerDecidedTwice => "answer-decided-twice",
            Self::EventBeforeItsWrite => "event-before-its-write",
            Self::UnconditionalReceipt => "unconditional-receipt",
        }
    }

    /// Applies the bug to a change.
    pub fn spoil(self, change: &mut Change) {
        match self {
            Self::LostCondition => {
                change.requires.clear();
                for connection in &mut change.connections {
                    if let ConnectionChange::Join { exclusive, .. } = connection {
                        *exclusive = false;
                    }
                }
            }
            Self::MissingGuard => change
                .claims
                .retain(|(guard, _)| !matches!(guard, Guard::RoleArn(_))),
            Self::AnswerDecidedTwice => change.answer = None,
            Self::SwallowedError | Self::EventBeforeItsWrite | Self::UnconditionalReceipt => {}
        }
    }
}
