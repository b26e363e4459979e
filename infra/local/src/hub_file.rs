//! `.local/hub.json`, through which other programs find the local hub.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::emulator::Emulator;

/// The environment variable with the file's path, for programs that `with-hub` runs.
pub const ENV: &str = "ROLECALL_HUB";

/// The access data of the hub, its customers' accounts and the emulator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HubFile {
    pub endpoint_url: String,
    pub region: String,
    pub hub_account_id: String,
    pub customer_account_ids: Vec<String>,
    pub api_url: String,
    /// The address of the console, without a trailing slash.
    pub console_url: String,
    pub tokens: BTreeMap<String, String>,
    pub table_name: String,
    pub event_bus_name: String,
    pub stack_name: String,
    /// The outputs of the hub's stack.
    pub outputs: BTreeMap<String, String>,
    /// The settings that this hub was deployed with.
    pub parameters: BTreeMap<String, String>,
    pub emulator: Emulator,
}

impl HubFile {
    pub fn path_in(state_dir: &Path) -> PathBuf {
        state_dir.join("hub.json")
    }

    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read {}; is a local hub running?", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a hub file", path.display()))
    }

    /// Writes the file with mode 0600, because it contains tokens.
    pub fn write(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let fresh = path.with_extension("json.new");
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&fresh)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            // Renamed into place, so that no program reads a partial file.
            std::fs::rename(&fresh, path)?;
            Ok(())
        };
        write().with_context(|| format!("can't write {}", path.display()))
    }

    pub fn output(&self, key: &str) -> Result<&str> {
        self.outputs
            .get(key)
            .map(String::as_str)
            .with_context(|| format!("the hub's stack has no output {key}"))
    }
}
