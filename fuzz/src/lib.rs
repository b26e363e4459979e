//! Every place where bytes from outside are read, as a function that libFuzzer feeds and that
//! `tests/tests/repo/outside_bytes` feeds with the seeds and with generated input. Each panics when a
//! promise is broken, and tells whether the input was accepted: a seed whose name begins with
//! `good` must be, one that begins with `bad` must not.

mod api;
mod callback;
mod documents;
mod events;
mod hub;
mod names;
mod secrets;

pub use api::{api_body, api_request};
pub use callback::{callback_envelope, callback_request, response_url};
pub use documents::{access_denied, permission_policy, stack_info, trust_policy};
pub use events::{event, queue_message, stream_record};
pub use names::names;
pub use secrets::{cursor, registration_token};

use serde_json::Value;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A target: its name, and what it does with some bytes.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All of them. A binary of the same name feeds each.
pub const TARGETS: &[Target] = &[
    ("access_denied", access_denied),
    ("api_body", api_body),
    ("api_request", api_request),
    ("callback_envelope", callback_envelope),
    ("callback_request", callback_request),
    ("cursor", cursor),
    ("event", event),
    ("names", names),
    ("permission_policy", permission_policy),
    ("queue_message", queue_message),
    ("registration_token", registration_token),
    ("response_url", response_url),
    ("stack_info", stack_info),
    ("stream_record", stream_record),
    ("trust_policy", trust_policy),
];

/// Waking-ups of one piece of work over fakes: more of them mean that it waits for ever.
const PATIENCE: usize = 100_000;

/// What the work comes to. Over fakes nothing waits but to let others have a turn.
fn finish<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..PATIENCE {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("the work does not come to an end");
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}
