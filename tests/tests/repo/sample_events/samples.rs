//! The files under `events/`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// The files that no test has used yet, and the values to fill in.
pub struct Samples {
    pub left: BTreeMap<String, String>,
    known: Vec<(String, String)>,
}

impl Samples {
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
        let mut left = BTreeMap::new();
        for entry in std::fs::read_dir(&root).expect("events/") {
            let entry = entry.expect("readable");
            let name = entry.file_name().into_string().expect("text");
            if name == "README.md" {
                continue;
            }
            for file in std::fs::read_dir(entry.path()).expect("only folders and a README") {
                let path = file.expect("readable").path();
                let file = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .expect("text");
                let text = std::fs::read_to_string(&path).expect("text");
                left.insert(format!("{name}/{file}"), text);
            }
        }
        let known = Vec::new();
        Self { left, known }
    }

    /// From now on, replaces a sample's value with a real one.
    pub fn fill_in(&mut self, sample: &str, real: &str) {
        self.known.push((sample.to_owned(), real.to_owned()));
    }

    pub fn filled_in(&self, text: &str) -> String {
        let known = self.known.iter();
        known.fold(text.to_owned(), |text, (sample, real)| {
            text.replace(sample, real)
        })
    }

    pub fn take(&mut self, name: &str) -> Value {
        let text = self.left.remove(&format!("{name}.json"));
        let text = text.unwrap_or_else(|| panic!("there is no sample {name}"));
        serde_json::from_str(&self.filled_in(&text)).expect("JSON")
    }
}
