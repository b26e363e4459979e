//! Dependencies that slow down a function's start must not return: a second TLS or HTTP stack, and
//! code that searches for credentials. Binaries must not grow unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;
use serde_json::Value;

/// Forbidden crates: name, version prefix and reason.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    (
        "aws-lc-rs",
        "",
        "its entropy source takes tens of milliseconds at the first handshake",
    ),
    (
        "aws-lc-sys",
        "",
        "its entropy source takes tens of milliseconds at the first handshake",
    ),
    ("openssl", "", "a second TLS stack"),
    ("openssl-sys", "", "a second TLS stack"),
    ("native-tls", "", "a second TLS stack"),
    ("rustls", "0.21.", "a second TLS stack"),
    ("hyper", "0.", "a second HTTP stack"),
    ("h2", "0.3.", "a second HTTP stack"),
    ("http", "0.2.", "a second HTTP stack"),
    ("reqwest", "", "a second HTTP client"),
    ("ureq", "", "a second HTTP client"),
    (
        "aws-config",
        "",
        "profiles, SSO and instance metadata, which no function has",
    ),
    ("aws-sdk-sso", "", "only used by aws-config"),
    ("aws-sdk-ssooidc", "", "only used by aws-config"),
];

/// Exceptions from the list above, by function and crate.
const EXCUSED: &[(&str, &str)] = &[];

fn functions() -> Result<Vec<String>> {
    let folder = Tree::default().root().join("functions");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    ensure!(names.len() == 7, "the functions are {names:?}");
    Ok(names)
}

/// A function's dependencies: names and versions.
fn crates_of(function: &str) -> Result<BTreeSet<(String, String)>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--package", function])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(Tree::default().root())
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let mut crates = BTreeSet::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let name = words.next().context("no name")?;
        let version = words.next().unwrap_or_default().trim_start_matches('v');
        crates.insert((name.to_owned(), version.to_owned()));
    }
    Ok(crates)
}

#[test]
fn no_function_depends_on_a_forbidden_crate() -> Result<()> {
    for function in functions()? {
        let crates = crates_of(&function)?;
        ensure!(
            crates.len() > 50,
            "{function}: only {} crates",
            crates.len()
        );
        for (name, version) in &crates {
            let excused = EXCUSED.contains(&(function.as_str(), name.as_str()));
            let mut rules = FORBIDDEN.iter();
            let broken = rules.find(|rule| rule.0 == name && version.starts_with(rule.1));
            if let Some((_, _, why)) = broken.filter(|_| !excused) {
                anyhow::bail!("{function} is built from {name} {version}: {why}");
            }
        }
    }
    Ok(())
}

/// The recorded sizes are those of the deployed binaries, which `make faults` builds.
#[test]
fn no_function_binary_has_grown_by_ten_percent() -> Result<()> {
    if std::env::var_os("ROLECALL_LAMBDA_DIR").is_none() {
        println!("skipped: `make nightly` compares the sizes of release binaries");
        return Ok(());
    }
    let tree = Tree::default();
    let text = std::fs::read_to_string(tree.root().join("tests/sizes.json"))?;
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&text)?;
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let Some(sizes) = recorded.get(&target) else {
        println!("skipped: tests/sizes.json has no sizes for {target}");
        return Ok(());
    };
    for function in functions()? {
        let binary = tree.bootstrap(&function)?;
        let size = std::fs::metadata(&binary)
            .with_context(|| binary.display().to_string())?
            .len();
        let before = sizes[&function].as_u64();
        let before =
            before.with_context(|| format!("tests/sizes.json has no size for {function}"))?;
        ensure!(
            size <= before + before / 10,
            "{function} has grown from {before} to {size} bytes; if this is intended, update tests/sizes.json"
        );
    }
    Ok(())
}
