//! Exit codes. They have the same numbers as those of `rolecall`.

use std::process::ExitCode;

/// An exit code. Scripts rely on these numbers, so they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Refused = 1,
    /// clap exits with this code as well.
    Usage = 2,
    NotSignedIn = 3,
    NotFound = 4,
    Conflict = 5,
    Later = 7,
    Unreachable = 8,
    Local = 9,
}

impl Exit {
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::NotSignedIn,
        Self::NotFound,
        Self::Conflict,
        Self::Later,
        Self::Unreachable,
        Self::Local,
    ];

    /// One line for `--help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "success",
            Self::Refused => "AWS rejected a request, or some events can't be published",
            Self::Usage => "invalid arguments, policy or template",
            Self::NotSignedIn => "not authenticated: AWS credentials are missing or were rejected",
            Self::NotFound => "hub stack not found",
            Self::Conflict => "conflicts with an earlier publication, or with a concurrent one",
            Self::Later => "some events could not be published yet: retry later",
            Self::Unreachable => "could not reach AWS, or its response was invalid",
            Self::Local => "could not read or write a local file",
        }
    }

    /// The table under `--help`.
    pub fn help() -> String {
        let lines = Self::ALL.map(|exit| format!("  {}  {}", exit as u8, exit.meaning()));
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
