//! The programs that the tests run.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result};
use rolecall_local::paths::Tree;

/// The most recent build of a program, by cargo or by cargo-lambda.
pub fn built(program: &str) -> Result<Option<PathBuf>> {
    let own = std::env::current_exe()?;
    let sibling = own
        .ancestors()
        .nth(2)
        .context("not in a target directory")?;
    let target = Tree::default().root().join("target");
    let places = [
        sibling.join(program),
        target.join(program),
        target.join("lambda").join(program).join("bootstrap"),
    ];
    let built = places.into_iter().filter_map(|path| {
        let time: SystemTime = path.metadata().ok()?.modified().ok()?;
        Some((time, path))
    });
    Ok(built.max().map(|(_, path)| path))
}
