//! What is measured: our functions as they are deployed, a function that does nothing, and programs
//! that do the same work the way each language's users write it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rolecall_local::paths::Tree;
use tokio::process::Command;

use super::jobs::Job;
use super::peers::{self, Peer};
use crate::template::{FunctionSettings, Template};
use crate::tls::Trust;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    /// The same with the few root certificates that AWS's endpoints use.
    OursWithFewRoots,
    Empty,
    Peer(&'static str),
}

#[derive(Debug, Clone)]
pub struct Program {
    pub name: String,
    pub kind: Kind,
    pub job: Job,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub settings: FunctionSettings,
    /// What is uploaded.
    pub zip_bytes: u64,
}

/// Our functions, by binary, resource and job.
const FUNCTIONS: [(&str, &str, Job); 6] = [
    ("stack-callback", "StackCallback", Job::Registration),
    ("account-health", "AccountHealth", Job::Verification),
    ("registration-api", "RegistrationApi", Job::Link),
    ("registration-api", "RegistrationApi", Job::Paste),
    ("stack-cleanup", "StackCleanup", Job::Sweep),
    ("event-publisher", "EventPublisher", Job::Publication),
];

/// Where everything is that programs are made from.
#[derive(Debug)]
pub struct Sources<'a> {
    pub tree: &'a Tree,
    /// Our functions' release builds.
    pub release: &'a Path,
    pub template: &'a Template,
    pub trust: &'a Trust,
    pub stub_url: &'a str,
    pub results: &'a Path,
}

impl Sources<'_> {
    /// # Errors
    /// When a binary is missing.
    pub async fn ours(&self) -> Result<Vec<Program>> {
        let mut programs = vec![self.empty().await?];
        for (binary, resource, job) in FUNCTIONS {
            let program = self.release.join(binary);
            let zip_bytes = zipped(&program).await?;
            let settings = self.settings(resource)?;
            // Only what has somebody waiting, or a peer, is measured in both ways.
            let both = matches!(job, Job::Registration | Job::Verification);
            let ways = [Kind::Ours, Kind::OursWithFewRoots];
            for kind in ways.into_iter().take(if both { 2 } else { 1 }) {
                let (file, name) = match kind {
                    Kind::OursWithFewRoots => ("AWS_CA_BUNDLE", format!("{binary}, few roots")),
                    _ => ("SSL_CERT_FILE", binary.to_owned()),
                };
                let roots = match kind {
                    Kind::OursWithFewRoots => &self.trust.amazon,
                    _ => &self.trust.system,
                };
                programs.push(Program {
                    name,
                    kind,
                    job,
                    program: program.clone(),
                    arguments: Vec::new(),
                    settings: with(&settings, &[(file, roots)]),
                    zip_bytes,
                });
            }
        }
        Ok(programs)
    }

    async fn empty(&self) -> Result<Program> {
        let program = self.release.join("empty-handler");
        Ok(Program {
            name: "empty handler".to_owned(),
            kind: Kind::Empty,
            job: Job::Nothing,
            zip_bytes: zipped(&program).await?,
            program,
            arguments: Vec::new(),
            settings: self.settings("EventPublisher")?,
        })
    }

    fn settings(&self, resource: &str) -> Result<FunctionSettings> {
        self.template.function(resource, self.stub_url)
    }

    /// Those that can be installed or built, and why the others can't.
    ///
    /// # Errors
    /// When a program can't be described.
    pub async fn peers(&self, wanted: &[Peer]) -> Result<(Vec<Program>, Vec<String>)> {
        let (mut programs, mut skipped) = (Vec::new(), Vec::new());
        for peer in wanted.iter().copied() {
            eprintln!("{}: installing", peer.name());
            let installed = match peers::install(peer, self.tree, self.results).await {
                Ok(installed) => installed,
                Err(error) => {
                    skipped.push(format!("{}: {error:#}", peer.name()));
                    continue;
                }
            };
            let jobs = [
                (Job::Registration, "StackCallback", "registration"),
                (Job::Verification, "AccountHealth", "verification"),
            ];
            for (job, resource, name) in jobs {
                let started = installed.started(name, self.trust);
                let mut settings = self.settings(resource)?;
                settings.environment.extend(started.environment);
                programs.push(Program {
                    name: peer.name().to_owned(),
                    kind: Kind::Peer(peer.name()),
                    job,
                    zip_bytes: zipped(&started.package).await?,
                    program: started.program,
                    arguments: started.arguments,
                    settings,
                });
            }
        }
        Ok((programs, skipped))
    }
}

fn with(settings: &FunctionSettings, files: &[(&str, &Path)]) -> FunctionSettings {
    let mut settings = settings.clone();
    let files = files.iter();
    let files = files.map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into_owned()));
    settings.environment.extend(files);
    settings
}

/// The size of a file once it is in a zip archive, as people make it.
async fn zipped(path: &Path) -> Result<u64> {
    let name = path.display();
    fs::metadata(path).with_context(|| format!("{name} is not built"))?;
    let script = "import sys, zlib; c = zlib.compressobj(9, zlib.DEFLATED, -15); \
                  print(len(c.compress(open(sys.argv[1], 'rb').read()) + c.flush()))";
    let mut python = Command::new("python3");
    let output = python.args(["-c", script]).arg(path).output().await?;
    ensure!(output.status.success(), "{name} can't be compressed");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
