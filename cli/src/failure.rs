//! Why a command did not end well. Each variant says who can act; each is shown in one place.

use std::error::Error;
use std::io;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::Exit;

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The hub said no, and why.
    #[error("{}: {}", .0.problem.code, .0.problem.detail)]
    Refused(Box<Refusal>),
    /// The gateway before the hub said no, in its own words.
    #[error("{message} (status {status})")]
    Gateway {
        status: u16,
        message: String,
        retry_after: Option<u64>,
    },
    #[error("The hub can't be reached.")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    #[error("The hub's answer can't be used: {0}.")]
    Unusable(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    NotSignedIn(String),
    /// A file of this machine.
    #[error("{what}")]
    Local {
        what: String,
        #[source]
        source: io::Error,
    },
    /// What was followed will not come any more.
    #[error("{0}")]
    Ended(String),
    /// What was followed has not come yet.
    #[error("{0}")]
    Late(String),
}

/// A problem (RFC 9457) as the hub sent it.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// The answer itself.
    pub body: String,
    /// Seconds.
    pub retry_after: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub detail: String,
    #[serde(default)]
    pub request_id: String,
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// The verification that it is about.
    pub report: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub code: String,
    pub message: String,
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused(refusal) if refusal.problem.code == "verification_failed" => {
                Exit::VerificationFailed
            }
            Self::Refused(refusal) => by_status(refusal.problem.status),
            Self::Gateway { status, .. } => by_status(*status),
            Self::Unreachable(_) | Self::Unusable(_) => Exit::Unreachable,
            Self::Usage(_) => Exit::Usage,
            Self::NotSignedIn(_) => Exit::NotSignedIn,
            Self::Local { .. } => Exit::Local,
            Self::Ended(_) => Exit::Conflict,
            Self::Late(_) => Exit::Later,
        }
    }

    /// A problem in JSON (RFC 9457), whoever refused: the hub's own as it came.
    pub fn as_problem(&self) -> String {
        let (code, status) = match self {
            Self::Refused(refusal) => return refusal.body.clone(),
            Self::Gateway { status, .. } => (by_gateway(*status), Some(*status)),
            Self::Unreachable(_) => ("unreachable", None),
            Self::Unusable(_) => ("unusable_answer", None),
            Self::Usage(_) => ("usage", None),
            Self::NotSignedIn(_) => ("unauthorized", None),
            Self::Local { .. } => ("local_file", None),
            Self::Ended(_) => ("registration_ended", None),
            Self::Late(_) => ("timed_out", None),
        };
        let mut problem = json!({
            "type": format!("urn:rolecall:problem:{code}"),
            "title": self.exit().meaning(),
            "code": code,
            "detail": self.detail(),
        });
        if let Some(status) = status {
            problem["status"] = status.into();
        }
        problem.to_string()
    }

    /// What is shown, without what else stands there.
    fn detail(&self) -> String {
        match self {
            Self::Gateway { message, .. } => message.clone(),
            Self::Local { what, source } => format!("{what} {source}"),
            other => other.to_string(),
        }
    }

    /// Whether the same request may fare better soon.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(refusal) => matches!(refusal.problem.status, 429 | 503),
            Self::Gateway { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Unusable(_)
            | Self::Usage(_)
            | Self::NotSignedIn(_)
            | Self::Local { .. }
            | Self::Ended(_)
            | Self::Late(_) => false,
        }
    }

    /// How long the hub asks to wait, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The gateway has no codes of its own.
fn by_gateway(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        429 => "rate_limited",
        _ => "gateway_refusal",
    }
}

fn by_status(status: u16) -> Exit {
    match status {
        401 | 403 => Exit::NotSignedIn,
        404 => Exit::NotFound,
        409 => Exit::Conflict,
        429 | 503 => Exit::Later,
        400..=499 => Exit::Refused,
        _ => Exit::Unreachable,
    }
}
