//! Decides from a seed which calls fail, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Counts;
use super::wire::Call;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The response is late, sometimes after the client's timeout.
    Delay,
    /// 500
    Internal,
    /// 503
    Unavailable,
    /// Throttled, with the service's own error code.
    Throttled,
    /// Another transaction holds the item; only for DynamoDB's writes.
    Conflict,
    /// The request never reaches the service.
    CutBefore,
    /// The call takes effect, but its response is lost.
    CutAfter,
    /// The client receives half of the response body.
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

/// The fault for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub kind: Kind,
    pub pause: Duration,
    /// Selects one of several equivalent errors.
    pub number: usize,
}

/// Percentage of calls that start a fault. DynamoDB, which gets most calls, has a lower share.
fn share(service: &str) -> u64 {
    if service == "dynamodb" { 10 } else { 20 }
}

/// Percentage of faults that also affect the service's next calls, for longer than the SDK's
/// retries.
const LASTING: u64 = 12;
const LASTS: u32 = 3;

/// A service with few calls must get faults too: until it has had `AT_LEAST` of them, at most
/// `SPARED` calls in a row succeed.
const AT_LEAST: usize = 2;
const SPARED: u32 = 3;

/// Percentage of delays that are longer than the client's timeout.
const TOO_LATE: u64 = 10;

/// The emulator drops a stream batch that `event-publisher` could not publish, but AWS delivers it
/// again. So faults of the bus must be shorter than the SDK's retries.
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
    /// The kinds rotate, so that each of them occurs.
    faults: usize,
    /// Calls since the last fault.
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
            // Only writes conflict; the next write with a fault gets the conflict instead.
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
