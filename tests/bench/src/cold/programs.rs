//! The programs to measure: our deployed functions, a function that does nothing, and peers that do
//! the same work in the usual way of their language.

use std::fs;
use std::path::{Path, PathBuf};

use crate::paths::Tree;
use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::jobs::Job;
use super::peers::{self, Peer};
use crate::console::{self, Recorded};
use crate::stub::{Call, Stub};
use crate::template::{FunctionSettings, Template};
use crate::tls::Trust;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    /// The same, but with a certificate that only the system's roots sign.
    OursBySystemRoots,
    Empty,
    /// Repeats the AWS calls of one of our functions.
    HandSigned,
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
    /// The size of the upload.
    pub zip_bytes: u64,
}

impl Program {
    pub fn is(&self, other: &Self) -> bool {
        (&self.name, self.job) == (&other.name, other.job)
    }
}

/// Our functions: binary, resource and job.
const FUNCTIONS: [(&str, &str, Job); 9] = [
    ("stack-callback", "StackCallback", Job::Registration),
    ("account-health", "AccountHealth", Job::Verification),
    ("registration-api", "RegistrationApi", Job::Link),
    ("registration-api", "RegistrationApi", Job::Paste),
    ("registration-api", "RegistrationApi", Job::Accounts),
    ("console", "Console", Job::Page),
    ("credential-broker", "CredentialBroker", Job::Issue),
    ("stack-cleanup", "StackCleanup", Job::Sweep),
    ("event-publisher", "EventPublisher", Job::Publication),
];

/// Nothing calls it.
const CONSOLE_URL: &str = "https://console.example";

/// The inputs that programs are made from.
#[derive(Debug)]
pub struct Sources<'a> {
    pub tree: &'a Tree,
    /// The directory with our functions' release builds.
    pub release: &'a Path,
    pub template: &'a Template,
    pub trust: &'a Trust,
    pub stub_url: &'a str,
    /// The host for CloudFormation's responses, and the hub's API.
    pub responses_url: &'a str,
    pub results: &'a Path,
    /// The jobs to measure; all if there are none.
    pub jobs: &'a [Job],
}

/// The jobs of a peer: resource and name of the program.
fn jobs_of(peer: Peer) -> Vec<(Job, &'static str, &'static str)> {
    let mut jobs = vec![
        (Job::Registration, "StackCallback", "registration"),
        (Job::Verification, "AccountHealth", "verification"),
    ];
    // The comparison with the SDK's defaults in Rust has no program for it.
    if peer != Peer::RustDefaults {
        jobs.push((Job::Issue, "CredentialBroker", "issue"));
    }
    jobs
}

impl Sources<'_> {
    /// # Errors
    /// If a binary is missing.
    pub async fn ours(&self) -> Result<Vec<Program>> {
        let mut programs = vec![self.empty().await?];
        let wanted = FUNCTIONS.into_iter().filter(|it| self.wants(it.2));
        for (binary, resource, job) in wanted {
            let program = self.release.join(binary);
            let zip_bytes = zipped(&program).await?;
            let settings = self.settings(resource)?;
            let ours = Program {
                name: binary.to_owned(),
                kind: Kind::Ours,
                job,
                program,
                arguments: Vec::new(),
                settings: with(&settings, "AWS_CA_BUNDLE", &self.trust.amazon),
                zip_bytes,
            };
            // Only functions with a peer are measured with both kinds of roots.
            let has_peer = matches!(job, Job::Registration | Job::Verification);
            let by_system = has_peer.then(|| Program {
                name: format!("{binary}, system's roots"),
                kind: Kind::OursBySystemRoots,
                settings: with(&settings, "SSL_CERT_FILE", &self.trust.system),
                ..ours.clone()
            });
            programs.extend([Some(ours), by_system].into_iter().flatten());
        }
        Ok(programs)
    }

    /// The API's responses for the console, which the stub repeats from now on.
    ///
    /// # Errors
    /// If the API fails.
    pub async fn recorded(&self, stub: &Stub) -> Result<Option<Recorded>> {
        if !self.wants(Job::Page) {
            return Ok(None);
        }
        let program = self.release.join("registration-api");
        let log = self.results.join("registration-api.log");
        let recorded = console::recorded(stub, self.template, &program, &log).await?;
        stub.repeat(&recorded.answers);
        Ok(Some(recorded))
    }

    fn wants(&self, job: Job) -> bool {
        self.jobs.is_empty() || self.jobs.contains(&job)
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

    /// A program that repeats the AWS calls of one of our functions.
    ///
    /// # Errors
    /// If the binary is missing, or the calls can't be written to a file.
    pub async fn by_hand(&self, job: Job, calls: &[Vec<Call>]) -> Result<Program> {
        let program = self.release.join("hand-signed");
        let file = self.results.join(format!("{job:?}.json"));
        fs::write(&file, serde_json::to_vec(calls)?)?;
        let settings = self.settings("EventPublisher")?;
        let settings = with(&settings, "AWS_CA_BUNDLE", &self.trust.amazon);
        Ok(Program {
            name: "hand-signed".to_owned(),
            kind: Kind::HandSigned,
            job,
            zip_bytes: zipped(&program).await?,
            program,
            arguments: Vec::new(),
            settings: with(&settings, "CALLS", &file),
        })
    }

    fn settings(&self, resource: &str) -> Result<FunctionSettings> {
        if resource == "Console" {
            let (api_url, console_url) = (self.responses_url, CONSOLE_URL);
            return console::settings(self.template, self.stub_url, api_url, console_url);
        }
        let mut settings = self.template.function(resource, self.stub_url)?;
        for (name, value) in &mut settings.environment {
            if name == "RESPONSE_ORIGINS" {
                self.responses_url.clone_into(value);
            }
        }
        Ok(settings)
    }

    /// Installs or builds the peers; returns the reasons for those that fail.
    pub async fn peers(&self, wanted: &[Peer]) -> Peers {
        let mut peers = Peers::default();
        for peer in wanted.iter().copied() {
            eprintln!("{}: installing", peer.name());
            match self.of_peer(peer).await {
                Ok((programs, version)) => {
                    peers.programs.extend(programs);
                    peers.versions.push(version);
                }
                Err(error) => peers.skipped.push(format!("{}: {error:#}", peer.name())),
            }
        }
        peers
    }

    async fn of_peer(&self, peer: Peer) -> Result<(Vec<Program>, String)> {
        let installed = peers::install(peer, self.tree, self.results).await?;
        let jobs = jobs_of(peer).into_iter().filter(|it| self.wants(it.0));
        let mut programs = Vec::new();
        for (job, resource, name) in jobs {
            let started = installed.started(name, self.trust);
            let mut settings = self.settings(resource)?;
            settings.environment.extend(started.environment);
            let mut zip_bytes = 0;
            for file in &started.package {
                zip_bytes += zipped(file).await?;
            }
            programs.push(Program {
                name: peer.name().to_owned(),
                kind: Kind::Peer(peer.name()),
                job,
                zip_bytes,
                program: started.program,
                arguments: started.arguments,
                settings,
            });
        }
        Ok((programs, installed.version))
    }
}

/// The peers to measure, their versions, and the reasons for skipped ones.
#[derive(Debug, Default)]
pub struct Peers {
    pub programs: Vec<Program>,
    pub versions: Vec<String>,
    pub skipped: Vec<String>,
}

fn with(settings: &FunctionSettings, name: &str, file: &Path) -> FunctionSettings {
    let mut settings = settings.clone();
    let file = file.to_string_lossy().into_owned();
    settings.environment.push((name.to_owned(), file));
    settings
}

/// The size of a file in a zip archive.
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
