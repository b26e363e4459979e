//! Compresses the style sheet and the script, and names them after their contents, so that browsers can
//! keep them forever.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// The constant's name, the file and its media type.
const ASSETS: [(&str, &str, &str); 2] = [
    ("STYLE", "console.css", "text/css; charset=utf-8"),
    ("SCRIPT", "console.js", "text/javascript; charset=utf-8"),
];
const FOLDER: &str = "src/view/assets";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR")?;
    let mut code = String::new();
    for (constant, file, media_type) in ASSETS {
        let text = std::fs::read(Path::new(FOLDER).join(file))?;
        let hash = hex::encode(Sha256::digest(&text));
        let (stem, end) = file.split_once('.').ok_or("a file without an end")?;
        let path = format!("/assets/{stem}.{}.{end}", &hash[..16]);
        std::fs::write(Path::new(&out).join(file), &text)?;
        std::fs::write(Path::new(&out).join(format!("{file}.gz")), gzip(&text)?)?;
        std::fs::write(Path::new(&out).join(format!("{file}.br")), brotli(&text)?)?;
        writeln!(
            code,
            "pub const {constant}: Asset = Asset {{\n    path: {path:?},\n    media_type: {media_type:?},\n    \
             plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")),\n    \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.gz\")),\n    \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.br\")),\n}};"
        )?;
    }
    std::fs::write(Path::new(&out).join("assets.rs"), code)?;
    Ok(())
}

fn gzip(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text)?;
    encoder.finish()
}

fn brotli(mut text: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut text, &mut compressed, &parameters)?;
    Ok(compressed)
}
