//! Arguments that name a file, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::Error;

/// Larger than any request body that the hub accepts (64 KB).
const MAX_BYTES: u64 = 256 * 1024;

/// The argument itself, or standard input for `-`.
pub fn argument(text: String, what: &str) -> Result<String, Error> {
    if text != "-" {
        return Ok(text);
    }
    Ok(read(io::stdin(), &format!("standard input ({what})"))?
        .trim()
        .to_owned())
}

/// A file, or standard input for `-`.
pub fn file(path: &Path) -> Result<String, Error> {
    if path == Path::new("-") {
        return read(io::stdin(), "standard input");
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => read(file, &name),
        Err(source) => Err(could_not_read(&name, source)),
    }
}

fn read(source: impl Read, name: &str) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let result = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    match result {
        Ok(length) if length as u64 > MAX_BYTES => Err(could_not_read(
            name,
            io::Error::other("the file is larger than 256 KB"),
        )),
        Ok(_) => decode(&bytes).map_err(|source| could_not_read(name, source)),
        Err(source) => Err(could_not_read(name, source)),
    }
}

/// Decodes UTF-8 or UTF-16, which PowerShell writes. Removes a byte order mark.
pub fn decode(bytes: &[u8]) -> io::Result<String> {
    let wide = |order: fn([u8; 2]) -> u16, rest: &[u8]| {
        let pairs = rest.chunks(2).map(|pair| match pair {
            [first, second] => order([*first, *second]),
            _ => 0xd800, // An odd byte at the end is as invalid as a lone surrogate.
        });
        String::from_utf16(&pairs.collect::<Vec<u16>>()).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        rest => String::from_utf8(rest.to_vec()).ok(),
    };
    text.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the content is neither UTF-8 nor UTF-16",
        )
    })
}

fn could_not_read(name: &str, source: io::Error) -> Error {
    Error::LocalFile {
        message: format!("Could not read {name}."),
        source: Some(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_is_removed() {
        let wide: Vec<u8> = "\u{feff}né\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big_endian: Vec<u8> = "\u{feff}né\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in [
            "né\n".as_bytes(),
            "\u{feff}né\n".as_bytes(),
            &wide,
            &big_endian,
        ] {
            assert_eq!(decode(bytes).ok().as_deref(), Some("né\n"));
        }
        for bytes in [&b"\xff"[..], b"\xff\xfea", b"\xc3"] {
            assert!(decode(bytes).is_err());
        }
    }
}
