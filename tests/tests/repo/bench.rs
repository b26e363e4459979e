//! `tests/bench` is a separate workspace. It must use the product's profiles, features and
//! versions, so that it measures the deployed code.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;

/// The lines of a manifest by section, for the sections that `wanted` accepts.
fn sections(manifest: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut heading = String::new();
    for line in manifest.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.starts_with('[') {
            heading = line.to_owned();
        } else if wanted(&heading) && !line.is_empty() && !line.starts_with('#') {
            found
                .entry(heading.clone())
                .or_default()
                .insert(line.replace("../../", ""));
        }
    }
    found
}

fn manifests() -> Result<(String, String)> {
    let root = Tree::default().root().to_owned();
    let product = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let bench = std::fs::read_to_string(root.join("tests/bench/Cargo.toml"))?;
    Ok((product, bench))
}

#[test]
fn build_profiles_match_the_product() -> Result<()> {
    let (product, bench) = manifests()?;
    let profile = |heading: &str| heading == "[profile.release]" || heading == "[profile.local]";
    let (product, bench) = (sections(&product, profile), sections(&bench, profile));
    assert_eq!(product.len(), 2);
    assert_eq!(bench, product);
    Ok(())
}

#[test]
fn dependency_versions_and_features_match_the_product() -> Result<()> {
    let (product, bench) = manifests()?;
    let dependencies = |heading: &str| heading == "[workspace.dependencies]";
    let (product, bench) = (
        sections(&product, dependencies),
        sections(&bench, dependencies),
    );
    let known = product.values().next().context("no dependencies")?;
    let used = bench.values().next().context("no dependencies")?;
    ensure!(used.len() > 10, "{used:?}");
    let others: Vec<_> = used.difference(known).collect();
    ensure!(
        others.is_empty(),
        "these lines differ from Cargo.toml: {others:?}"
    );
    Ok(())
}

/// The name and version of every package in a lock file.
fn locked(lock: &str) -> BTreeSet<(String, String)> {
    let mut lines = lock.lines().peekable();
    let mut found = BTreeSet::new();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("name = ");
        let version = lines
            .peek()
            .and_then(|next| next.strip_prefix("version = "));
        found.extend(
            name.zip(version)
                .map(|(name, version)| (name.into(), version.into())),
        );
    }
    found
}

#[test]
fn locked_versions_match_the_product() -> Result<()> {
    let root = Tree::default().root().to_owned();
    let product = locked(&std::fs::read_to_string(root.join("Cargo.lock"))?);
    let bench = locked(&std::fs::read_to_string(
        root.join("tests/bench/Cargo.lock"),
    )?);
    ensure!(bench.len() > 100, "only {} packages", bench.len());
    let own = ["\"empty-handler\"", "\"hand-signed\"", "\"rolecall-bench\""];
    let others = bench.difference(&product);
    let others: Vec<_> = others
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .collect();
    ensure!(
        others.is_empty(),
        "these versions differ from Cargo.lock: {others:?}. Copy Cargo.lock to tests/bench and run `cargo metadata` there"
    );
    Ok(())
}

/// Without this test, only `make nightly` would fail.
#[test]
fn bench_lock_file_is_up_to_date() -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--offline",
            "--workspace",
            "--depth",
            "0",
        ])
        .current_dir(Tree::default().root().join("tests/bench"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "tests/bench/Cargo.lock: {said}");
    Ok(())
}
