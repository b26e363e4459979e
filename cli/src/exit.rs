//! How the program ends. Scripts rely on these numbers: they never change their meaning.

use std::process::ExitCode;

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Refused = 1,
    /// Also what clap ends with.
    Usage = 2,
    NotSignedIn = 3,
    NotFound = 4,
    Conflict = 5,
    VerificationFailed = 6,
    Later = 7,
    Unreachable = 8,
    Local = 9,
}

impl Exit {
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::NotSignedIn,
        Self::NotFound,
        Self::Conflict,
        Self::VerificationFailed,
        Self::Later,
        Self::Unreachable,
        Self::Local,
    ];

    /// One line for `--help` and for docs/cli.md.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "the hub refused the request",
            Self::Usage => "the command line is not right",
            Self::NotSignedIn => "no token, or one that the hub does not take",
            Self::NotFound => "nothing there that you may see",
            Self::Conflict => "in conflict with how things are, or the registration has ended",
            Self::VerificationFailed => "the verification failed",
            Self::Later => "inconclusive, too many requests or timed out: try again later",
            Self::Unreachable => "the hub can't be reached, or gave no usable answer",
            Self::Local => "a file here can't be read or written",
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

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_document_has_every_code() {
        let text = include_str!("../../docs/cli.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit as u8, exit.meaning());
            assert!(text.contains(&row), "docs/cli.md lacks: {row}");
        }
    }
}
