//! What a refused token says of itself.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// A sentence about a token that the hub refused.
pub(super) fn refused(expires_at: Option<i64>) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    });
    sentence(expires_at, now)
}

fn sentence(expires_at: Option<i64>, now: i64) -> String {
    let time = expires_at.and_then(|at| Some((at, Timestamp::from_second(at).ok()?)));
    match time {
        Some((at, time)) if at <= now => {
            format!("The token expired at {time}, {} ago.", span(now - at))
        }
        Some((at, time)) => format!(
            "The hub does not accept this token, though it is valid until {time} ({} from now). \
             Is it from this hub's issuer, and an ID token?",
            span(at - now)
        ),
        None => "The hub does not accept this token. It may have expired.".to_owned(),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn the_time_is_told_where_the_token_has_one() {
        let expired = sentence(Some(1_000), 1_000 + 60 * 12);
        assert_eq!(
            expired,
            "The token expired at 1970-01-01T00:16:40Z, 12 min ago."
        );
        let valid = sentence(Some(10_000), 2_800);
        assert!(
            valid.contains("valid until 1970-01-01T02:46:40Z (2 h from now)"),
            "{valid}"
        );
        for unknown in [None, Some(i64::MAX), Some(i64::MIN)] {
            assert!(
                sentence(unknown, 0).starts_with("The hub does not accept"),
                "{unknown:?}"
            );
        }
    }
}
