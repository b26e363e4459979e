//! Durations on the command line.

use std::time::Duration;

/// `500ms`, `90s`, `10m`, `2h`. A bare number is in seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let unit = units.iter().find_map(|(unit, millis)| {
        let number = text.strip_suffix(unit)?;
        Some((number, *millis))
    });
    let (number, millis) = unit.unwrap_or((text, 1_000));
    match number.parse::<u32>() {
        Ok(number) => Ok(Duration::from_millis(u64::from(number) * millis)),
        Err(_) => Err("a duration is a number with a unit: 500ms, 90s, 10m or 2h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, parse};

    #[test]
    fn durations_are_parsed_with_their_unit() {
        let millis = |text| parse(text).map(|duration: Duration| duration.as_millis());
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("90s"), Ok(90_000));
        assert_eq!(millis("10m"), Ok(600_000));
        assert_eq!(millis("2h"), Ok(7_200_000));
        assert_eq!(millis("5"), Ok(5_000));
        for invalid in ["", "m", "-1s", "1.5h", "10 m", "ten", "1d", "ę"] {
            assert!(millis(invalid).is_err(), "{invalid}");
        }
    }
}
