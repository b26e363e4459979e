//! The tests and rules that the documentation names exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;

/// The rows of a table, as cells.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| "));
    lines.map(|line| {
        line.trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect()
    })
}

/// The tests in a cell: `file::test`, each in backticks.
fn tests(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').filter(|part| part.contains("::"))
}

#[test]
fn every_security_property_and_bug_has_existing_tests() -> Result<()> {
    let root = Tree::default().root().to_owned();
    let text = std::fs::read_to_string(root.join("docs/security.md"))?;
    let wanted = (1..=27).chain(29..=31).map(|n| format!("S{n}"));
    let wanted = wanted.chain((1..=23).map(|n| format!("B{n}")));
    let wanted = wanted.chain((1..=25).chain([27, 28]).map(|n| format!("D{n}")));
    let wanted = wanted.chain((30..=40).map(|n| format!("D{n}")));
    let mut named = 0;
    for id in wanted {
        // A bug can have a row for each part of the product.
        let found: Vec<Vec<&str>> = rows(&text).filter(|cells| cells[0] == id).collect();
        ensure!(!found.is_empty(), "no row {id}");
        ensure!(found.len() == 1 || id.starts_with('D'), "two rows {id}");
        for row in found {
            let cell = row.get(2).with_context(|| format!("{id} has no tests"))?;
            ensure!(tests(cell).next().is_some(), "{id} has no tests");
        }
    }
    // Rows without an id, too.
    for row in rows(&text) {
        for test in row.get(2).into_iter().flat_map(|cell| tests(cell)) {
            let (file, name) = test.split_once("::").context("no name")?;
            let source = std::fs::read_to_string(root.join(file));
            let source = source.with_context(|| format!("{}: {file}", row[0]))?;
            let is_test = match file.ends_with(".mjs") {
                true => source.contains(&format!("\ntest(\"{name}\"")),
                false => is_test(&source, name),
            };
            ensure!(is_test, "{}: {test} is not a test", row[0]);
            named += 1;
        }
    }
    ensure!(named > 43, "only {named} tests are named");
    Ok(())
}

/// Whether the source has a function with this name that the test harness runs.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let declared = |line: &&str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .is_some_and(|rest| rest.starts_with(&format!("{name}(")))
    };
    let place = lines.iter().position(declared);
    let above = place.map(|at| {
        lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#["))
    });
    // A promise of a contract suite is a line of the macro that makes a test of it.
    let is_promise = source.contains("macro_rules! hold") && lines.contains(&name);
    is_promise
        || above.is_some_and(|attributes| {
            let attributes: Vec<&&str> = attributes.collect();
            let runs = |line: &&&str| {
                matches!(**line, "#[test]" | "#[tokio::test]") || line.starts_with("#[tokio::test(")
            };
            attributes.iter().any(runs) && !attributes.iter().any(|line| line.contains("ignore"))
        })
}

/// `docs/architecture.md` promises this: keys that are spelled in two files would diverge.
#[test]
fn table_keys_are_spelled_in_one_file() -> Result<()> {
    let root = Tree::default().root().to_owned();
    let keys = root.join("shared/aws/src/table/keys.rs");
    let text = std::fs::read_to_string(&keys)?;
    let literals = text.split('"').skip(1).step_by(2);
    let prefixes = literals.filter_map(|literal| literal.split_once('#'));
    let prefixes = prefixes.map(|(prefix, _)| prefix);
    let is_name = |prefix: &&str| prefix.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    // The names of limits also begin with `TENANT#`.
    let prefixes: BTreeSet<&str> = prefixes
        .filter(|prefix| !prefix.is_empty() && *prefix != "TENANT")
        .filter(is_name)
        .collect();
    ensure!(prefixes.len() > 15, "{prefixes:?}");
    for folder in ["shared", "functions", "infra/local/src", "cli/src"] {
        for file in sources(&root.join(folder))? {
            let source = std::fs::read_to_string(&file)?;
            let spelled = prefixes
                .iter()
                .find(|prefix| source.contains(&format!("\"{prefix}#")));
            let spelled = spelled.copied().filter(|_| file != keys);
            let tests = file.components().any(|part| part.as_os_str() == "tests");
            ensure!(
                tests || spelled.is_none(),
                "{}: {spelled:?}",
                file.display()
            );
        }
    }
    Ok(())
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
