//! Where sessions are kept: one file for each context.

use std::fmt;
use std::fs::File;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Session;
use crate::context::Context;
use crate::error::Error;
use crate::files;

/// The directory of the sessions.
pub struct Store<'a> {
    directory: PathBuf,
    /// Gets a line for the user.
    notify: &'a dyn Fn(&str),
}

impl fmt::Debug for Store<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut store = f.debug_struct("Store");
        store
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl<'a> Store<'a> {
    pub fn new(directory: PathBuf, notify: &'a dyn Fn(&str)) -> Self {
        Self { directory, notify }
    }

    /// The session of a context. A session of the same name with another hub or issuer is not used.
    pub fn read(&self, context: &Context) -> Result<Option<Session>, Error> {
        let path = self.path(context, "json");
        let Some(file) = files::read_private(&path)? else {
            return Ok(None);
        };
        if file.was_shared {
            (self.notify)(&format!(
                "Other users of this machine could read {}, which contains your tokens. It is private now. \
                 If others may have read it, run: rolecall logout",
                path.display()
            ));
        }
        // A file that is damaged, or of another version, is replaced by the next sign-in.
        let session: Option<Session> = serde_json::from_str(&file.text).ok();
        Ok(session.filter(|session| session.is_of(context)))
    }

    pub fn write(&self, context: &Context, session: &Session) -> Result<(), Error> {
        let text = serde_json::to_string(session)
            .map_err(|e| Error::InvalidResponse(format!("not a session ({e})")))?;
        files::write_private(&self.path(context, "json"), &text)
    }

    /// Removes the session. Returns whether there was one.
    pub fn remove(&self, context: &Context) -> Result<bool, Error> {
        files::remove(&self.path(context, "json"))
    }

    /// Waits until no other process renews or replaces the session of the context.
    pub fn lock(&self, context: &Context) -> Result<File, Error> {
        files::lock(&self.path(context, "lock"))
    }

    /// A hash, because a file system may not distinguish the names `Prod` and `prod`.
    fn path(&self, context: &Context, extension: &str) -> PathBuf {
        let hash = Sha256::digest(context.name.as_bytes());
        let hash: String = hash
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.directory.join(format!("{hash}.{extension}"))
    }
}
