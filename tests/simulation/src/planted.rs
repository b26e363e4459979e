//! Bugs that are planted in the ports, to see that the simulation finds them.

use rolecall_domain::change::{Change, ConnectionChange, Guard};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// What a change requires of others (an open group, no tombstone, an AWS account that nobody has
    /// connected) is not asked for.
    LostCondition,
    /// The store fails, and the caller is told that all is well.
    SwallowedError,
    /// A role is recorded without being claimed.
    MissingGuard,
    /// An answer is not kept, so a duplicate decides anew.
    AnswerDecidedTwice,
    /// An event is published before its write is known to hold.
    EventBeforeItsWrite,
}

impl Planted {
    pub const ALL: [Self; 5] = [
        Self::LostCondition,
        Self::SwallowedError,
        Self::MissingGuard,
        Self::AnswerDecidedTwice,
        Self::EventBeforeItsWrite,
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
        }
    }

    /// The change as a hub with this bug would send it.
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
            Self::SwallowedError | Self::EventBeforeItsWrite => {}
        }
    }
}
