//! What a page of the operator's list of accounts costs in hubs of different sizes: calls and read
//! units of the release build of registration-api, counted by the stub's table. It rejects scans.
//!
//! Some accounts are connected and fully checked by the product, at least one in each shard of the
//! index. Their items are copied for all others.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table as HubTable;
use rolecall_domain::SignedDuration;
use rolecall_domain::ids::{AccountId, IdSeed};
use rolecall_domain::operator::changes::{SHARDS, shard};
use rolecall_domain::ports::Clock;
use serde_json::{Value, json};

use crate::cold::sample;
use crate::fleet::accounts::{Customer, Kind};
use crate::fleet::queue::Queue;
use crate::fleet::seed::{self, CheckKind, Member};
use crate::fleet::template_facts;
use crate::lambda::{Function, Launch};
use crate::paths::Tree;
use crate::report::{Aim, Cell, Ratio, Report, Table};
use crate::stub::{Copied, Service, Stub, Tally};
use crate::template::Template;
use crate::usage::machine;

/// The hubs whose lists are read.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Accounts of each hub
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    pub accounts: Vec<usize>,
}

/// The items on a page.
const LIMIT: usize = 100;

/// The pages that are read, by their query.
const LISTS: [&str; 2] = ["", "status=unhealthy"];

/// One page of a hub's list.
#[derive(Debug)]
struct Page {
    accounts: usize,
    query: &'static str,
    items: usize,
    tally: Tally,
    took: Duration,
}

/// Reads pages, prints the report, and writes it under `target/bench/`.
///
/// # Errors
/// If a function fails, or a page has an unexpected number of items.
pub async fn run(release: &Path, options: &Options) -> Result<()> {
    let tree = Tree::default();
    let results = tree.root().join("target/bench");
    fs::create_dir_all(&results)?;
    let stub = Stub::start(template_facts()).await?;
    let bench = Bench {
        table: seed::table(&stub.url)?,
        hub: Template::read(&tree)?,
        stub,
        release: release.to_owned(),
        results,
    };
    let mut pages = Vec::new();
    for accounts in &options.accounts {
        eprintln!("a hub with {accounts} accounts");
        Box::pin(bench.fill(*accounts)).await?;
        for query in LISTS {
            pages.push(Box::pin(bench.page(*accounts, query)).await?);
        }
    }
    let report = report(&pages);
    print!("{}", report.text());
    report.write(&bench.results.join("lists.json"))
}

struct Bench {
    table: HubTable,
    hub: Template,
    stub: Stub,
    release: PathBuf,
    results: PathBuf,
}

impl Bench {
    async fn start(&self, binary: &str, resource: &str) -> Result<Function> {
        let settings = self.hub.function(resource, &self.stub.url)?;
        let launch = Launch {
            program: &self.release.join(binary),
            arguments: &[],
            environment: settings.environment.clone(),
            memory_mb: settings.memory_mb,
            time_out: settings.time_out,
            log: &self.results.join(format!("{binary}.log")),
        };
        Function::start(&launch).await
    }

    /// Fills the table with this many accounts.
    async fn fill(&self, accounts: usize) -> Result<()> {
        self.stub.reset();
        let originals = self.originals().await?;
        let start = SystemHost.now();
        let missing = accounts.saturating_sub(CONNECTED);
        for number in 0..missing {
            let at = start + SignedDuration::from_millis(i64::try_from(number)?);
            let original = &originals[number % originals.len()];
            self.stub
                .copy(&original.items, &id_like(&original.id, at, number));
        }
        self.stub.take_tally();
        Ok(())
    }

    /// Connects accounts, checks them, and returns the items of one in each shard.
    async fn originals(&self) -> Result<Vec<Original>> {
        let all = (0..).map(Customer);
        let healthy = all.filter(|one| one.kind() == Kind::Healthy);
        let customers: Vec<Customer> = healthy.take(CONNECTED).collect();
        let facts = template_facts();
        let members = seed::fleet(&self.table, &customers, CheckKind::FullCheck, &facts).await?;
        let mut health = self.start("account-health", "AccountHealth").await?;
        let answer = health
            .invoke(&Queue::of(&members)?.next_event(CONNECTED))
            .await?;
        ensure!(
            answer.payload["batchItemFailures"] == json!([]),
            "not all accounts were checked: {}",
            answer.payload
        );
        health.stop().await?;
        let original = |place: u8| {
            let fits = |one: &&Member| shard(one.due.account_id.as_str()) == place;
            let member = members.iter().find(fits).context("a shard is empty")?;
            let id = member.due.account_id.as_str().to_owned();
            let items = self.stub.items_of(&id);
            Ok(Original { id, items })
        };
        (0..SHARDS).map(original).collect()
    }

    /// Reads the second page of the whole list, or the first with a filter, on open connections.
    async fn page(&self, accounts: usize, query: &'static str) -> Result<Page> {
        let mut api = self.start("registration-api", "RegistrationApi").await?;
        let first = api.invoke(&request(query, None)?).await?;
        let cursor = body(&first.payload)?["next_cursor"].clone();
        let (cursor, expected) = match query {
            "" => (Some(cursor.as_str().context("a single page")?), LIMIT),
            _ => (None, 0),
        };
        self.stub.take_tally();
        let again = api.invoke(&request(query, cursor)?).await?;
        let tally = self.stub.take_tally();
        api.stop().await?;
        let items = body(&again.payload)?["items"]
            .as_array()
            .map_or(0, Vec::len);
        ensure!(items == expected, "a page has {items} items");
        Ok(Page {
            accounts,
            query,
            items,
            tally,
            took: again.took,
        })
    }
}

/// Accounts that are connected and checked. Enough for one in every shard.
const CONNECTED: usize = 100;

/// An account whose items are copied.
struct Original {
    id: String,
    items: Copied,
}

/// A new ID in the same shard of the index, which the last digit determines.
fn id_like(id: &str, at: rolecall_domain::Timestamp, number: usize) -> String {
    let spread = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mut random = [0; 10];
    random.copy_from_slice(&spread.to_be_bytes()[..10]);
    let mut new = AccountId::new(IdSeed { at, random }).as_str().to_owned();
    new.pop();
    new.extend(id.chars().last());
    new
}

fn request(query: &str, cursor: Option<&str>) -> Result<Value> {
    let mut event = sample("registration-api/get-accounts-on-behalf.json")?;
    let path = "/operator/v1/accounts";
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["pathParameters"]["proxy"] = json!("accounts");
    let mut parameters = json!({"limit": LIMIT.to_string()});
    if let Some((name, value)) = query.split_once('=') {
        parameters[name] = json!(value);
    }
    if let Some(cursor) = cursor {
        parameters["cursor"] = json!(cursor);
    }
    event["queryStringParameters"] = parameters;
    Ok(event)
}

fn body(answer: &Value) -> Result<Value> {
    ensure!(answer["statusCode"] == 200, "unexpected response: {answer}");
    Ok(serde_json::from_str(
        answer["body"].as_str().unwrap_or_default(),
    )?)
}

const COLUMNS: [&str; 7] = [
    "list",
    "accounts",
    "items",
    "queries",
    "items read",
    "read units",
    "ms",
];

fn report(pages: &[Page]) -> Report {
    let row = |page: &Page| {
        let calls = |operation: &str| {
            let key = (Service::DynamoDb, operation.to_owned());
            let count = page.tally.calls.get(&key).copied().unwrap_or(0);
            Cell::count(usize::try_from(count).unwrap_or(usize::MAX))
        };
        let query = if page.query.is_empty() {
            "all"
        } else {
            page.query
        };
        vec![
            Cell::from(query),
            Cell::count(page.accounts),
            Cell::count(page.items),
            calls("Query"),
            calls("GetItem"),
            Cell::Number(page.tally.units.read, 1),
            Cell::Number(page.took.as_secs_f64() * 1000.0, 1),
        ]
    };
    let today = SystemHost.now().to_string();
    Report {
        title: "A page of the operator's list of accounts".to_owned(),
        conditions: vec![
            format!("{}, {}", today.get(..10).unwrap_or_default(), machine()),
            "AWS is a stub on this machine without TLS or latency; it bills reads like DynamoDB and \
             rejects scans"
                .to_owned(),
        ],
        tables: vec![Table {
            caption: format!(
                "A page of {LIMIT} on open connections: the second of all accounts, \
                 or the first with a filter that none passes"
            ),
            columns: COLUMNS.to_vec(),
            rows: pages.iter().map(row).collect(),
        }],
        skipped: Vec::new(),
        ratios: growth(pages).into_iter().collect(),
    }
}

/// The read units of the largest hub's page compared with those of the smallest. A filter that no account
/// passes reads a small hub to its end, and a part of a large one.
fn growth(pages: &[Page]) -> Option<Ratio> {
    let whole = || pages.iter().filter(|page| page.query.is_empty());
    let largest = whole().max_by_key(|page| page.accounts)?;
    let smallest = whole().min_by_key(|page| page.accounts)?;
    Some(Ratio {
        what: format!(
            "times the read units of a page with {} accounts, with {}",
            smallest.accounts, largest.accounts
        ),
        value: largest.tally.units.read / smallest.tally.units.read,
        aim: Some(Aim::AtMost(1.1)),
    })
}
