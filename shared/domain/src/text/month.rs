//! Calendar months.

use super::{FieldError, checked_string};
use crate::messages::Rule;
use jiff::Timestamp;

checked_string!(
    /// A calendar month in UTC, as `2027-01`.
    Month,
    |text| {
        let digits = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let valid = text.split_once('-').is_some_and(|(year, month)| {
            digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month)
        });
        if valid {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotAMonth))
        }
    }
);

impl Month {
    /// The month that contains the time.
    pub fn of(at: Timestamp) -> Self {
        // RFC 3339 begins with the year and the month.
        let text = at.to_string();
        Self(text.get(..7).unwrap_or("0000-01").to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_is_the_one_of_the_time_in_utc() {
        let at = |text: &str| Month::of(text.parse().expect("a time"));
        assert_eq!(at("2026-11-30T23:59:59.999Z").as_str(), "2026-11");
        assert_eq!(at("2026-12-01T00:00:00Z").as_str(), "2026-12");
        for bad in [
            "", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-011",
        ] {
            assert!(Month::parse(bad).is_err(), "{bad}");
        }
    }
}
