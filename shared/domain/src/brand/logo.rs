//! The logo: a PNG or JPEG file, checked by its content. SVG files can run scripts in the pages' origin.

use crate::messages::{BrandRule, Rule};
use crate::text::FieldError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAX_KILOBYTES: usize = 200;
/// The maximum size of a logo file.
pub const MAX_LOGO_BYTES: usize = MAX_KILOBYTES * 1024;
/// The minimum and maximum number of pixels per side.
const LEAST_SIDE: u32 = 16;
const MAX_SIDE: u32 = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogoFormat {
    Png,
    Jpeg,
}

impl LogoFormat {
    /// For the header `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The metadata of a logo file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    pub format: LogoFormat,
    pub width: u32,
    pub height: u32,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Tags that make a file HTML, XML or a script for programs that ignore its type.
const MARKUP: [&str; 7] = [
    "<!doctype",
    "<html",
    "<script",
    "<iframe",
    "<body",
    "<svg ",
    "<?php",
];

impl Logo {
    /// # Errors
    /// The rule that the file breaks.
    pub fn of_file(file: &[u8]) -> Result<Self, FieldError> {
        Self::checked(file).map_err(|(code, rule)| FieldError::new(code, Rule::Brand { rule }))
    }

    fn checked(file: &[u8]) -> Result<Self, (&'static str, BrandRule)> {
        if file.len() > MAX_LOGO_BYTES {
            let rule = BrandRule::LogoTooLarge {
                kilobytes: MAX_KILOBYTES,
            };
            return Err(("too_long", rule));
        }
        let (format, image) = match (file.strip_prefix(PNG), file.strip_prefix(JPEG)) {
            (Some(chunks), _) => (LogoFormat::Png, png(chunks)),
            (None, Some(segments)) => (LogoFormat::Jpeg, jpeg(segments)),
            (None, None) => return Err(("invalid", BrandRule::NotARaster)),
        };
        let Some(image) = image else {
            return Err(("invalid", BrandRule::LogoDamaged));
        };
        if image.after > 0 {
            let rule = BrandRule::LogoTrailing { bytes: image.after };
            return Err(("invalid", rule));
        }
        let sides = LEAST_SIDE..=MAX_SIDE;
        let (width, height) = (image.width, image.height);
        if !sides.contains(&width) || !sides.contains(&height) {
            let (least, most) = (LEAST_SIDE, MAX_SIDE);
            let rule = BrandRule::LogoDimensions {
                width,
                height,
                least,
                most,
            };
            return Err(("invalid", rule));
        }
        if let Some(tag) = MARKUP.into_iter().find(|tag| contains(file, tag)) {
            return Err(("invalid", BrandRule::LogoMarkup { tag }));
        }
        Ok(Self {
            format,
            width,
            height,
            sha256: hex::encode(Sha256::digest(file)),
        })
    }
}

/// Whether the file contains the text, in lowercase or uppercase.
fn contains(file: &[u8], text: &str) -> bool {
    let mut windows = file.windows(text.len());
    windows.any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

/// The properties in an image file.
struct Image {
    width: u32,
    height: u32,
    /// Bytes after the image.
    after: usize,
}

/// Reads bytes from the front. `None` if too few remain.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// <https://www.w3.org/TR/png-3/#5PNG-file-signature>
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The chunks of a PNG file, from IHDR to IEND. `None` if they are incomplete.
fn png(chunks: &[u8]) -> Option<Image> {
    let mut bytes = Bytes(chunks);
    let mut size = None;
    let mut has_data = false;
    loop {
        let length = usize::try_from(bytes.u32()?).ok()?;
        let name = bytes.take(4)?;
        let mut data = Bytes(bytes.take(length)?);
        let _checksum = bytes.take(4)?;
        match (name, size) {
            (b"IHDR", None) if length == 13 => size = Some((data.u32()?, data.u32()?)),
            (b"IHDR", _) | (_, None) => return None,
            (b"IDAT", _) => has_data = true,
            (b"IEND", Some((width, height))) => {
                let after = bytes.0.len();
                let image = Image {
                    width,
                    height,
                    after,
                };
                return (length == 0 && has_data).then_some(image);
            }
            _ if name.iter().all(u8::is_ascii_alphabetic) => {}
            _ => return None,
        }
    }
}

/// <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>, annex B: a start of image, and the first byte of a marker.
const JPEG: &[u8] = b"\xff\xd8";

/// The segments of a JPEG file up to its end of image. `None` if they are incomplete, or in a variant that
/// browsers don't display.
fn jpeg(segments: &[u8]) -> Option<Image> {
    let mut bytes = Bytes(segments);
    let mut size = None;
    let mut has_scan = false;
    loop {
        if bytes.byte()? != 0xff {
            return None;
        }
        let mut marker = bytes.byte()?;
        while marker == 0xff {
            marker = bytes.byte()?;
        }
        if marker == 0xd9 {
            let (width, height) = size.filter(|_| has_scan)?;
            let after = bytes.0.len();
            return Some(Image {
                width,
                height,
                after,
            });
        }
        let is_standalone = matches!(marker, 0x00..=0x01 | 0xd0..=0xd8);
        let length = usize::from(bytes.u16().filter(|_| !is_standalone)?);
        let mut data = Bytes(bytes.take(length.checked_sub(2)?)?);
        match marker {
            // Baseline, extended and progressive frames: precision, height, width. Other frames have no size.
            0xc0..=0xc2 => {
                let _precision = data.byte()?;
                let height = u32::from(data.u16()?);
                size = Some((u32::from(data.u16()?), height));
            }
            0xda => {
                has_scan = true;
                skip_scan(&mut bytes)?;
            }
            _ => {}
        }
    }
}

/// Skips a scan's data: up to a marker that is neither a stuffed 0xff nor a restart.
fn skip_scan(bytes: &mut Bytes<'_>) -> Option<()> {
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
    let at = bytes.0.windows(2).position(ends)?;
    bytes.take(at).map(|_| ())
}
