//! Errors and their exit codes.

use std::error::Error as StdError;
use std::io;

pub use rolecall_client::Exit;
use serde::Deserialize;
use serde_json::{Value, json};

/// What an exit code means, on one line for `--help` and docs/cli.md.
pub fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Success => "success",
        Exit::Rejected => "the hub rejected the request, or you canceled the command",
        Exit::InvalidArguments => "invalid arguments",
        Exit::NotAuthenticated => "not authenticated: the token is missing or was rejected",
        Exit::NotFound => "not found, or not visible to you",
        Exit::Conflict => "conflicts with the current state, or the registration has ended",
        Exit::VerificationFailed => "verification failed",
        Exit::RetryLater => "inconclusive, rate limited or timed out: retry later",
        Exit::Unreachable => "could not reach the hub, or its response was invalid",
        Exit::LocalFile => "could not read or write a local file",
    }
}

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The hub rejected the request.
    #[error("{}", .0.problem.detail)]
    Rejected(Box<Rejection>),
    /// The gateway in front of the hub rejected the request. Its responses have no code.
    #[error("{message}")]
    Gateway {
        status: u16,
        message: String,
        retry_after: Option<u64>,
    },
    #[error("Could not reach the hub at {url}.")]
    Unreachable {
        url: String,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("The hub's response is invalid: {0}.")]
    InvalidResponse(String),
    #[error("{0}")]
    InvalidArguments(String),
    #[error("{0}")]
    NotAuthenticated(String),
    /// Of AWS, not of the hub.
    #[error("{message}")]
    Aws { code: &'static str, message: String },
    /// There is no session, or it has ended.
    #[error("{message}")]
    SignedOut { message: String, command: String },
    #[error("{0}")]
    SignInFailed(String),
    #[error("Could not reach the issuer of the hub's tokens at {url}.")]
    IssuerUnreachable {
        url: String,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// No group or account has this name.
    #[error("{message}")]
    UnknownName {
        message: String,
        remedy: &'static str,
    },
    /// Several records have this name. Each match is a line.
    #[error("{message}")]
    Ambiguous {
        message: String,
        matches: Vec<String>,
    },
    #[error("{message}")]
    LocalFile {
        message: String,
        #[source]
        source: Option<io::Error>,
    },
    /// The registration that `connect` waits for was revoked or has expired.
    #[error("{0}")]
    RegistrationEnded(String),
    /// `connect` reached its timeout.
    #[error("{0}")]
    TimedOut(String),
    #[error("Nothing was changed.")]
    Canceled,
}

/// A problem (RFC 9457) as the hub sent it.
#[derive(Debug)]
pub struct Rejection {
    pub problem: Problem,
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
    /// The verification that failed.
    pub report: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub code: String,
    pub message: String,
}

impl Error {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Rejected(rejection) if rejection.problem.code == "verification_failed" => {
                Exit::VerificationFailed
            }
            Self::Rejected(rejection) => exit_of(rejection.problem.status),
            Self::Gateway { status, .. } => exit_of(*status),
            Self::Unreachable { .. }
            | Self::IssuerUnreachable { .. }
            | Self::InvalidResponse(_) => Exit::Unreachable,
            Self::InvalidArguments(_) | Self::Ambiguous { .. } => Exit::InvalidArguments,
            Self::Aws { code, .. } if *code == "aws_credentials_missing" => Exit::NotAuthenticated,
            Self::Aws { .. } => Exit::Rejected,
            Self::NotAuthenticated(_) | Self::SignedOut { .. } | Self::SignInFailed(_) => {
                Exit::NotAuthenticated
            }
            Self::UnknownName { .. } => Exit::NotFound,
            Self::LocalFile { .. } => Exit::LocalFile,
            Self::RegistrationEnded(_) => Exit::Conflict,
            Self::TimedOut(_) => Exit::RetryLater,
            Self::Canceled => Exit::Rejected,
        }
    }

    /// The hub's code, or one defined by this program.
    pub fn code(&self) -> &str {
        match self {
            Self::Rejected(rejection) => &rejection.problem.code,
            Self::Gateway { status, .. } => match status {
                401 => "unauthorized",
                403 => "forbidden",
                404 => "not_found",
                429 => "rate_limited",
                _ => "gateway_error",
            },
            Self::Unreachable { .. } => "hub_unreachable",
            Self::InvalidResponse(_) => "invalid_response",
            Self::InvalidArguments(_) => "invalid_arguments",
            Self::NotAuthenticated(_) => "unauthorized",
            Self::Aws { code, .. } => code,
            Self::UnknownName { .. } => "not_found",
            Self::Ambiguous { .. } => "ambiguous_name",
            Self::SignedOut { .. } => "signed_out",
            Self::SignInFailed(_) => "sign_in_failed",
            Self::IssuerUnreachable { .. } => "issuer_unreachable",
            Self::LocalFile { .. } => "local_file",
            Self::RegistrationEnded(_) => "registration_ended",
            Self::TimedOut(_) => "timed_out",
            Self::Canceled => "canceled",
        }
    }

    /// The next step for the user, if the message does not contain it.
    pub fn remedy(&self) -> Option<String> {
        match (self, self.exit()) {
            (Self::Rejected(rejection), _) if rejection.problem.code == "conflict" => {
                Some("Run the command again.".to_owned())
            }
            (Self::Gateway { .. }, Exit::Unreachable) => Some("Retry later.".to_owned()),
            (Self::Unreachable { .. }, _) => Some(
                "Check the URL (--api-url or ROLECALL_API_URL) and your network connection."
                    .to_owned(),
            ),
            (Self::InvalidResponse(_), _) => {
                Some("Check that --api-url or ROLECALL_API_URL is the hub's URL.".to_owned())
            }
            (Self::SignedOut { command, .. }, _) => Some(format!("Run: {command}")),
            (Self::IssuerUnreachable { .. }, _) => {
                Some("Check your network connection, and retry.".to_owned())
            }
            (Self::NotAuthenticated(_) | Self::Gateway { status: 401, .. }, _) => Some(
                "Run rolecall login, or set ROLECALL_TOKEN to a valid token of this hub."
                    .to_owned(),
            ),
            (Self::UnknownName { remedy, .. }, _) => Some((*remedy).to_owned()),
            (_, Exit::RetryLater) => {
                let seconds = self.retry_after()?;
                // Most messages of the hub name the time themselves.
                let is_named = self.to_string().contains(&format!("in {seconds} s"));
                (!is_named).then(|| format!("Retry in {seconds} s."))
            }
            _ => None,
        }
    }

    /// This error as JSON (RFC 9457). The hub's own problem stays unchanged.
    pub fn as_problem(&self) -> String {
        if let Self::Rejected(rejection) = self {
            return rejection.body.clone();
        }
        let code = self.code();
        let mut problem = json!({
            "type": format!("urn:rolecall:problem:{code}"),
            "title": meaning(self.exit()),
            "code": code,
            "detail": match self {
                Self::LocalFile { message, source: Some(source) } => format!("{message} {source}"),
                other => other.to_string(),
            },
        });
        if let Self::Gateway { status, .. } = self {
            problem["status"] = (*status).into();
        }
        if let Self::Ambiguous { matches, .. } = self {
            problem["matches"] = json!(matches);
        }
        problem.to_string()
    }

    /// Whether the same request may succeed soon.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::IssuerUnreachable { .. } => true,
            Self::Rejected(rejection) => matches!(rejection.problem.status, 429 | 503),
            Self::Gateway { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::InvalidResponse(_)
            | Self::InvalidArguments(_)
            | Self::NotAuthenticated(_)
            | Self::Aws { .. }
            | Self::UnknownName { .. }
            | Self::Ambiguous { .. }
            | Self::SignedOut { .. }
            | Self::SignInFailed(_)
            | Self::LocalFile { .. }
            | Self::RegistrationEnded(_)
            | Self::TimedOut(_)
            | Self::Canceled => false,
        }
    }

    /// How long the hub asks the client to wait, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Rejected(rejection) => rejection.retry_after,
            Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn exit_of(status: u16) -> Exit {
    match status {
        401 | 403 => Exit::NotAuthenticated,
        404 => Exit::NotFound,
        409 => Exit::Conflict,
        429 | 503 => Exit::RetryLater,
        400..=499 => Exit::Rejected,
        _ => Exit::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, meaning};

    #[test]
    fn docs_list_every_exit_code() {
        let text = include_str!("../../docs/cli.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit as u8, meaning(exit));
            assert!(text.contains(&row), "docs/cli.md lacks: {row}");
        }
    }
}
