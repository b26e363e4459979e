//! Paths in the source tree.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// The source tree that this program was built from.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Default for Tree {
    fn default() -> Self {
        // tests/bench is two levels down.
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            root: own.ancestors().nth(2).unwrap_or(own).to_owned(),
        }
    }
}

impl Tree {
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn hub_template(&self) -> PathBuf {
        self.root.join("infra/template.yaml")
    }

    /// A function's binary from `make build`.
    ///
    /// # Errors
    /// If it is missing.
    pub fn bootstrap(&self, function: &str) -> Result<PathBuf> {
        let path = self
            .root
            .join("target/lambda")
            .join(function)
            .join("bootstrap");
        ensure!(
            path.is_file(),
            "{} is missing: run `make build`",
            path.display()
        );
        Ok(path)
    }
}
