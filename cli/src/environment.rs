//! What the process's environment says. Read once; an empty variable is none.

use crate::hub::Token;

/// The variables that this program knows.
#[derive(Debug, Default)]
pub struct Environment {
    /// `ROLECALL_API_URL`.
    pub api_url: Option<String>,
    /// `ROLECALL_TOKEN`.
    pub token: Option<Token>,
    /// `ROLECALL_TOKEN_FILE`.
    pub token_file: Option<String>,
    /// `NO_COLOR` is set, or the terminal is a dumb one.
    pub colourless: bool,
}

impl Environment {
    /// Reads the variables through `lookup`.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        Self {
            api_url: set("ROLECALL_API_URL"),
            token: set("ROLECALL_TOKEN").map(Token::from),
            token_file: set("ROLECALL_TOKEN_FILE"),
            // https://no-color.org
            colourless: set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb"),
        }
    }
}
