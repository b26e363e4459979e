//! The index of changes: every account, registration and orphaned stack of all tenants, by the time
//! of its last commit.
//!
//! A record has one entry, in a shard that its ID determines. A commit moves the entry forward, never back and
//! never to another shard. Therefore a reader that pages through every shard in order sees every record that
//! existed throughout, however many others change in the meantime.

use crate::change::audit::Record;
use crate::text::Tenant;
use jiff::{SignedDuration, Timestamp};

/// How long before its predecessor's start a poll begins. A commit has the time of its decision, and
/// is visible in the index later: at most the timeout of the slowest function (5 minutes), and the
/// delay of the index (usually under a second; AWS does not limit it). The rest is reserve, also for
/// the functions' clocks. A change in this window is returned twice.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// The entries are spread over this many partitions.
pub const SHARDS: u8 = 16;

/// A kind of record in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Account,
    Registration,
    OrphanedStack,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "ACCOUNT",
            Self::Registration => "REGISTRATION",
            Self::OrphanedStack => "STACK",
        }
    }

    /// `None` for groups, which are not in the index.
    pub fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Account(_) => Some(Self::Account),
            Record::Registration(_) => Some(Self::Registration),
            Record::OrphanedStack(_) => Some(Self::OrphanedStack),
            Record::Group(_) => None,
        }
    }
}

/// The shard of a record: its ID's last hex digit, which is random.
pub fn shard(record_id: &str) -> u8 {
    hex_digits(record_id, 1)
}

/// The number that the last hex digits of an ID are, at most two of them.
pub(super) fn hex_digits(record_id: &str, digits: usize) -> u8 {
    let start = record_id.len().saturating_sub(digits);
    let end = record_id.get(start..).unwrap_or_default();
    u8::from_str_radix(end, 16).unwrap_or_default()
}

/// The place of an entry in its shard: sorts by time, then by ID.
pub fn place(at_millis: i64, record_id: &str) -> String {
    format!("{:015}#{record_id}", at_millis.max(0))
}

/// Which entries of a shard to return. This depends on the entries alone, which can lag behind the records, so
/// readers of the records must filter again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub tenant: Option<Tenant>,
    /// Stored statuses. Empty for any.
    pub statuses: Vec<&'static str>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.tenant.is_none() && self.statuses.is_empty()
    }
}

/// A part of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Entries at or after this time.
    pub since: Option<Timestamp>,
    /// The place of the last entry of the part before.
    pub after: Option<String>,
    /// How many entries to return at most.
    pub limit: usize,
    /// How many entries to read.
    pub evaluated: usize,
}

/// Where a reader of the whole index continues, as a cursor contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Changes at or after this time. `None` for a list of everything.
    pub since: Option<Timestamp>,
    /// When this poll read its first page.
    pub started_at: Timestamp,
    pub shard: u8,
    /// The place in the shard.
    pub after: Option<String>,
}

impl Position {
    /// The start of a poll.
    pub fn start(since: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            since,
            started_at: now,
            shard: 0,
            after: None,
        }
    }

    /// The position after the shard's last entry. `None` after the last shard.
    pub fn next_shard(&self) -> Option<Self> {
        let shard = self.shard + 1;
        (shard < SHARDS).then(|| Self {
            shard,
            after: None,
            ..self.clone()
        })
    }

    /// The start of the next poll, as text. It misses no commit that this poll did not see: such a
    /// commit became visible after this poll started, and has a time at most [`WINDOW`] before.
    pub fn next_poll(&self) -> String {
        format!("poll|{}", self.started_at - WINDOW)
    }

    /// A text for a cursor.
    pub fn to_text(&self) -> String {
        let since = self.since.map(|since| since.to_string());
        let since = since.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        format!("page|{since}|{}|{:x}|{after}", self.started_at, self.shard)
    }

    /// The position in a cursor's text. The start of a poll takes the time from the reader.
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        let parts: Vec<&str> = text.split('|').collect();
        match parts.as_slice() {
            ["poll", since] => Some(Self::start(Some(since.parse().ok()?), now)),
            ["page", since, started_at, shard, after] => Some(Self {
                since: match *since {
                    "" => None,
                    since => Some(since.parse().ok()?),
                },
                started_at: started_at.parse().ok()?,
                shard: u8::from_str_radix(shard, 16)
                    .ok()
                    .filter(|it| *it < SHARDS)?,
                after: (!after.is_empty()).then(|| (*after).to_owned()),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn position_survives_a_cursor() {
        let now = at("2027-01-15T08:00:00Z");
        let start = Position::start(None, now);
        let since = Position::start(Some(at("2027-01-15T07:00:00.5Z")), now);
        let middle = Position {
            shard: 15,
            after: Some(place(1_800_000_000_000, "acc_1")),
            ..since.clone()
        };
        let later = at("2027-01-15T09:00:00Z");
        for position in [start, since, middle] {
            assert_eq!(Position::parse(&position.to_text(), later), Some(position));
        }
        for bad in [
            "",
            "page",
            "poll|",
            "page||x|0|",
            "page|||0|",
            "poll|2027-01-15T08:00:00Z|",
        ] {
            assert_eq!(Position::parse(bad, later), None, "{bad}");
        }
        assert_eq!(
            Position::parse("page||2027-01-15T08:00:00Z|10|", later),
            None
        );
    }

    #[test]
    fn every_shard_is_read_once() {
        let mut position = Position::start(None, at("2027-01-15T08:00:00Z"));
        let mut shards = vec![position.shard];
        while let Some(next) = position.next_shard() {
            assert_eq!(next.after, None);
            shards.push(next.shard);
            position = next;
        }
        assert_eq!(shards, Vec::from_iter(0..SHARDS));
    }

    #[test]
    fn next_poll_starts_a_window_before_this_one_started() {
        let started = at("2027-01-15T08:00:00Z");
        let mut position = Position::start(Some(at("2027-01-01T00:00:00Z")), started);
        position.shard = SHARDS - 1;
        let later = at("2027-01-15T08:30:00Z");
        let next = Position::parse(&position.next_poll(), later).expect("a position");
        assert_eq!(next.since, Some(at("2027-01-15T07:50:00Z")));
        assert_eq!((next.started_at, next.shard), (later, 0));
    }

    #[test]
    fn place_sorts_by_time() {
        assert!(place(9, "b") < place(10, "a"));
        assert!(place(999_999_999_999, "a") < place(1_000_000_000_000, "a"));
        assert_eq!(shard("acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5f"), 15);
    }
}
