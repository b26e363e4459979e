//! `.local/hub.json`: how other programs find the local hub.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::emulator::Emulator;

/// Names the file for the programs that `with-hub` runs.
pub const ENV: &str = "ROLECALL_HUB";

/// What a program needs to talk to the hub, to its customers' accounts and to
/// the emulator underneath.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HubFile {
    pub endpoint_url: String,
    pub region: String,
    pub hub_account_id: String,
    pub customer_account_ids: Vec<String>,
    pub api_url: String,
    pub tokens: BTreeMap<String, String>,
    pub table_name: String,
    pub event_bus_name: String,
    pub template_url: String,
    pub template_version: String,
    pub stack_name: String,
    /// Everything that the hub's stack says of itself.
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
            .with_context(|| format!("can't read {}: is a hub up?", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a hub file", path.display()))
    }

    /// Readable by its owner only: the tokens in it open the local hub.
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
            // In one step, so that nobody reads half of it.
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
