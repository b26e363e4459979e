//! The file to merge into. It is read once and replaced atomically, if it has not changed in between.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Larger than any configuration.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The maximum length of a chain of symbolic links.
const MAX_LINKS: usize = 16;

#[derive(Debug)]
pub(super) struct Target {
    /// The path that the user named.
    path: PathBuf,
    /// With symbolic links resolved.
    resolved: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// `None` if there is no file yet.
    permissions: Option<Permissions>,
}

impl Target {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source: io::Error| could_not("read", path, source);
        let resolved = resolve(path).map_err(failed)?;
        let (bytes, permissions) = match read(&resolved) {
            Ok((bytes, permissions)) => (bytes, Some(permissions)),
            Err(error) if error.kind() == ErrorKind::NotFound => (Vec::new(), None),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            resolved,
            bytes,
            permissions,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another path names the same file.
    pub(super) fn is(&self, other: &Path) -> bool {
        resolve(other).is_ok_and(|other| other == self.resolved)
    }

    /// Whether users other than the owner may read it.
    pub(super) fn is_shared(&self) -> bool {
        self.permissions.as_ref().is_some_and(readable_by_others)
    }

    /// Replaces the file atomically, so that no program reads a partial file. The new file is read back before
    /// it replaces the previous one.
    pub(super) fn replace(
        &self,
        bytes: &[u8],
        check: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<(), Error> {
        if bytes == self.bytes && self.permissions.is_some() {
            return Ok(());
        }
        let failed = |source: io::Error| could_not("write", &self.path, source);
        if let Some(directory) = self.resolved.parent() {
            make_directory(directory).map_err(failed)?;
        }
        let temporary = self.temporary_path();
        let result = self
            .create(&temporary, bytes)
            .and_then(|()| check_written(&temporary, bytes, check))
            .and_then(|()| self.check_unchanged())
            .and_then(|()| fs::rename(&temporary, &self.resolved));
        if result.is_err() {
            // Best effort: the error to report is the first one.
            drop(fs::remove_file(&temporary));
        }
        result.map_err(failed)
    }

    /// Fails if another program has written the file since it was read.
    fn check_unchanged(&self) -> io::Result<()> {
        let now = match read(&self.resolved) {
            Ok((bytes, _)) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let before = self.permissions.as_ref().map(|_| &self.bytes);
        if now.as_ref() == before {
            Ok(())
        } else {
            Err(io::Error::other(
                "the file changed meanwhile; run the command again",
            ))
        }
    }

    /// A path in the same directory, so that the file can be renamed into place.
    fn temporary_path(&self) -> PathBuf {
        let mut name = self.resolved.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        self.resolved.with_file_name(name)
    }

    /// Creates the file with a mode that is private to the owner, and then sets the final mode.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file: File = options.open(path)?;
        file.write_all(bytes)?;
        if let Some(permissions) = &self.permissions {
            file.set_permissions(permissions.clone())?;
        }
        file.sync_all()
    }
}

/// Fails if the file does not contain what was written, or if that is not as intended.
fn check_written(
    path: &Path,
    bytes: &[u8],
    check: impl FnOnce(&[u8]) -> Result<(), String>,
) -> io::Result<()> {
    let read = fs::read(path)?;
    if read != bytes {
        return Err(io::Error::other(
            "the file does not contain what was written",
        ));
    }
    check(&read).map_err(io::Error::other)
}

fn could_not(verb: &str, path: &Path, source: io::Error) -> Error {
    Error::LocalFile {
        message: format!("Could not {verb} {}.", path.display()),
        source: Some(source),
    }
}

/// Resolves symbolic links, including links to a file that does not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => {
                let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
                let directory = directory.unwrap_or(Path::new("."));
                let name = path.file_name().ok_or(ErrorKind::IsADirectory)?;
                return Ok(match fs::canonicalize(directory) {
                    Ok(directory) => directory.join(name),
                    Err(_) => path,
                });
            }
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn read(path: &Path) -> io::Result<(Vec<u8>, Permissions)> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other("the file is larger than 4 MB"));
    }
    Ok((fs::read(path)?, metadata.permissions()))
}

/// Creates a directory with the mode that the AWS CLI uses for `~/.aws`.
fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() || path.as_os_str().is_empty() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn readable_by_others(permissions: &Permissions) -> bool {
    std::os::unix::fs::PermissionsExt::mode(permissions) & 0o044 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &Permissions) -> bool {
    false
}
