//! Files that only their owner may read: the configuration and the sessions.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Larger than any file of this program.
const MAX_BYTES: u64 = 1024 * 1024;

/// The content of a file, and whether other users could read it until now.
#[derive(Debug)]
pub struct Private {
    pub text: String,
    pub was_shared: bool,
}

/// Reads a file that contains secrets. If other users may read it, its mode is changed first.
/// `None` if there is no such file.
pub fn read_private(path: &Path) -> Result<Option<Private>, Error> {
    let failed = |source| failed("read", path, source);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let was_shared = tighten(&file).map_err(|source| Error::LocalFile {
        message: format!(
            "Other users of this machine can read {}, and its permissions could not be changed.",
            path.display()
        ),
        source: Some(source),
    })?;
    let text = read_limited(&mut file).map_err(failed)?;
    Ok(Some(Private { text, was_shared }))
}

/// Reads a file without secrets. `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<String>, Error> {
    match File::open(path).and_then(|mut file| read_limited(&mut file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

fn read_limited(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    let length = file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match length as u64 > MAX_BYTES {
        true => Err(io::Error::other("the file is larger than 1 MB")),
        false => Ok(text),
    }
}

/// Writes a file that only its owner may read, and replaces an older one atomically. A symbolic link
/// stays, and the file that it leads to is replaced.
pub fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| failed("write", path, source);
    if let Some(directory) = path.parent() {
        make_private_directory(directory).map_err(failed)?;
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = temporary_path(&target).map_err(failed)?;
    let result = create_private(&temporary)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, &target));
    if result.is_err() {
        // Best effort: the error to report is the first one.
        drop(fs::remove_file(&temporary));
    }
    result.map_err(failed)
}

/// Removes a file. Returns whether there was one.
pub fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("remove", path, error)),
    }
}

/// Waits until no other process holds the lock. It is held until the file is dropped.
pub fn lock(path: &Path) -> Result<File, Error> {
    let open = || -> io::Result<File> {
        if let Some(directory) = path.parent() {
            make_private_directory(directory)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|source| failed("lock", path, source))
}

/// A name in the same directory, so that the file can be renamed. It is random, so that a leftover file causes
/// no conflict.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.new", u64::from_be_bytes(bytes)));
    Ok(path.with_file_name(name))
}

/// The mode is set when the file is created, so that it is never readable by others, whatever the umask.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_private_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() || path.as_os_str().is_empty() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Returns whether others could read or change the file.
#[cfg(unix)]
fn tighten(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(false);
    }
    permissions.set_mode(0o600);
    file.set_permissions(permissions)?;
    Ok(true)
}

#[cfg(not(unix))]
fn tighten(_: &File) -> io::Result<bool> {
    Ok(false)
}

fn failed(verb: &str, path: &Path, source: io::Error) -> Error {
    Error::LocalFile {
        message: format!("Could not {verb} {}.", path.display()),
        source: Some(source),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{lock, read_private, write_private};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it exists").permissions().mode() & 0o777
    }

    #[test]
    fn private_file_is_readable_by_its_owner_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a/b/session.json");
        write_private(&path, "one").expect("written");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().expect("a parent")), 0o700);
        drop(lock(&path.with_extension("lock")).expect("locked"));
        assert_eq!(mode(&path.with_extension("lock")), 0o600);
    }

    #[test]
    fn file_that_others_can_read_is_tightened_and_reported() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("session.json");
        fs::write(&path, "one").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
        let read = read_private(&path).expect("read").expect("it exists");
        assert!(read.was_shared && read.text == "one");
        assert_eq!(mode(&path), 0o600);
        let again = read_private(&path).expect("read").expect("it exists");
        assert!(!again.was_shared);
    }

    #[test]
    fn symbolic_link_stays_when_its_file_is_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "one").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        write_private(&link, "two").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("read"), "two");
    }
}
