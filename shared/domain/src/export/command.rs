//! The command of a `credential_process` line.

use crate::messages::Rule;
use crate::text::{FieldError, checked_string};

checked_string!(
    /// The program that prints credentials, and its options: `rolecall`, or `/opt/bin/rolecall --context=prod`.
    ///
    /// Readers split the line differently: a shell, Python's `shlex`, or `cmd.exe`. They agree only on words
    /// without spaces, quotes, backslashes, and characters that a shell expands, so no others are accepted.
    CredentialCommand,
    |text| {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@+,=".contains(&b);
        let mut words = text.split(' ');
        let program = words.next().unwrap_or_default();
        let is_program = !program.is_empty() && !program.starts_with('-');
        let is_option = |word: &str| word.starts_with("--") && word.len() > 2;
        let fits = text.len() <= 200 && text.bytes().all(|b| b == b' ' || safe(b));
        if fits && is_program && words.all(is_option) {
            Ok(())
        } else {
            Err(FieldError::new("invalid", Rule::NotACredentialCommand))
        }
    }
);

impl Default for CredentialCommand {
    fn default() -> Self {
        Self("rolecall".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::CredentialCommand;

    #[test]
    fn command_that_readers_would_split_differently_is_rejected() {
        for good in [
            "rolecall",
            "/usr/local/bin/rolecall",
            "C:/tools/rolecall.exe",
            "rolecall --context=prod --operator",
        ] {
            assert!(CredentialCommand::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " rolecall",
            "rolecall ",
            "/opt/My Tools/rolecall",
            r"C:\tools\rolecall.exe",
            "\"C:/My Tools/rolecall.exe\"",
            "~/bin/rolecall",
            "$HOME/rolecall",
            "%HOME%/rolecall",
            "rolecall; id",
            "rolecall --a=$(id)",
            "rolecall  --operator",
            "rolecall --",
            "rolecall # x",
            "rolecall\n[default]",
            "ロール",
            "--operator",
        ] {
            assert!(CredentialCommand::parse(bad).is_err(), "{bad:?}");
        }
    }
}
