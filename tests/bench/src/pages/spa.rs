//! The page of the usual kind: a single-page application with the same accounts, tests/bench/peers/spa.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::browser::node;
use super::site::Site;
use crate::console::Recorded;
use crate::install::run;
use crate::paths::Tree;

const NPM: Duration = Duration::from_secs(300);
const BUILD: Duration = Duration::from_secs(300);

/// The packages whose versions are reported.
const NAMED: [&str; 3] = ["react", "@cloudscape-design/components", "vite"];

/// The application with the API's responses, and its versions.
///
/// # Errors
/// If it can't be installed or built here.
pub(super) async fn built(
    tree: &Tree,
    results: &Path,
    recorded: &Recorded,
) -> Result<(Site, String)> {
    let sources = tree.root().join("tests/bench/peers/spa");
    let lock = installed(tree, &sources).await?;
    let folder = results.join("spa");
    let api = folder.join("api");
    fs::create_dir_all(&api)?;
    let mut further = Vec::new();
    for (number, (path, body)) in recorded.answers.iter().enumerate() {
        let file = api.join(format!("{number}.json"));
        fs::write(&file, body)?;
        further.push((path.as_str(), file));
    }
    let mut build = node(tree, "node");
    build.arg(sources.join("build.mjs")).arg(&folder);
    run(&mut build, BUILD).await.context("it can't be built")?;
    let further = further
        .iter()
        .map(|(path, file): &(&str, PathBuf)| (*path, file.as_path()));
    Ok((Site::read(&folder.join("site"), further)?, versions(&lock)?))
}

/// Installs the packages of the lock file once, and returns the lock file.
async fn installed(tree: &Tree, sources: &Path) -> Result<String> {
    let stamp = sources.join("node_modules/.installed");
    let lock = fs::read_to_string(sources.join("package-lock.json"))?;
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&lock) {
        let mut npm = node(tree, "npm");
        npm.args(["ci", "--silent", "--no-audit", "--no-fund", "--prefix"]);
        let installed = run(npm.arg(sources), NPM).await;
        installed.context("npm can't install it")?;
        fs::write(&stamp, &lock)?;
    }
    Ok(lock)
}

fn versions(lock: &str) -> Result<String> {
    let lock: Value = serde_json::from_str(lock)?;
    let version = |name: &str| {
        let package = &lock["packages"][format!("node_modules/{name}")];
        let version = package["version"].as_str();
        let version = version.with_context(|| format!("{name} is not locked"))?;
        Ok(format!("{name} {version}"))
    };
    let all: Result<Vec<_>> = NAMED.into_iter().map(version).collect();
    Ok(all?.join(", "))
}
