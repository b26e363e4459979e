//! What `aws cloudformation package` does: uploads each function's binary and
//! points the template's `CodeUri` at it. The template is uploaded too, because one that is sent in a
//! request may have 51,200 bytes only. The rest of it stays as it is.

use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::paths::{FUNCTIONS, Tree};
use crate::s3::Bucket;

/// Uploads the five binaries and the template with their places in it, and gives the template's URL.
pub async fn package(tree: &Tree, bucket: &Bucket) -> Result<String> {
    let path = tree.hub_template();
    let template =
        std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let mut places = Vec::new();
    for function in FUNCTIONS {
        let archive = zip_bootstrap(&tree.bootstrap(function)?)?;
        let key = format!("{function}-{}.zip", &sha256_hex(&archive)[..12]);
        bucket.put(&key, archive, "application/zip").await?;
        places.push((function, format!("s3://{}/{key}", bucket.name())));
    }
    let template = point_code_uris(&template, &places)?.into_bytes();
    let key = format!("template-{}.yaml", &sha256_hex(&template)[..12]);
    bucket.put(&key, template, "application/yaml").await?;
    Ok(bucket.url(&key))
}

/// Replaces `CodeUri: <a path that ends in the function's name>`, one line per function.
fn point_code_uris(template: &str, places: &[(&str, String)]) -> Result<String> {
    let mut found = 0;
    let mut text = String::with_capacity(template.len());
    for line in template.lines() {
        match replacement(line, places) {
            Some(replaced) => {
                found += 1;
                text.push_str(&replaced);
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    ensure!(
        found == places.len(),
        "the template has {found} CodeUri lines that name a function, not {}",
        places.len()
    );
    Ok(text)
}

fn replacement(line: &str, places: &[(&str, String)]) -> Option<String> {
    let (indent, value) = line.split_once("CodeUri:")?;
    if !indent.trim().is_empty() {
        return None;
    }
    let path = value.trim().trim_matches(['"', '\'']).trim_end_matches('/');
    let name = path.rsplit('/').next()?;
    let (_, place) = places.iter().find(|(function, _)| *function == name)?;
    Some(format!("{indent}CodeUri: {place}"))
}

/// Stored, not deflated: it goes no further than this machine.
fn zip_bootstrap(path: &Path) -> Result<Vec<u8>> {
    let binary = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .unix_permissions(0o755);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() + 512)));
    archive.start_file("bootstrap", options)?;
    archive.write_all(&binary)?;
    Ok(archive.finish()?.into_inner())
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_uris_point_at_the_uploads() {
        let places = [("a-function", "s3://b/a.zip".to_owned())];
        let packaged = point_code_uris("x:\n      CodeUri: ../functions/a-function/\n", &places)
            .expect("valid");
        assert_eq!(packaged, "x:\n      CodeUri: s3://b/a.zip\n");
    }

    #[test]
    fn a_function_without_its_line_is_an_error() {
        let places = [("a-function", "s3://b/a.zip".to_owned())];
        let error = point_code_uris("CodeUri: ../functions/other\n", &places).expect_err("refused");
        assert!(error.to_string().contains("0 CodeUri lines"));
    }
}
