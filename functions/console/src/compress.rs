//! Compresses pages.
//!
//! Whoever can make a browser request pages with texts of their choice, and see the sizes of the compressed responses,
//! can guess the rest of a page little by little (<https://www.breachattack.com/>). So a page is compressed only if the
//! browser says that no other site caused the request. Other sites can't set or change that header. A form's token is
//! also different in each response.

use crate::assets::accepts;
use crate::http::{Body, Request, Response};
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

/// A smaller body gains less than its headers cost.
const SMALLEST: usize = 1024;

/// Compresses a page, if the browser accepts it.
pub fn compressed(request: &Request, mut response: Response) -> Response {
    let media_type = response.headers.get("content-type");
    let is_page = media_type.is_some_and(|it| it.starts_with("text/html"));
    let text = match &response.body {
        Body::Text(text) if is_page && text.len() >= SMALLEST => text,
        _ => return response,
    };
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let gzipped = match accepts(accepted, "gzip") && is_ours(request) {
        true => gzip(text.as_bytes()).ok(),
        false => None,
    };
    response = response.header("vary", "accept-encoding, sec-fetch-site");
    match gzipped {
        Some(bytes) => {
            response.body = Body::Bytes(bytes);
            response.header("content-encoding", "gzip")
        }
        None => response,
    }
}

/// Whether a page of the console, or the user alone, caused the request. A redirect does not hide another site.
fn is_ours(request: &Request) -> bool {
    let site = request.header("sec-fetch-site");
    matches!(site, Some("same-origin" | "none"))
}

fn gzip(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}
