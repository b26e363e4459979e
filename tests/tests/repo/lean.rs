//! What makes a function slow to start must not creep back in: a second TLS or HTTP stack, the code
//! that looks for credentials where no function has any, and a binary that only ever grows.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;
use serde_json::Value;

/// Crates, by name or by how the version begins, and why no function may have them.
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
    ("aws-sdk-sso", "", "comes with aws-config only"),
    ("aws-sdk-ssooidc", "", "comes with aws-config only"),
];

/// Crates that are there for a reason, though the list above names them.
const EXCUSED: &[(&str, &str)] = &[];

fn functions() -> Result<Vec<String>> {
    let folder = Tree::default().root().join("functions");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    ensure!(names.len() == 5, "the functions are {names:?}");
    Ok(names)
}

/// What a function is built from: names with their versions.
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
fn no_function_is_built_from_a_forbidden_crate() -> Result<()> {
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

/// The sizes on record are of the binaries as they are deployed; `make faults` builds those.
#[test]
fn no_function_has_grown_by_a_tenth() -> Result<()> {
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
        let before = before.with_context(|| format!("{function} is not on record"))?;
        ensure!(
            size <= before + before / 10,
            "{function} has grown from {before} to {size} bytes; if that is meant, record it in tests/sizes.json"
        );
    }
    Ok(())
}
