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

#[cfg(test)]
mod tests {
    use super::Environment;

    fn read(pairs: &[(&str, &str)]) -> Environment {
        Environment::read(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_variable_is_none() {
        let environment = read(&[
            ("ROLECALL_API_URL", ""),
            ("ROLECALL_TOKEN", "t"),
            ("NO_COLOR", ""),
        ]);
        assert_eq!(environment.api_url, None);
        assert!(environment.token.is_some());
        assert!(!environment.colourless);
    }

    #[test]
    fn colours_can_be_refused() {
        assert!(read(&[("NO_COLOR", "1")]).colourless);
        assert!(read(&[("TERM", "dumb")]).colourless);
        assert!(!read(&[("TERM", "xterm")]).colourless);
    }
}
