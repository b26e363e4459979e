//! Environment variables, and the client that is configured by them and by the arguments.

use std::path::{Path, PathBuf};

use crate::args::{Global, input};
use crate::aws::Sources;
use crate::client::{Address, Client, RetryPolicy, Token};
use crate::error::Error;

/// The environment variables. An empty one counts as not set.
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
    /// Credentials of AWS.
    pub aws: Sources,
    /// `HOME`.
    pub home: Option<String>,
    /// `NO_COLOR` is set, or the terminal has no colors.
    pub no_color: bool,
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
            aws: Sources::read(lookup),
            home: set("HOME").or_else(|| set("USERPROFILE")),
            // https://no-color.org
            no_color: set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb"),
        }
    }

    /// The configuration file that the AWS CLI reads.
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

    fn aws_file(&self, configured: Option<&str>, default: &str) -> Option<PathBuf> {
        let home = self.home.as_deref().map(Path::new);
        match configured {
            Some(path) => Some(match (path.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(path),
            }),
            None => Some(home?.join(".aws").join(default)),
        }
    }
}

/// A client of the hub. Arguments override environment variables. `notify` gets a line for each retry.
pub fn client<'a>(
    global: &Global,
    environment: &Environment,
    notify: &'a dyn Fn(&str),
) -> Result<Client<'a>, Error> {
    let url = global.api_url.as_ref().or(environment.api_url.as_ref());
    let url = url.ok_or_else(|| {
        Error::InvalidArguments("No hub URL. Set --api-url or ROLECALL_API_URL.".to_owned())
    })?;
    let address = Address::parse(url)?;
    let token = match (
        &global.token_file,
        &environment.token,
        &environment.token_file,
    ) {
        (Some(path), ..) => read_token(path)?,
        (None, Some(token), _) => token.clone(),
        (None, None, Some(path)) => read_token(Path::new(path))?,
        (None, None, None) => return Err(Error::NotAuthenticated("No token.".to_owned())),
    };
    Client::new(address, token, RetryPolicy::default(), notify)
}

fn read_token(path: &Path) -> Result<Token, Error> {
    let text = std::fs::read(path).and_then(|bytes| input::decode(&bytes));
    text.map(Token::from).map_err(|error| {
        let path = path.display();
        Error::NotAuthenticated(format!("Could not read the token file {path}: {error}."))
    })
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
    fn empty_variable_counts_as_not_set() {
        let environment = read(&[
            ("ROLECALL_API_URL", ""),
            ("ROLECALL_TOKEN", "t"),
            ("NO_COLOR", ""),
        ]);
        assert_eq!(environment.api_url, None);
        assert!(environment.token.is_some());
        assert!(!environment.no_color);
    }

    #[test]
    fn colors_can_be_turned_off() {
        assert!(read(&[("NO_COLOR", "1")]).no_color);
        assert!(read(&[("TERM", "dumb")]).no_color);
        assert!(!read(&[("TERM", "xterm")]).no_color);
    }
}
