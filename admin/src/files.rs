//! The operator's files: YAML 1.2 or JSON, which is YAML too.

mod syntax;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rolecall_domain::access::{AccessFile, ProfileName};
use rolecall_domain::aws::Partition;
use rolecall_domain::brand::{BrandFile, MAX_LOGO_BYTES};
use rolecall_domain::text::FieldError;
use rolecall_domain::workload::Workloads;
use serde_json::Value;

use crate::error::{AdminError, Mistakes};

/// Larger than any file within IAM's limits, in all languages.
const MAX_BYTES: usize = 1024 * 1024;

/// Reads a file.
///
/// # Errors
/// When the file can't be read, or is not a single YAML document with unique keys.
pub fn read_yaml(path: &Path) -> Result<Value, AdminError> {
    let shown = path.display().to_string();
    let bytes = read_bounded(path, MAX_BYTES).map_err(|source| AdminError::Unreadable {
        path: shown.clone(),
        source,
    })?;
    let failed = |place, problem| AdminError::FileSyntax {
        path: shown.clone(),
        place,
        problem,
    };
    if bytes.len() > MAX_BYTES {
        let problem = format!("The file has more than {} KB.", MAX_BYTES / 1024);
        return Err(failed(String::new(), problem));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let problem = "The file is not UTF-8 text. Save it as UTF-8.".to_owned();
        failed(String::new(), problem)
    })?;
    syntax::parse(&text).map_err(|problem| {
        let place = match problem.place {
            Some((line, column)) => format!(", line {line}, column {column}"),
            None => String::new(),
        };
        failed(place, problem.sentence)
    })
}

/// Reads a file of access profiles. `inline_left` is as in [`AccessFile::read`].
///
/// # Errors
/// When the file can't be read, or has mistakes.
pub fn read_access(
    path: &Path,
    partition: Partition,
    inline_left: usize,
) -> Result<AccessFile, AdminError> {
    let file = read_yaml(path)?;
    AccessFile::read(&file, partition, inline_left).map_err(|mistakes| rejected(path, mistakes))
}

/// Reads a file of workloads, whose rules can name these profiles.
///
/// # Errors
/// When the file can't be read, or has mistakes.
pub fn read_workloads(
    path: &Path,
    profiles: &BTreeSet<ProfileName>,
) -> Result<Workloads, AdminError> {
    let file = read_yaml(path)?;
    let workloads = Workloads::read(&file, profiles);
    workloads.map_err(|mistakes| rejected(path, mistakes))
}

/// The error for a file with these mistakes.
pub fn rejected(path: &Path, errors: Vec<FieldError>) -> AdminError {
    let path = path.display().to_string();
    AdminError::FilesRejected(vec![Mistakes { path, errors }])
}

/// Reads a brand file and its logo.
///
/// # Errors
/// When a file can't be read, or the brand has mistakes.
pub fn read_brand(path: &Path) -> Result<BrandFile, AdminError> {
    let file = read_yaml(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let logo = |name: &str| {
        // One byte more than allowed, to detect a file that is too large.
        read_bounded(&folder.join(name), MAX_LOGO_BYTES).map_err(|error| error.to_string())
    };
    BrandFile::read(&file, logo).map_err(|mistakes| rejected(path, mistakes))
}

/// Reads a file, up to one byte more than `most`.
fn read_bounded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
