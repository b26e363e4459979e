//! Uploads each function's binary and the template, like `aws cloudformation package`. The template is
//! uploaded because a request can contain only 51,200 bytes.

use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rolecall_admin::s3::Bucket;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::overlay::{self, Overlay};
use crate::paths::{FUNCTIONS, Tree};

/// Uploads the binaries. Returns the hub's template with all patches of the local hub.
pub async fn template(tree: &Tree, overlay: &Overlay, bucket: &Bucket) -> Result<Value> {
    let path = tree.hub_template();
    let template =
        std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let mut template = overlay::parse(&template)?;
    let mut patches = overlay.patches();
    for function in FUNCTIONS {
        let archive = zip_bootstrap(&tree.bootstrap(function)?)?;
        let key = format!("{function}-{}.zip", &sha256_hex(&archive)[..12]);
        bucket.put(&key, archive, "application/zip").await?;
        let place = format!("s3://{}/{key}", bucket.name());
        patches.push(overlay::code_uri(function, &place));
    }
    overlay::apply(&mut template, &patches)?;
    Ok(template)
}

/// Uploads a template as JSON, which is valid YAML. Returns its URL.
pub async fn upload(template: &Value, bucket: &Bucket) -> Result<String> {
    let text = template.to_string().into_bytes();
    let key = format!("template-{}.yaml", &sha256_hex(&text)[..12]);
    bucket.put(&key, text, "application/yaml").await?;
    Ok(bucket.url(&key))
}

/// Stored without compression, because it does not leave this machine.
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

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
