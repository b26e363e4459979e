//! Installs the peers with the usual tools of their language, from pinned dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::paths::Tree;
use anyhow::{Context, Result};
use clap::ValueEnum;
use tokio::process::Command;

use crate::install::{self, run};
use crate::tls::{self, Trust};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    Python,
    Node,
    RustDefaults,
}

impl Peer {
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python, boto3",
            Self::Node => "Node.js, SDK v3",
            Self::RustDefaults => "Rust, defaults",
        }
    }
}

/// A peer that is ready to start.
#[derive(Debug, Clone)]
pub struct Installed {
    peer: Peer,
    program: PathBuf,
    /// The directory with its programs or their sources.
    directory: PathBuf,
    /// The versions of the language and the SDK.
    pub version: String,
}

/// The command for one of a peer's programs.
#[derive(Debug, Clone)]
pub struct Started {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// The files that would be uploaded. Lambda's Python runtime includes boto3.
    pub package: Vec<PathBuf>,
}

const NPM: Duration = Duration::from_secs(180);
/// Compiling the largest SDK clients with optimization takes long, but happens only once.
const CARGO: Duration = Duration::from_secs(3600);

/// # Errors
/// If the peer can't be installed here.
pub async fn install(peer: Peer, tree: &Tree, results: &Path) -> Result<Installed> {
    let sources = tree.root().join("tests/bench/peers");
    let (program, directory, version) = match peer {
        Peer::Python => {
            let requirements = sources.join("python/requirements.txt");
            let python = install::python(&requirements, &results.join("venv")).await?;
            let script = "import boto3, platform; \
                          print(f'Python {platform.python_version()}, boto3 {boto3.__version__}')";
            let version = said(Command::new(&python).args(["-c", script])).await?;
            (python, sources.join("python"), version)
        }
        Peer::Node => {
            let sources = sources.join("node");
            let (node, bundle) = (node().await?, bundled(&sources, results).await?);
            let script = "const { packages } = require('./package-lock.json'); \
                          'Node.js ' + process.versions.node + ', SDK ' \
                          + packages['node_modules/@aws-sdk/client-sts'].version \
                          + ', bundled and minified by esbuild'";
            let mut asked = Command::new(&node);
            let version = said(asked.args(["-p", script]).current_dir(&sources)).await?;
            (node, bundle, version)
        }
        Peer::RustDefaults => {
            let built = built(&sources.join("rust-defaults"), results).await?;
            let version = said(Command::new("rustc").arg("-V")).await?;
            let version = format!("{version}, aws-config with its defaults, cargo's plain release");
            (PathBuf::new(), built, version)
        }
    };
    Ok(Installed {
        peer,
        program,
        directory,
        version,
    })
}

async fn said(command: &mut Command) -> Result<String> {
    let output = command.output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn node() -> Result<PathBuf> {
    let script = "process.exit(+(process.versions.node.split('.')[0] < 20)); ";
    let checked = run(Command::new("node").args(["-e", script]), NPM).await;
    checked.context("Node.js 20 is not installed")?;
    let path = said(Command::new("node").args(["-p", "process.execPath"])).await?;
    Ok(PathBuf::from(path))
}

/// Bundled as in AWS's examples: with the SDK, one file for each function.
async fn bundled(sources: &Path, results: &Path) -> Result<PathBuf> {
    let (lock, stamp) = (
        sources.join("package-lock.json"),
        sources.join("node_modules/.installed"),
    );
    let wanted = fs::read_to_string(&lock)?;
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--silent", "--no-audit", "--no-fund"]);
        let installed = run(npm.current_dir(sources), NPM).await;
        installed.context("npm can't install it")?;
        fs::write(&stamp, wanted)?;
    }
    let out = results.join("node");
    let mut esbuild = Command::new(sources.join("node_modules/.bin/esbuild"));
    esbuild
        .args([
            "registration.mjs",
            "verification.mjs",
            "issue.mjs",
            "--bundle",
            "--minify",
        ])
        .args(["--platform=node", "--target=node20", "--format=cjs"])
        .arg("--out-extension:.js=.cjs")
        .arg(format!("--outdir={}", out.display()));
    run(esbuild.current_dir(sources), NPM).await?;
    Ok(out)
}

async fn built(sources: &Path, results: &Path) -> Result<PathBuf> {
    let target = results.join("rust-defaults");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(sources.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target);
    run(&mut cargo, CARGO).await?;
    Ok(target.join("release"))
}

impl Installed {
    pub fn started(&self, name: &str, trust: &Trust) -> Started {
        let set = |name: &str, path: &Path| (name.to_owned(), path.to_string_lossy().into_owned());
        let file = |ending: &str| self.directory.join(format!("{name}{ending}"));
        match self.peer {
            Peer::Python => Started {
                program: self.program.clone(),
                arguments: vec![
                    "-m".into(),
                    "awslambdaric".into(),
                    format!("{name}.handler"),
                ],
                environment: vec![
                    set("AWS_CA_BUNDLE", &trust.system),
                    set("PYTHONPATH", &self.directory),
                    // Lambda's own runtime includes compiled boto3, but uploaded code is not
                    // compiled.
                    set("PYTHONDONTWRITEBYTECODE", Path::new("1")),
                    set("AWS_EC2_METADATA_DISABLED", Path::new("true")),
                ],
                package: vec![file(".py"), self.directory.join("checks.py")],
            },
            Peer::Node => Started {
                program: self.program.clone(),
                arguments: vec![file(".cjs").to_string_lossy().into_owned()],
                environment: vec![set("NODE_EXTRA_CA_CERTS", &tls::ca())],
                package: vec![file(".cjs")],
            },
            Peer::RustDefaults => Started {
                program: file(""),
                arguments: Vec::new(),
                environment: vec![set("SSL_CERT_FILE", &trust.system)],
                package: vec![file("")],
            },
        }
    }
}
