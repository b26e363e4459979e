//! Reads a pasted line.

use std::io::{self, BufRead, Read};

use crate::error::Error;
use crate::terminal::Terminal;

/// Longer than any code with its address.
const MAX_BYTES: u64 = 16 * 1024;

pub(super) fn read(terminal: &Terminal) -> Result<String, Error> {
    terminal.prompt("Paste the address or the code: ");
    let mut line = String::new();
    let length = io::stdin().lock().take(MAX_BYTES).read_line(&mut line);
    match length {
        Ok(0) => Err(Error::SignInFailed(
            "No code was pasted. Run rolecall login --no-browser in a terminal.".to_owned(),
        )),
        Ok(_) => Ok(line),
        Err(source) => Err(Error::LocalFile {
            message: "Could not read standard input.".to_owned(),
            source: Some(source),
        }),
    }
}
