//! Files of the repository that are generated from the domain.
//! `make generate` writes them.

use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    PathBuf::from(root).join(name)
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
}

/// Asserts that the file has this text. Writes it first if `ROLECALL_WRITE_DOCS` is set.
pub fn assert_generated(name: &str, text: &str) {
    if std::env::var_os("ROLECALL_WRITE_DOCS").is_some() {
        let path = path(name);
        let folder = path.parent().expect("a file of the repository");
        std::fs::create_dir_all(folder).expect("created");
        std::fs::write(path, text).expect("written");
    }
    assert!(
        read(name) == text,
        "{name} is out of date; `make generate` writes it"
    );
}
