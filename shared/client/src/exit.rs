//! Exit codes of the programs.

use std::process::ExitCode;

/// An exit code. Scripts rely on these numbers, so they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Success = 0,
    Rejected = 1,
    /// clap exits with this code as well.
    InvalidArguments = 2,
    NotAuthenticated = 3,
    NotFound = 4,
    Conflict = 5,
    VerificationFailed = 6,
    RetryLater = 7,
    Unreachable = 8,
    LocalFile = 9,
}

impl Exit {
    pub const ALL: [Self; 10] = [
        Self::Success,
        Self::Rejected,
        Self::InvalidArguments,
        Self::NotAuthenticated,
        Self::NotFound,
        Self::Conflict,
        Self::VerificationFailed,
        Self::RetryLater,
        Self::Unreachable,
        Self::LocalFile,
    ];

    /// The table under `--help`. `meaning` returns the meaning of a code for the program, or `None` for a code
    /// that it never uses.
    pub fn help(meaning: impl Fn(Self) -> Option<&'static str>) -> String {
        let line = |exit: Self| meaning(exit).map(|text| format!("  {}  {text}", exit as u8));
        let lines: Vec<String> = Self::ALL.into_iter().filter_map(line).collect();
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
