//! The usage of a tenant in a month, for billing.

use crate::text::month::Month;
use std::collections::BTreeMap;

/// The accounts that a month's transactions registered, and that they deregistered.
pub const REGISTERED: &str = "registered";
pub const DEREGISTERED: &str = "deregistered";

/// The checks of a month.
pub const CHECKS: &str = "checks";

/// What a tenant used in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The accounts that were connected at any time in the month: registered before its end, and not
    /// deregistered before its start. Each account counts once, whatever its health.
    pub accounts_connected: u64,
    /// The checks of accounts, scheduled and requested.
    pub checks: u64,
}

impl Usage {
    /// From the sums of the counters of each month up to this one.
    pub fn of(month: &Month, sums: &BTreeMap<Month, BTreeMap<String, i64>>) -> Self {
        let sum = |months: &dyn Fn(&Month) -> bool, name: &str| -> i64 {
            let chosen = sums.iter().filter(|(month, _)| months(month));
            chosen.filter_map(|(_, counters)| counters.get(name)).sum()
        };
        let (before, within) = (|it: &Month| it < month, |it: &Month| it == month);
        let at_the_start = sum(&before, REGISTERED) - sum(&before, DEREGISTERED);
        let accounts = at_the_start + sum(&within, REGISTERED);
        Self {
            accounts_connected: u64::try_from(accounts).unwrap_or_default(),
            checks: u64::try_from(sum(&within, CHECKS)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn month(text: &str) -> Month {
        Month::parse(text).expect("valid")
    }

    #[test]
    fn month_is_a_year_and_a_month_in_utc() {
        let at: Timestamp = "2027-02-01T00:30:00+01:00".parse().expect("a time");
        assert_eq!(Month::of(at), month("2027-01"));
        for bad in [
            "",
            "2027",
            "2027-1",
            "2027-00",
            "2027-13",
            "27-01",
            "2027-01-01",
            "2027/01",
        ] {
            assert!(Month::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn account_counts_in_every_month_in_which_it_was_connected() {
        let counters = |registered, deregistered, checks| {
            BTreeMap::from([
                (REGISTERED.to_owned(), registered),
                (DEREGISTERED.to_owned(), deregistered),
                (CHECKS.to_owned(), checks),
            ])
        };
        let sums = BTreeMap::from([
            (month("2027-01"), counters(3, 1, 20)),
            (month("2027-02"), counters(0, 0, 30)),
            (month("2027-03"), counters(1, 2, 7)),
        ]);
        for (asked, accounts_connected, checks) in [
            ("2026-12", 0, 0),
            ("2027-01", 3, 20),
            ("2027-02", 2, 30),
            ("2027-03", 3, 7),
            ("2027-04", 1, 0),
        ] {
            let expected = Usage {
                accounts_connected,
                checks,
            };
            assert_eq!(Usage::of(&month(asked), &sums), expected, "{asked}");
        }
    }
}
