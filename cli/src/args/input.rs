//! What an argument points to: a file, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;

/// More than any body that the hub takes (64 KB).
const LARGEST: u64 = 256 * 1024;

/// The argument itself, or standard input for `-`.
pub fn argument(text: String, what: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    Ok(read(io::stdin(), &format!("standard input ({what})"))?
        .trim()
        .to_owned())
}

/// A file, or standard input for `-`.
pub fn file(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return read(io::stdin(), "standard input");
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => read(file, &name),
        Err(source) => Err(unreadable(&name, source)),
    }
}

fn read(source: impl Read, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let taken = source.take(LARGEST + 1).read_to_string(&mut text);
    match taken {
        Ok(length) if length as u64 > LARGEST => {
            Err(unreadable(name, io::Error::other("it is too large")))
        }
        Ok(_) => Ok(text),
        Err(source) => Err(unreadable(name, source)),
    }
}

fn unreadable(name: &str, source: io::Error) -> Failure {
    Failure::Local {
        what: format!("Can't read {name}."),
        source,
    }
}
