//! What goes wrong, and when: decided from a seed, call by call.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Counts;
use super::wire::Call;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The answer comes late, sometimes when nobody waits for it any more.
    Delay,
    /// 500
    Internal,
    /// 503
    Unavailable,
    /// In the service's own words.
    Throttled,
    /// Another transaction holds the item; DynamoDB's writes only.
    Conflict,
    /// The request never arrives.
    CutBefore,
    /// It takes effect, and its answer is lost.
    CutAfter,
    /// Half of the answer's body arrives.
    CutWithin,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Delay,
        Self::Internal,
        Self::Unavailable,
        Self::Throttled,
        Self::Conflict,
        Self::CutBefore,
        Self::CutAfter,
        Self::CutWithin,
    ];
}

/// What is done to one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub kind: Kind,
    pub pause: Duration,
    /// Chooses among words that mean the same.
    pub number: usize,
}

/// Of a hundred calls, so many begin a bad moment: fewer of the table's, which are most...
fn share(service: &str) -> u64 {
    if service == "dynamodb" { 10 } else { 20 }
}

/// ...and of a hundred of these, so many last for the service's next calls too: longer than the
/// SDK's own retries.
const LASTING: u64 = 12;
const LASTS: u32 = 3;

/// A service that is asked little is not spared by luck: until it was hit so often, every fourth call
/// is hit at the latest.
const AT_LEAST: usize = 2;
const SPARED: u32 = 3;

/// Delays that are longer than a client waits, of a hundred.
const TOO_LATE: u64 = 10;

/// The emulator forgets a batch of the stream that `event-publisher` could not publish, where AWS
/// delivers it again: so its bus is never unwell for longer than the SDK tries.
const IN_A_ROW_ON_THE_BUS: u32 = 2;

#[derive(Debug)]
pub(super) struct Plan {
    state: u64,
    pub on: bool,
    pub calls: usize,
    pub injected: Counts,
    services: BTreeMap<String, Service>,
}

#[derive(Debug, Default)]
struct Service {
    /// Kinds come in turn, so that none is missed.
    faults: usize,
    /// Calls since the last of them.
    spared: u32,
    lasting: u32,
    in_a_row: u32,
    owes_conflict: bool,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            on: false,
            calls: 0,
            injected: Counts::new(),
            services: BTreeMap::new(),
        }
    }

    pub(super) fn decide(&mut self, call: &Call) -> Option<Fault> {
        self.calls += 1;
        if !self.on {
            return None;
        }
        let (chance, lasting, pause) = (self.number(100), self.number(100), self.number(100));
        let service = self.services.entry(call.service.clone()).or_default();
        let bus = call.service == "events";
        let due = service.faults < AT_LEAST && service.spared == SPARED;
        let hit = due || service.lasting > 0 || chance < share(&call.service);
        if !hit || bus && service.in_a_row == IN_A_ROW_ON_THE_BUS {
            service.in_a_row = 0;
            service.spared = SPARED.min(service.spared + 1);
            return None;
        }
        service.spared = 0;
        service.in_a_row += 1;
        service.lasting = match service.lasting {
            0 if lasting < LASTING && !bus => LASTS,
            left => left.saturating_sub(1),
        };
        let number = service.faults;
        service.faults += 1;
        let kind = match Kind::ALL[number % Kind::ALL.len()] {
            // A conflict is between writes: the next one that is hit makes up for it.
            Kind::Conflict if !is_write(call) => {
                service.owes_conflict = true;
                Kind::Throttled
            }
            _ if service.owes_conflict && is_write(call) => {
                service.owes_conflict = false;
                Kind::Conflict
            }
            kind => kind,
        };
        let pause = if pause < TOO_LATE {
            Duration::from_secs(6)
        } else {
            Duration::from_millis(100 + 10 * pause)
        };
        let place = (call.service.clone(), kind);
        *self.injected.entry(place).or_default() += 1;
        Some(Fault {
            kind,
            pause,
            number,
        })
    }

    /// SplitMix64.
    fn number(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

pub(super) fn is_write(call: &Call) -> bool {
    let writes = ["TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"];
    call.service == "dynamodb" && writes.contains(&call.operation.as_str())
}
