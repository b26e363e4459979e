//! Recorded calls and responses, so that calls can be repeated with the same responses.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::http::{Request, Response};

/// The tally's name for a repeated call.
pub const AGAIN: &str = "again";

/// The header that requests a recorded response by its number.
const RECORDED: &str = "x-recorded";

/// A call that can be repeated, without the headers that its sender adds.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub signed_for: Option<SignedFor>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SignedFor {
    pub service: String,
    pub region: String,
    pub access_key_id: String,
    pub session_token: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Recording {
    /// Calls with their times; none if nothing is being recorded.
    calls: Option<Vec<(Instant, Call)>>,
    /// The responses of all recordings; they are never removed.
    answers: Vec<Response>,
}

impl Recording {
    pub(super) fn begin(&mut self) {
        self.calls = Some(Vec::new());
    }

    /// The calls in rounds, separated by such a pause.
    pub(super) fn end(&mut self, pause: Duration) -> Vec<Vec<Call>> {
        let mut calls = self.calls.take().unwrap_or_default();
        calls.sort_by_key(|(came, _)| *came);
        let rounds = calls.chunk_by(|(one, _), (next, _)| next.duration_since(*one) < pause);
        let round =
            |round: &[(Instant, Call)]| round.iter().map(|(_, call)| call.clone()).collect();
        rounds.map(round).collect()
    }

    pub(super) fn add(&mut self, came: Instant, request: &Request, answer: &Response) {
        let number = self.answers.len();
        if let Some(calls) = &mut self.calls {
            calls.push((came, Call::of(request, number)));
            self.answers.push(answer.clone());
        }
    }

    pub(super) fn answer(&self, request: &Request) -> Option<Response> {
        let number: usize = request.header(RECORDED).parse().ok()?;
        self.answers.get(number).cloned()
    }
}

impl Call {
    fn of(request: &Request, number: usize) -> Self {
        let kept = ["accept", "content-type", "x-amz-target"].into_iter();
        let kept = kept.map(|name| (name.to_owned(), request.header(name).to_owned()));
        let kept = kept.filter(|(_, value)| !value.is_empty());
        let recorded = (RECORDED.to_owned(), number.to_string());
        let token = request.header("x-amz-security-token");
        Self {
            method: request.method.clone(),
            url: format!("https://{}{}", request.header("host"), request.path),
            headers: kept.chain([recorded]).collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            signed_for: request.signed().map(|signed| SignedFor {
                service: signed.service.to_owned(),
                region: signed.region.to_owned(),
                access_key_id: signed.access_key_id.to_owned(),
                session_token: (!token.is_empty()).then(|| token.to_owned()),
            }),
        }
    }
}
