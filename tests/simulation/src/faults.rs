//! The frequency of each kind of fault in a life.

use rolecall_testing::Machine;

/// In thousandths. Often a kind is left out of a life, so that the effects of the others can be
/// seen.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub fails_before: u64,
    pub fails_after: u64,
    pub hangs: u64,
    pub is_slow: u64,
    /// The whole table is unavailable for some seconds.
    pub outage: u64,
    pub throttled: u64,
    pub cut_off: u64,
    pub answer_refused: u64,
    pub duplicated: u64,
    pub delayed: u64,
    pub double_click: u64,
}

impl Faults {
    pub fn draw(machine: &Machine) -> Self {
        let rate = |highest: u64| {
            let is_left_out = machine.below(2) == 0;
            let rate = machine.below(highest) + 1;
            if is_left_out { 0 } else { rate }
        };
        Self {
            fails_before: rate(20),
            fails_after: rate(20),
            hangs: rate(4),
            is_slow: rate(50),
            outage: rate(5),
            throttled: rate(60),
            cut_off: rate(150),
            answer_refused: rate(300),
            duplicated: rate(400),
            delayed: rate(400),
            double_click: rate(400),
        }
    }
}
