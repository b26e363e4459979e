//! The style sheet and the script. `build.rs` compresses them and names them after their contents, so
//! that the contents at an address never change.

use crate::http::{Request, Response};

/// A file under `/assets/`.
#[derive(Debug)]
pub struct Asset {
    /// Contains a hash of the contents.
    pub path: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One year.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The file at this path, compressed as the browser accepts it. `None` if there is none.
pub fn find(request: &Request) -> Option<Response> {
    let all = [&STYLE, &SCRIPT];
    let asset = all.into_iter().find(|asset| asset.path == request.path)?;
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let (encoding, bytes) = if accepts(accepted, "br") {
        (Some("br"), asset.brotli)
    } else if accepts(accepted, "gzip") {
        (Some("gzip"), asset.gzip)
    } else {
        (None, asset.plain)
    };
    let response = Response::bytes(200, asset.media_type, bytes)
        .header("cache-control", IMMUTABLE)
        .header("vary", "accept-encoding");
    Some(match encoding {
        Some(encoding) => response.header("content-encoding", encoding),
        None => response,
    })
}

/// Whether an `Accept-Encoding` header names the coding with a weight above zero.
/// <https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding>
pub(crate) fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').take(16).any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(coding)
            && weight.trim().parse().is_ok_and(|weight: f32| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn coding_is_accepted_by_name_and_weight() {
        for (header, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=0.5", true),
            ("BR", true),
            ("br;q=0", false),
            ("br; q=0.0", false),
            ("gzip", false),
            ("brx", false),
            ("", false),
            ("br;q=x", false),
        ] {
            assert_eq!(accepts(header, "br"), expected, "{header:?}");
        }
    }
}
