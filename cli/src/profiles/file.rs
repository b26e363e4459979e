//! A person's own file: read once, replaced as a whole, and only if nobody changed it meanwhile.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Far more than anybody's configuration.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Links that lead to links.
const MOST_LINKS: usize = 16;

#[derive(Debug)]
pub(super) struct Target {
    shown: PathBuf,
    /// Where the links lead.
    real: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// None where there is no file yet.
    permissions: Option<Permissions>,
}

impl Target {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |source: io::Error| unusable("read", path, source);
        let real = followed(path).map_err(failed)?;
        let (bytes, permissions) = match read(&real) {
            Ok((bytes, permissions)) => (bytes, Some(permissions)),
            Err(error) if error.kind() == ErrorKind::NotFound => (Vec::new(), None),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self {
            shown: path.to_owned(),
            real,
            bytes,
            permissions,
        })
    }

    /// Whether another path leads to the same file.
    pub(super) fn is(&self, other: &Path) -> bool {
        followed(other).is_ok_and(|other| other == self.real)
    }

    /// Whether others than the owner may read it.
    pub(super) fn is_shared(&self) -> bool {
        self.permissions.as_ref().is_some_and(readable_by_others)
    }

    /// All of it or nothing: a reader never sees half a file.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes == self.bytes && self.permissions.is_some() {
            return Ok(());
        }
        let failed = |source: io::Error| unusable("write", &self.shown, source);
        if let Some(directory) = self.real.parent() {
            make_directory(directory).map_err(failed)?;
        }
        let beside = self.beside();
        let result = self
            .create(&beside, bytes)
            .and_then(|()| self.unchanged())
            .and_then(|()| fs::rename(&beside, &self.real));
        if result.is_err() {
            // Best effort: the error is about the file that was wanted.
            drop(fs::remove_file(&beside));
        }
        result.map_err(failed)
    }

    /// Somebody else may have written it since it was read.
    fn unchanged(&self) -> io::Result<()> {
        let now = match read(&self.real) {
            Ok((bytes, _)) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let before = self.permissions.as_ref().map(|_| &self.bytes);
        if now.as_ref() == before {
            Ok(())
        } else {
            Err(io::Error::other(
                "it was changed at the same time; run this again",
            ))
        }
    }

    /// In the same directory, so that a rename is enough.
    fn beside(&self) -> PathBuf {
        let mut name = self.real.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        self.real.with_file_name(name)
    }

    /// Never readable for others before it has the mode that it is to have.
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

fn unusable(verb: &str, path: &Path, source: io::Error) -> Failure {
    Failure::Local {
        what: format!("Can't {verb} {}.", path.display()),
        source,
    }
}

/// Also where the last link leads to nothing yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
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
    Err(io::Error::other("too many links"))
}

fn read(path: &Path) -> io::Result<(Vec<u8>, Permissions)> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other("it is too large"));
    }
    Ok((fs::read(path)?, metadata.permissions()))
}

/// As the AWS CLI makes `~/.aws`.
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
