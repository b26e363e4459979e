//! What the process's environment says. Read once; an empty variable is none.

use std::path::{Path, PathBuf};

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
    /// `AWS_CONFIG_FILE`.
    pub aws_config: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub aws_credentials: Option<String>,
    /// `HOME`.
    pub home: Option<String>,
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
            aws_config: set("AWS_CONFIG_FILE"),
            aws_credentials: set("AWS_SHARED_CREDENTIALS_FILE"),
            home: set("HOME").or_else(|| set("USERPROFILE")),
            // https://no-color.org
            colourless: set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb"),
        }
    }

    /// The configuration that AWS's own tools read.
    pub fn aws_config_file(&self) -> Option<PathBuf> {
        self.aws_file(self.aws_config.as_deref(), "config")
    }

    /// Whether the credentials file has a profile of this name.
    pub fn has_credentials_of(&self, profile: &str) -> bool {
        let path = self.aws_file(self.aws_credentials.as_deref(), "credentials");
        let text = path.and_then(|path| std::fs::read(path).ok());
        let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let header = format!("[{profile}]");
        text.is_some_and(|text| text.lines().any(|line| line.trim() == header))
    }

    fn aws_file(&self, named: Option<&str>, usual: &str) -> Option<PathBuf> {
        let home = self.home.as_deref().map(Path::new);
        match named {
            Some(path) => Some(match (path.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(path),
            }),
            None => Some(home?.join(".aws").join(usual)),
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
