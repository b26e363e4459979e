//! Paths in the source tree.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// The seven functions, by crate and binary name.
pub const FUNCTIONS: [&str; 7] = [
    "registration-api",
    "stack-callback",
    "stack-cleanup",
    "account-health",
    "credential-broker",
    "console",
    "event-publisher",
];

/// The source tree that this program was built from.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

/// The command that starts the emulator.
#[derive(Debug, Clone)]
pub struct EmulatorProgram {
    pub python: PathBuf,
    pub script: PathBuf,
}

impl Default for Tree {
    fn default() -> Self {
        // infra/local is two levels down.
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            root: own.ancestors().nth(2).unwrap_or(own).to_owned(),
        }
    }
}

impl Tree {
    /// The folder for the hub of `make up`.
    pub fn state_dir(&self) -> PathBuf {
        self.root.join(".local")
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn hub_template(&self) -> PathBuf {
        self.root.join("infra/template.yaml")
    }

    /// A function's binary from `make build`, or from the folder in `ROLECALL_LAMBDA_DIR`, which can have
    /// another build profile.
    pub fn bootstrap(&self, function: &str) -> Result<PathBuf> {
        let built = std::env::var_os("ROLECALL_LAMBDA_DIR");
        let built = built.unwrap_or_else(|| "target/lambda".into());
        let path = self.root.join(built).join(function).join("bootstrap");
        ensure!(
            path.is_file(),
            "{} is missing: run `make build`",
            path.display()
        );
        Ok(path)
    }

    /// The emulator's start script, and the virtual environment's Python that runs it.
    pub fn emulator(&self) -> Result<EmulatorProgram> {
        let python = self.root.join(".venv/bin/python");
        ensure!(
            python.is_file(),
            "{} is missing: run `make venv`",
            python.display()
        );
        Ok(EmulatorProgram {
            python,
            script: self.root.join("infra/local/emulator.py"),
        })
    }
}
