//! Renews the credentials of a command before they expire.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::answer::Answer;
use crate::config;
use crate::error::Error;

/// How long before the expiration the credentials are renewed. boto3 asks for others when 15 minutes are left, and
/// again with every request until it gets some that last longer.
const RENEW_BEFORE: i64 = 20 * 60;

/// Credentials with a shorter validity, for example because the clock of this machine is wrong, are renewed
/// after a quarter of it, within these limits.
const SHORT_PAUSES: (i64, i64) = (5, 60);

/// The pauses after failures: the first one, and the longest one. A refusal by the hub is not repeated as soon.
const PAUSES: [i64; 2] = [2, 60];
const PAUSES_OF_REFUSALS: [i64; 2] = [30, 300];

/// How often the time is read, because no thread wakes up while the machine sleeps.
const TICK: Duration = Duration::from_secs(1);

/// How long a request waits for credentials if the previous ones have expired.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The hub's document. No Debug, because it is secret.
pub(super) struct Document {
    body: String,
    expires_at: i64,
}

impl Document {
    pub fn new(body: String, expires_at: Timestamp) -> Self {
        let expires_at = expires_at.as_second();
        Self { body, expires_at }
    }
}

pub(super) struct Renewal {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    document: Option<Document>,
    /// The last attempt, if it failed.
    failure: Option<Answer>,
    failures: u32,
    /// Seconds since 1970.
    next_attempt: i64,
    is_over: bool,
}

impl Renewal {
    pub fn new(first: Document, now: Timestamp) -> Self {
        let next_attempt = due(&first, now.as_second());
        Self {
            state: Mutex::new(State {
                document: Some(first),
                failure: None,
                failures: 0,
                next_attempt,
                is_over: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Renews until [`Self::stop`]. `report` gets the first of several failures.
    pub fn run(&self, renew: &dyn Fn() -> Result<Document, Error>, report: &dyn Fn(&Error)) {
        while self.wait_until_due() {
            let result = renew();
            let mut state = self.lock();
            if let Err(error) = state.attempted(result, now())
                && state.failures == 1
            {
                report(&error);
            }
            self.changed.notify_all();
        }
    }

    pub fn stop(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// The answer to a request with the token. It waits only if credentials expired while the machine slept.
    pub fn answer(&self) -> Answer {
        let mut state = self.lock();
        let mut waited = Duration::ZERO;
        loop {
            match state.answer(now()) {
                Some(answer) => return answer,
                None if waited >= MAX_WAIT => {
                    let message = "The credentials have expired and could not be renewed in time.";
                    return Answer::refusal(503, "credentials_expired", message);
                }
                None => {
                    let result = self.changed.wait_timeout(state, TICK);
                    (state, _) = result.unwrap_or_else(PoisonError::into_inner);
                    waited += TICK;
                }
            }
        }
    }

    /// `false` once it is over.
    fn wait_until_due(&self) -> bool {
        let mut state = self.lock();
        while !state.is_over && now() < state.next_attempt {
            let result = self.changed.wait_timeout(state, TICK);
            (state, _) = result.unwrap_or_else(PoisonError::into_inner);
        }
        !state.is_over
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Records an attempt, and returns its error.
    fn attempted(&mut self, result: Result<Document, Error>, now: i64) -> Result<(), Error> {
        let error = match result {
            Ok(document) => {
                self.next_attempt = due(&document, now);
                self.document = Some(document);
                (self.failure, self.failures) = (None, 0);
                return Ok(());
            }
            Err(error) => error,
        };
        let is_refusal = matches!(error, Error::Rejected(_)) && !error.is_retryable();
        if is_refusal {
            // The account may no longer be used, for example because it was deregistered.
            self.document = None;
        }
        let [first, longest] = if is_refusal {
            PAUSES_OF_REFUSALS
        } else {
            PAUSES
        };
        let doubled = first.saturating_mul(2_i64.saturating_pow(self.failures));
        self.next_attempt = now.saturating_add(doubled.min(longest));
        self.failures = self.failures.saturating_add(1);
        let status = if is_refusal { 403 } else { 503 };
        self.failure = Some(Answer::refusal(status, error.code(), &error.to_string()));
        Err(error)
    }

    /// `None` while the first attempt since the expiration has not ended.
    fn answer(&self, now: i64) -> Option<Answer> {
        let valid = self.document.as_ref().filter(|it| now < it.expires_at);
        let valid = valid.map(|document| Answer {
            status: 200,
            body: document.body.clone(),
        });
        valid.or_else(|| self.failure.clone())
    }
}

/// When to renew the credentials.
fn due(document: &Document, now: i64) -> i64 {
    let left = document.expires_at - now;
    let (least, most) = SHORT_PAUSES;
    now + (left - RENEW_BEFORE).max((left / 4).clamp(least, most))
}

fn now() -> i64 {
    config::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Problem, Rejection};

    fn document(name: &str, expires_at: i64) -> Document {
        let expires_at = Timestamp::from_second(expires_at).expect("a time");
        Document::new(name.to_owned(), expires_at)
    }

    fn state() -> State {
        let start = Timestamp::from_second(0).expect("a time");
        let renewal = Renewal::new(document("first", 3_600), start);
        renewal.state.into_inner().expect("no panic holds it")
    }

    fn refused(status: u16) -> Error {
        let problem = Problem {
            status,
            code: "account_not_usable".to_owned(),
            detail: "The account is deregistered.".to_owned(),
            request_id: String::new(),
            errors: Vec::new(),
            report: None,
        };
        let (body, retry_after) = (String::new(), None);
        Error::Rejected(Box::new(Rejection {
            problem,
            body,
            retry_after,
        }))
    }

    fn seen(state: &State, now: i64) -> Option<(u16, String)> {
        state.answer(now).map(|answer| (answer.status, answer.body))
    }

    #[test]
    fn credentials_are_renewed_before_sdks_ask_for_others() {
        let mut state = state();
        assert_eq!(state.next_attempt, 2_400);
        assert_eq!(seen(&state, 3_599), Some((200, "first".to_owned())));
        assert!(
            state
                .attempted(Ok(document("second", 6_000)), 2_400)
                .is_ok()
        );
        assert_eq!(state.next_attempt, 4_800);
        assert_eq!(seen(&state, 2_400), Some((200, "second".to_owned())));
        // This prevents constant requests to a hub whose credentials expire soon.
        assert_eq!(due(&document("short", 100), 60), 70);
        assert_eq!(due(&document("expired", 50), 60), 65);
        assert_eq!(due(&document("half an hour", 1_800), 0), 600);
    }

    #[test]
    fn unreachable_hub_leaves_the_credentials_until_they_expire() {
        let mut state = state();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            assert!(state.attempted(Err(refused(503)), 2_400).is_err());
            pauses.push(state.next_attempt - 2_400);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(seen(&state, 3_599), Some((200, "first".to_owned())));
        let (status, body) = seen(&state, 3_600).expect("a failure");
        assert!(
            status == 503 && body.contains("account_not_usable"),
            "{body}"
        );
    }

    #[test]
    fn refusal_by_the_hub_ends_the_credentials_at_once() {
        let mut state = state();
        assert!(state.attempted(Err(refused(409)), 2_400).is_err());
        assert_eq!(state.next_attempt, 2_430);
        let (status, body) = seen(&state, 2_400).expect("a refusal");
        assert_eq!(status, 403);
        let expected = r#"{"code":"account_not_usable","message":"The account is deregistered."}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn request_waits_while_expired_credentials_are_being_renewed() {
        assert_eq!(seen(&state(), 3_600), None);
    }
}
