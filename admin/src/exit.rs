//! How the program ends: the numbers of the command line `rolecall`, as far as they apply.

use std::process::ExitCode;

/// An exit code. Scripts rely on the numbers: they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Refused = 1,
    /// Also what clap ends with.
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

    /// One line of `--help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "AWS refused a request, or events were left out",
            Self::Usage => "the command line, the policy or the template is not valid",
            Self::NotSignedIn => "no AWS credentials, or credentials that AWS does not accept",
            Self::NotFound => "no such hub stack",
            Self::Conflict => {
                "in conflict with an earlier publication, or with one at the same time"
            }
            Self::Later => "some events could not be published now; try again later",
            Self::Unreachable => "AWS can't be reached, or gave no usable answer",
            Self::Local => "a local file can't be read or written",
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
