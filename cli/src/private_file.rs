//! Files for the owner's eyes only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Before any work is done: whether `path` may be written.
pub fn check(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    Ok(())
}

/// Writes all of it or nothing: a reader never sees half a file.
pub fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed = |source: io::Error| Failure::Local {
        what: format!("Can't write {}.", path.display()),
        source,
    };
    if !force {
        return match create(path, text) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
            result => result.map_err(failed),
        };
    }
    // A link stays, and what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = beside(&target);
    let result = create(&beside, text).and_then(|()| fs::rename(&beside, &target));
    if result.is_err() {
        // Best effort: the error is about the file that was wanted.
        drop(fs::remove_file(&beside));
    }
    result.map_err(failed)
}

fn exists(path: &Path) -> Failure {
    Failure::Local {
        what: format!(
            "{} is there already; --force overwrites it.",
            path.display()
        ),
        source: io::ErrorKind::AlreadyExists.into(),
    }
}

/// In the same directory, so that a rename is enough.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    target.with_file_name(name)
}

/// Never an existing file, never readable for others, not even for a moment.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
