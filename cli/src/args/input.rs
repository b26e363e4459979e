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
    let mut bytes = Vec::new();
    let taken = source.take(LARGEST + 1).read_to_end(&mut bytes);
    match taken {
        Ok(length) if length as u64 > LARGEST => {
            Err(unreadable(name, io::Error::other("it is too large")))
        }
        Ok(_) => decoded(&bytes).map_err(|source| unreadable(name, source)),
        Err(source) => Err(unreadable(name, source)),
    }
}

/// Text as editors and shells write it: UTF-8 or, as PowerShell does, UTF-16, either with a byte
/// order mark, which is no part of the text.
pub fn decoded(bytes: &[u8]) -> io::Result<String> {
    let wide = |order: fn([u8; 2]) -> u16, rest: &[u8]| {
        let pairs = rest.chunks(2).map(|pair| match pair {
            [first, second] => order([*first, *second]),
            _ => 0xd800, // A half is no character, as no lone surrogate is.
        });
        String::from_utf16(&pairs.collect::<Vec<u16>>()).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        rest => String::from_utf8(rest.to_vec()).ok(),
    };
    text.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
}

fn unreadable(name: &str, source: io::Error) -> Failure {
    Failure::Local {
        what: format!("Can't read {name}."),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        let wide: Vec<u8> = "\u{feff}né\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let turned: Vec<u8> = "\u{feff}né\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in ["né\n".as_bytes(), "\u{feff}né\n".as_bytes(), &wide, &turned] {
            assert_eq!(decoded(bytes).ok().as_deref(), Some("né\n"));
        }
        for bytes in [&b"\xff"[..], b"\xff\xfea", b"\xc3"] {
            assert!(decoded(bytes).is_err());
        }
    }
}
