//! What the documents say of the tests is so.

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;

/// A row of a table: its cells.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| "));
    lines.map(|line| {
        line.trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect()
    })
}

/// The tests that a cell names: `file::test`, each in backticks.
fn tests(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').filter(|part| part.contains("::"))
}

#[test]
fn every_property_and_every_bug_has_tests_that_exist() -> Result<()> {
    let root = Tree::default().root().to_owned();
    let text = std::fs::read_to_string(root.join("docs/security.md"))?;
    let wanted = (1..=20).chain([26]).map(|n| format!("S{n}"));
    let wanted = wanted.chain((1..=23).map(|n| format!("B{n}")));
    let mut named = 0;
    for id in wanted {
        let mut found = rows(&text).filter(|cells| cells[0] == id);
        let row = found.next().with_context(|| format!("no row {id}"))?;
        ensure!(found.next().is_none(), "two rows {id}");
        let cell = row.get(2).with_context(|| format!("{id} has no tests"))?;
        ensure!(tests(cell).next().is_some(), "{id} has no tests");
    }
    // Rows without a number of their own, too.
    for row in rows(&text) {
        for test in row.get(2).into_iter().flat_map(|cell| tests(cell)) {
            let (file, name) = test.split_once("::").context("no name")?;
            let source = std::fs::read_to_string(root.join(file));
            let source = source.with_context(|| format!("{}: {file}", row[0]))?;
            ensure!(is_test(&source, name), "{}: {test} is no test", row[0]);
            named += 1;
        }
    }
    ensure!(named > 43, "only {named} tests are named");
    Ok(())
}

/// Whether the source has a function of that name that the test harness runs.
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
    above.is_some_and(|attributes| {
        let attributes: Vec<&&str> = attributes.collect();
        let runs = |line: &&&str| {
            matches!(**line, "#[test]" | "#[tokio::test]") || line.starts_with("#[tokio::test(")
        };
        attributes.iter().any(runs) && !attributes.iter().any(|line| line.contains("ignore"))
    })
}
