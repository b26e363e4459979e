//! The domain and the command line are built in layers: a module imports only modules below it, so
//! that there are no import cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;

/// The modules of `shared/domain/src`, from the top down.
const LAYERS: &[&str] = &[
    "transition",
    "retry",
    "ports",
    "operator",
    "credentials",
    "change",
    "export",
    "pages",
    "people",
    "reference",
    "record",
    "schedule",
    "check",
    "template",
    "companion",
    "remedy",
    "link",
    "session",
    "workload",
    "access",
    "brand",
    "iam",
    "aws",
    "ids",
    "problem",
    "settings",
    "user",
    "text",
    "messages",
];

/// The modules of `cli/src`, from the top down.
const CLI_LAYERS: &[&str] = &[
    "complete",
    "login",
    "logout",
    "whoami",
    "contexts",
    "connect",
    "exec",
    "credentials",
    "workload_token",
    "export",
    "resolve",
    "config",
    "args",
    "command",
    "session",
    "context",
    "oidc",
    "ids",
    "client",
    "aws",
    "http",
    "files",
    "browser",
    "terminal",
    "view",
    "error",
];

/// The code without comments and without the tests at its end, which may import any layer.
fn product_code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    code.collect::<Vec<_>>().join("\n")
}

/// The modules that a file imports through `crate::`, or through `super::` from a top-level file.
fn imports(code: &str, at_the_top: bool) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for way in ["crate::", "super::"] {
        if way == "super::" && !at_the_top {
            continue;
        }
        for (at, _) in code.match_indices(way) {
            let rest = &code[at + way.len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list
                    .split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .collect(),
                None => vec![rest],
            };
            for name in names {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let name = name.trim();
                let end = name.find(|c| !word(c)).unwrap_or(name.len());
                rooms.insert(name[..end].to_owned());
            }
        }
    }
    rooms
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A source file, and the top-level module that it belongs to.
struct Source {
    relative: PathBuf,
    module: String,
    code: String,
}

impl Source {
    fn is_at_the_top(&self) -> bool {
        self.relative.iter().count() == 1
    }
}

/// The files in a folder, except for the ones that only declare modules.
fn sources(folder: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    files(folder, &mut found)?;
    found.sort();
    let mut sources = Vec::new();
    for path in &found {
        let relative = path.strip_prefix(folder)?;
        let first = relative.iter().next().context("a name")?.to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        if !matches!(&*module, "lib" | "main" | "mod") {
            sources.push(Source {
                relative: relative.to_owned(),
                module,
                code: product_code(&std::fs::read_to_string(path)?),
            });
        }
    }
    Ok(sources)
}

/// Every import from a higher layer, as `file: module`.
fn upward(folder: &Path, layers: &[&str]) -> Result<(usize, Vec<String>)> {
    let (mut imported, mut wrong) = (0, Vec::new());
    for source in sources(folder)? {
        let room = &source.module;
        let floor = |name: &str| layers.iter().position(|layer| *layer == name);
        let own =
            floor(room).with_context(|| format!("{room} is in no layer: add it to the list"))?;
        for name in imports(&source.code, source.is_at_the_top()) {
            let Some(other) = floor(&name) else {
                continue;
            };
            imported += 1;
            if other < own {
                wrong.push(format!("{}: {name}", source.relative.display()));
            }
        }
    }
    Ok((imported, wrong))
}

#[test]
fn domain_modules_import_only_lower_layers() -> Result<()> {
    let source = Tree::default().root().join("shared/domain/src");
    let (imported, wrong) = upward(&source, LAYERS)?;
    ensure!(imported > 100, "found only {imported} imports");
    ensure!(wrong.is_empty(), "imports from a higher layer: {wrong:#?}");
    Ok(())
}

#[test]
fn cli_modules_import_only_lower_layers() -> Result<()> {
    let source = Tree::default().root().join("cli/src");
    let (imported, wrong) = upward(&source, CLI_LAYERS)?;
    ensure!(imported > 40, "found only {imported} imports");
    ensure!(wrong.is_empty(), "imports from a higher layer: {wrong:#?}");
    Ok(())
}

/// The modules of a folder that are part of an import cycle, or that import such a module.
fn cycles(folder: &Path, is_root: bool) -> Result<Vec<String>> {
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources(folder)? {
        let at_the_top = source.is_at_the_top();
        let mut names = match is_root {
            true => imports(&source.code, at_the_top),
            false => imports(&source.code.replace("crate::", ""), at_the_top),
        };
        names.remove(&source.module);
        modules.entry(source.module).or_default().extend(names);
    }
    let known: BTreeSet<String> = modules.keys().cloned().collect();
    for names in modules.values_mut() {
        names.retain(|name| known.contains(name));
    }
    // A module that imports no remaining module is in no cycle.
    loop {
        let left: BTreeSet<String> = modules.keys().cloned().collect();
        modules.retain(|_, names| names.iter().any(|name| left.contains(name)));
        if modules.len() == left.len() {
            break;
        }
    }
    let names = |(module, names): (&String, &BTreeSet<String>)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("{}: {module} -> {}", folder.display(), names.join(", "))
    };
    let mut cycles: Vec<String> = modules.iter().map(names).collect();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            cycles.extend(self::cycles(&path, false)?);
        }
    }
    Ok(cycles)
}

#[test]
fn modules_have_no_import_cycles() -> Result<()> {
    let tree = Tree::default();
    let mut sources = vec![
        tree.root().join("admin/src"),
        tree.root().join("cli/src"),
        tree.root().join("infra/local/src"),
    ];
    for folder in ["functions", "shared"] {
        for entry in std::fs::read_dir(tree.root().join(folder))? {
            sources.push(entry?.path().join("src"));
        }
    }
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.is_dir()) {
        found.extend(cycles(source, true)?);
    }
    ensure!(sources.len() >= 10, "{sources:?}");
    ensure!(found.is_empty(), "{found:#?}");
    Ok(())
}

#[test]
fn imports_are_found_in_every_form() {
    let code = product_code(
        "use crate::aws::RoleArn; // crate::ports\nuse crate::{ids, record::account};\n\
         fn f() -> crate::check::Report {}\n#[cfg(test)]\nmod tests { use crate::link; }",
    );
    let found: Vec<String> = imports(&code, false).into_iter().collect();
    assert_eq!(found, ["aws", "check", "ids", "record"]);
    assert!(imports("use super::text;", true).contains("text"));
}

/// The names in a section of a crate's manifest.
fn dependencies(manifest: &str, section: &str) -> BTreeSet<String> {
    let mut lines = manifest.lines().skip_while(|line| *line != section).skip(1);
    let section = lines.by_ref().take_while(|line| !line.starts_with('['));
    section
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// As docs/architecture.md describes the crates.
#[test]
fn crates_depend_only_on_lower_crates() -> Result<()> {
    let root = Tree::default().root().to_owned();
    let manifest = |folder: &str| {
        let path = root.join(folder).join("Cargo.toml");
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let of =
        |folder: &str| Ok::<_, anyhow::Error>(dependencies(&manifest(folder)?, "[dependencies]"));
    let is_effect = |name: &String| {
        let runtimes = ["tokio", "ureq", "hyper", "reqwest", "lambda_runtime"];
        name.starts_with("aws") || name.starts_with("rolecall-aws") || runtimes.contains(&&**name)
    };
    let domain = of("shared/domain")?;
    ensure!(domain.contains("serde"), "{domain:?}");
    ensure!(
        !domain
            .iter()
            .any(|name| is_effect(name) || name.starts_with("rolecall")),
        "{domain:?}"
    );
    let usecases = of("shared/usecases")?;
    ensure!(
        usecases.contains("rolecall-domain") && !usecases.iter().any(is_effect),
        "{usecases:?}"
    );
    let http = of("shared/http")?;
    ensure!(
        http.iter()
            .all(|name| !is_effect(name) || name == "rolecall-aws"),
        "{http:?}"
    );
    for entry in std::fs::read_dir(root.join("functions"))? {
        let function = entry?.file_name().to_string_lossy().into_owned();
        let own = of(&format!("functions/{function}"))?;
        ensure!(own.contains("rolecall-domain"), "{function}: {own:?}");
        let mut allowed = vec![
            "rolecall-domain",
            "rolecall-usecases",
            "rolecall-aws",
            "rolecall-http",
        ];
        // It calls the API as any other client does.
        if function == "console" {
            allowed.push("rolecall-client");
        }
        let others: Vec<&String> = own
            .iter()
            .filter(|name| {
                let of_hub = name.starts_with("rolecall") && !allowed.contains(&&***name);
                of_hub || root.join("functions").join(name).is_dir()
            })
            .collect();
        ensure!(others.is_empty(), "{function}: {others:?}");
    }
    Ok(())
}
