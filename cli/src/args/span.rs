//! Spans of time, as people type them.

use std::time::Duration;

/// `90s`, `10m`, `2h`; a bare number is seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        _ => (text, 1),
    };
    let seconds = number.parse::<u32>().ok();
    let seconds = seconds.map(|number| u64::from(number) * unit);
    let span = seconds.map(Duration::from_secs);
    span.ok_or_else(|| "a time is like 90s, 10m or 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Duration, parse};

    #[test]
    fn spans_have_a_unit() {
        let seconds = |text| parse(text).map(|span: Duration| span.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("2h"), Ok(7200));
        assert_eq!(seconds("5"), Ok(5));
        for wrong in ["", "m", "-1s", "1.5h", "10 m", "ten", "1d", "ę"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
