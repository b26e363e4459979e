//! One function for every parser of untrusted bytes. libFuzzer calls them, and
//! `tests/tests/repo/outside_bytes` calls them with the seeds and with generated input. Each panics if a
//! property is violated, and returns whether the input was accepted. Seeds whose names begin with
//! `good` must be accepted, and those that begin with `bad` must not.

mod api;
mod callback;
mod console;
mod documents;
mod events;
mod hub;
mod links;
mod names;
mod secrets;
mod workloads;

pub use api::{api_body, api_request};
pub use callback::{callback_envelope, callback_request, response_url};
pub use console::{console_request, return_path};
pub use documents::{access_denied, permission_policy, stack_info, trust_policy};
pub use events::{event, queue_message, stream_record};
pub use links::return_url;
pub use names::names;
pub use secrets::{cursor, page_token, registration_token};
pub use workloads::{issuer_document, workload_token};

use serde_json::Value;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A target: its name and its function.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets. Each has a binary of the same name.
pub const TARGETS: &[Target] = &[
    ("access_denied", access_denied),
    ("api_body", api_body),
    ("api_request", api_request),
    ("callback_envelope", callback_envelope),
    ("callback_request", callback_request),
    ("console_request", console_request),
    ("cursor", cursor),
    ("event", event),
    ("issuer_document", issuer_document),
    ("names", names),
    ("page_token", page_token),
    ("permission_policy", permission_policy),
    ("queue_message", queue_message),
    ("registration_token", registration_token),
    ("response_url", response_url),
    ("return_path", return_path),
    ("return_url", return_url),
    ("stack_info", stack_info),
    ("stream_record", stream_record),
    ("trust_policy", trust_policy),
    ("workload_token", workload_token),
];

/// Maximum number of polls of a future over fakes. More mean that it never completes.
const MAX_POLLS: usize = 100_000;

/// Runs a future to completion. Over fakes, a pending future only yields to others.
fn finish<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("the future does not complete");
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}
