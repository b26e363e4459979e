//! `make bench-pages`: what the first load of a page costs on a slow phone network: requests, bytes, and the time
//! until its contents are visible, in Chromium. The console's release build runs behind a simulated gateway, with a
//! stub of the API; beside it, a single-page application shows the same accounts.

mod browser;
mod figures;
mod gateway;
mod site;
mod spa;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::console::{self, ACCOUNTS, Recorded};
use crate::fleet::accounts::Customer;
use crate::fleet::{seed, template_facts};
use crate::http::Server;
use crate::lambda::{Function, Launch};
use crate::paths::Tree;
use crate::stub::Stub;
use crate::template::Template;
use browser::{Cookie, Measured, Network, Page, Plan};
use figures::{CONNECT, GROUP, SPA};
use gateway::Gateway;

/// How often to measure.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Loads of each page on each network
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
}

/// "Slow 4G" of Chromium's developer tools: 1.6 and 0.75 Mbit/s less a tenth, and a round trip of 150 ms. They
/// delay each request by 3.75 round trips, because they don't delay the opening of connections.
/// <https://chromium.googlesource.com/devtools/devtools-frontend/+/refs/heads/main/front_end/core/sdk/NetworkManager.ts>
const SLOW_4G: Network = Network {
    name: "Slow 4G",
    latency: 562.5,
    download: 180_000.0,
    upload: 84_375.0,
    cpu: 4,
};

/// The same with one round trip for each request, on connections that are already open.
const ONE_ROUND_TRIP: Network = Network {
    name: "150 ms",
    latency: 150.0,
    ..SLOW_4G
};

/// Links of pages contain it.
const CONSOLE_URL: &str = "https://console.example";

/// Measures, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// If the console fails.
pub async fn run(release: &Path, options: &Options) -> Result<()> {
    let bench = Bench::start(release).await?;
    let (console, cookie) = bench.console().await?;
    let mut pages = vec![
        bench.connect_page(&console),
        bench.group_page(&console, &cookie)?,
    ];
    let mut findings = figures::Findings {
        rounds: options.rounds,
        ..figures::Findings::default()
    };
    let mut servers = vec![console];
    match spa::built(&bench.tree, &bench.results, &bench.recorded).await {
        Ok((site, versions)) => {
            let server = Server::start(site, None).await?;
            pages.push(bench.application(&server));
            servers.push(server);
            findings.versions.push(versions);
        }
        Err(error) => findings.skipped.push(format!("{SPA}: {error:#}")),
    }
    let plan = Plan {
        rounds: options.rounds,
        networks: &[SLOW_4G, ONE_ROUND_TRIP],
        pages: &pages,
    };
    match browser::measure(&bench.tree, &plan).await? {
        Measured::Loads { loads } => findings.loads = loads,
        Measured::Skipped { skipped } => findings.skipped.push(format!("all pages: {skipped}")),
    }
    drop(servers);
    let report = figures::report(&findings, plan.networks);
    print!("{}", report.text());
    report.write(&bench.results.with_extension("json"))
}

struct Bench {
    tree: Tree,
    results: PathBuf,
    release: PathBuf,
    template: Template,
    stub: Stub,
    recorded: Recorded,
}

impl Bench {
    async fn start(release: &Path) -> Result<Self> {
        let tree = Tree::default();
        let results = tree.root().join("target/bench/pages");
        fs::create_dir_all(&results)?;
        let template = Template::read(&tree)?;
        let stub = Stub::start(template_facts()).await?;
        let program = release.join("registration-api");
        let log = results.join("registration-api.log");
        let recorded = Box::pin(console::recorded(&stub, &template, &program, &log)).await?;
        stub.repeat(&recorded.answers);
        Ok(Self {
            tree,
            results,
            release: release.to_owned(),
            template,
            stub,
            recorded,
        })
    }

    /// A running console behind a gateway, and a session's cookie.
    async fn console(&self) -> Result<(Server, Cookie)> {
        let url = &self.stub.url;
        let settings = console::settings(&self.template, url, url, CONSOLE_URL)?;
        let launch = Launch {
            program: &self.release.join("console"),
            arguments: &[],
            environment: settings.environment,
            memory_mb: settings.memory_mb,
            time_out: settings.time_out,
            log: &self.results.join("console.log"),
        };
        let function = Function::start(&launch).await?;
        let cookie = console::sign_in(&seed::table(url)?).await?;
        let (name, value) = cookie.split_once('=').context("no cookie")?;
        let cookie = Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let server = Server::start(Gateway::before(function), None).await?;
        Ok((server, cookie))
    }

    fn connect_page(&self, console: &Server) -> Page {
        Page {
            name: CONNECT,
            url: at(console, &self.recorded.connect_path()),
            cookies: Vec::new(),
            storage: Vec::new(),
            // The button that opens the AWS console.
            selector: "a.button.primary",
            count: 1,
            texts: Vec::new(),
        }
    }

    fn group_page(&self, console: &Server, cookie: &Cookie) -> Result<Page> {
        Ok(Page {
            name: GROUP,
            url: at(console, &self.recorded.group_path()),
            cookies: vec![cookie.clone()],
            storage: Vec::new(),
            selector: "tbody tr",
            count: ACCOUNTS,
            texts: names(),
        })
    }

    fn application(&self, site: &Server) -> Page {
        Page {
            name: SPA,
            url: at(site, &self.recorded.group_path()),
            cookies: Vec::new(),
            storage: vec![("id_token", "x".repeat(1_000))],
            selector: "tbody tr",
            count: ACCOUNTS,
            texts: names(),
        }
    }
}

fn at(server: &Server, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", server.port)
}

/// What every list of the accounts contains: their names, which are the account IDs.
fn names() -> Vec<String> {
    let customers = Customer::healthy(ACCOUNTS);
    customers.into_iter().map(Customer::aws_account).collect()
}
