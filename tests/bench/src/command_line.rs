//! `make bench-cli`: what the command line adds to the time that the network takes. A program asks a stub of the hub
//! for credentials over TLS; the time until it connects, and the time from the answer to its end, are its own.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use crate::install;
use crate::paths::Tree;
use crate::report::{Aim, Cell, Ratio, Report, Table};
use crate::tls::{self, HOST, Trust};
use crate::usage;

/// How often to measure.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Runs of each program
    #[arg(long, default_value_t = 30)]
    pub runs: usize,
}

/// A person or an SDK waits for it.
const AIM_MS: f64 = 30.0;

const LIMIT: Duration = Duration::from_secs(30);

const ACCOUNT: &str = "acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b";

const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::222222222222:root</Arn>\
    <UserId>u</UserId><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

struct Program {
    name: &'static str,
    command: Vec<String>,
}

/// One run, in milliseconds.
struct Run {
    until_connection: f64,
    /// The TLS handshake and the request, which the network determines.
    until_request: f64,
    after_answer: f64,
}

impl Run {
    fn added(&self) -> f64 {
        self.until_connection + self.after_answer
    }
}

struct Stub {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    url: String,
}

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// If a program fails.
pub async fn run(program: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let trust = Trust::write(&results)?;
    let listener = TcpListener::bind((HOST, 0)).await?;
    let url = format!("https://{HOST}:{}", listener.local_addr()?.port());
    let acceptor = tls::acceptor()?;
    let stub = Stub {
        listener,
        acceptor,
        url,
    };
    let mut report = Report {
        title: "What a command adds to the time that the network takes".to_owned(),
        conditions: vec![
            usage::machine(),
            format!(
                "medians of {} runs, over TLS, with the system's root certificates",
                options.runs
            ),
        ],
        ..Report::default()
    };
    let mut table = Table {
        caption: "Milliseconds".to_owned(),
        columns: vec![
            "program",
            "to connection",
            "handshake and request",
            "from answer",
            "added",
            "slowest",
        ],
        rows: Vec::new(),
    };
    let mut added = Vec::new();
    for program in programs(program, &tree, &results, &mut report.skipped).await {
        let runs = measured(&program, &stub, &trust, options.runs).await?;
        let column = |of: fn(&Run) -> f64| Cell::Number(median(runs.iter().map(of)), 1);
        let slowest = runs.iter().map(Run::added).fold(0.0, f64::max);
        added.push((program.name, median(runs.iter().map(Run::added))));
        table.rows.push(vec![
            Cell::from(program.name),
            column(|run| run.until_connection),
            column(|run| run.until_request),
            column(|run| run.after_answer),
            column(Run::added),
            Cell::Number(slowest, 1),
        ]);
    }
    report.tables.push(table);
    let (_, own) = added[0];
    report.ratios.push(Ratio {
        what: "ms that rolecall credentials adds".to_owned(),
        value: own,
        aim: Some(Aim::AtMost(AIM_MS)),
    });
    for (name, other) in &added[1..] {
        let what = format!("times as long: {name}");
        report.ratios.push(Ratio {
            what,
            value: other / own,
            aim: None,
        });
    }
    print!("{}", report.text());
    report.write(&results.join("command-line.json"))
}

/// The command line, and programs that make one signed call.
async fn programs(
    rolecall: &Path,
    tree: &Tree,
    results: &Path,
    skipped: &mut Vec<String>,
) -> Vec<Program> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let command = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let credentials = [
        &*text(rolecall),
        "credentials",
        ACCOUNT,
        "--access",
        "inventory",
    ];
    let mut programs = vec![Program {
        name: "rolecall credentials",
        command: command(&credentials),
    }];
    let peers = tree.root().join("tests/bench/peers/python");
    match install::python(&peers.join("requirements.txt"), &results.join("venv")).await {
        Ok(python) => programs.push(Program {
            name: "the same in Python, botocore",
            command: vec![text(&python), text(&peers.join("credentials.py"))],
        }),
        Err(why) => skipped.push(format!("Python: {why:#}")),
    }
    let aws = tree.root().join(".venv/bin/aws");
    match aws.is_file() {
        true => programs.push(Program {
            name: "aws sts get-caller-identity",
            command: command(&[&text(&aws), "sts", "get-caller-identity"]),
        }),
        false => skipped.push("AWS CLI: not installed; run: make venv".to_owned()),
    }
    programs
}

/// The runs after one that is not measured.
async fn measured(program: &Program, stub: &Stub, trust: &Trust, count: usize) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for number in 0..=count {
        let run = tokio::time::timeout(LIMIT, once(program, stub, trust)).await;
        let run = run.context("no request")?;
        let run = run.with_context(|| program.name)?;
        runs.extend(Some(run).filter(|_| number > 0));
    }
    Ok(runs)
}

async fn once(program: &Program, stub: &Stub, trust: &Trust) -> Result<Run> {
    let started = Instant::now();
    let mut child = Command::new(&program.command[0])
        .args(&program.command[1..])
        .env_clear()
        .envs(environment(stub, trust))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?;
    let (stream, _) = stub.listener.accept().await?;
    let connected = Instant::now();
    let mut stream = stub.acceptor.accept(stream).await?;
    let path = request(&mut stream).await?;
    let requested = Instant::now();
    let body = match path.as_str() {
        "/" => IDENTITY.to_owned(),
        _ => document(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.flush().await?;
    let answered = Instant::now();
    let mut printed = Vec::new();
    let mut stdout = child.stdout.take().context("piped")?;
    stdout.read_to_end(&mut printed).await?;
    let status = child.wait().await?;
    let ended = Instant::now();
    ensure!(
        status.success() && !printed.is_empty(),
        "it failed: {status}"
    );
    // A client may close the connection at any time after the answer.
    drop(stream.shutdown().await);
    let between = |from: Instant, to: Instant| to.duration_since(from).as_secs_f64() * 1e3;
    Ok(Run {
        until_connection: between(started, connected),
        until_request: between(connected, requested),
        after_answer: between(answered, ended),
    })
}

fn environment(stub: &Stub, trust: &Trust) -> Vec<(&'static str, String)> {
    let roots = trust.system.to_string_lossy().into_owned();
    vec![
        ("HOME", "/nonexistent".to_owned()),
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("ROLECALL_API_URL", stub.url.clone()),
        ("AWS_ENDPOINT_URL", stub.url.clone()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        // Version 1 of the AWS CLI reads only this one.
        ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "example".to_owned()),
        ("SSL_CERT_FILE", roots.clone()),
        ("AWS_CA_BUNDLE", roots),
    ]
}

/// Reads a request, and returns its path.
async fn request(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        let count = stream.read_buf(&mut bytes).await?;
        ensure!(count > 0, "the connection was closed");
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse::<usize>())?.ok()
        });
        if body.len() >= length.unwrap_or_default() {
            let path = head.split(' ').nth(1).context("no path")?;
            return Ok(path.to_owned());
        }
    }
}

/// What the hub answers.
fn document() -> String {
    json!({
        "Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "example", "SessionToken": "t".repeat(800),
        "Token": "t".repeat(800), "Expiration": "2030-01-01T00:00:00Z", "AccountId": "222222222222",
        "account_id": ACCOUNT, "profile": "inventory", "region": "eu-central-1",
    })
    .to_string()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
