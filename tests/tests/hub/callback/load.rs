//! Sends forged messages, with and without valid tokens, whose responses hang or are redirected or
//! rejected, while a tenant lists its accounts and valid stacks connect. `make load` runs it for
//! half a minute.
//!
//! The emulator has neither Lambda's concurrency limits nor its retries. The test measures what
//! each message costs: the number of PUTs, and how long each PUT occupies a worker.
//! message costs: PUTs, and for how long a worker holds the connection of one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::{join_all, try_join_all};
use rolecall_domain::ports::Clock;
use serde_json::{Value, json};
use stack_callback::DELIVERIES_A_DAY;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use rolecall_tests::desk::{Desk, Stack};

/// The limit for one PUT: the function's own timeout plus margin for a busy machine.
const ONE_PUT: Duration = Duration::from_secs(3 + 7);

/// A misbehaving bucket. The first part of the path selects how it misbehaves.
#[derive(Debug, Clone, Default)]
struct Trap {
    /// How long each connection was open, by path.
    puts: Arc<Mutex<BTreeMap<String, Vec<Duration>>>>,
}

impl Trap {
    async fn open(origin: &str) -> Result<Self> {
        let address = origin.strip_prefix("http://").context("an http origin")?;
        let listener = TcpListener::bind(address).await?;
        let trap = Self::default();
        let open = trap.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let trap = open.clone();
                tokio::spawn(async move { trap.serve(stream).await });
            }
        });
        Ok(trap)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let begun = Instant::now();
        let mut head = vec![0; 64 * 1024];
        let mut read = 0;
        while let Ok(more @ 1..) = stream.read(&mut head[read..]).await {
            read += more;
            if is_whole(&head[..read]) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&head[..read]).into_owned();
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        let how = path.split('/').nth(1).unwrap_or_default().to_owned();
        let status = match how.as_str() {
            "redirect" => "307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/",
            "refuse" => "403 Forbidden",
            _ => "",
        };
        if status.is_empty() {
            // Wait until the function gives up.
            while let Ok(1..) = stream.read(&mut head).await {}
        } else {
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        let mut puts = self.puts.lock().unwrap_or_else(PoisonError::into_inner);
        puts.entry(path).or_default().push(begun.elapsed());
    }

    fn puts(&self) -> BTreeMap<String, Vec<Duration>> {
        let puts = self.puts.lock().unwrap_or_else(PoisonError::into_inner);
        puts.clone()
    }
}

/// Whether the head is complete and the body has the announced length.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    body.len() >= length
}

/// A registration that has used up its deliveries for today.
async fn exhausted(desk: &Desk) -> Result<Stack> {
    let stack = desk.stack_without_callback().await?;
    // The first message of the day creates the counter.
    let first = desk.request("Delete", &stack);
    desk.ask(&first).await?.assert_success(&first);
    let day = rolecall_aws::host::SystemHost.now().as_second() / (24 * 60 * 60);
    let pk = format!("REGISTRATION#{}", stack.registration.registration_id);
    let sk = format!("DELIVERIES#{day}");
    let count = AttributeValue::N(DELIVERIES_A_DAY.to_string());
    let key = (pk.as_str(), sk.as_str());
    desk.world.set_attribute(key, "deliveries", count).await?;
    Ok(stack)
}

/// One of each kind of forged message.
fn round(desk: &Desk, origin: &str, open: &Stack, spent: &Stack) -> Vec<Value> {
    let (id, secret) = open.token.split_once('.').unwrap_or_default();
    let forged = json!(format!("{id}.{}", "A".repeat(secret.len())));
    let mut messages = Vec::new();
    for how in ["hang", "redirect", "refuse"] {
        for kind in ["Create", "Delete"] {
            let mut request = desk.request(kind, open);
            request["ResourceProperties"]["RegistrationToken"] = forged.clone();
            messages.push((how, request));
        }
        messages.push((how, desk.request("Create", spent)));
    }
    // A response to a valid token that the bucket rejects is not retried.
    for how in ["redirect", "refuse"] {
        messages.push((how, desk.request("Delete", open)));
    }
    let aimed = messages.into_iter().map(|(how, mut request)| {
        let id = request["RequestId"].as_str().unwrap_or_default().to_owned();
        request["ResponseURL"] = json!(format!("{origin}/{how}/{id}"));
        request
    });
    aimed.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_messages_cost_one_put_each_while_valid_stacks_connect() -> Result<()> {
    let desk = Desk::open().await?;
    let origins = desk.world.hub.file().parameters["ResponseOrigins"].clone();
    let origin = origins.split(',').nth(1).context("no second origin")?;
    let trap = Trap::open(origin).await?;
    let (open, spent) = (
        desk.stack_without_callback().await?,
        exhausted(&desk).await?,
    );
    let (connected, _) = desk.connected().await?;
    let group = connected.registration.group_id.clone();

    let seconds = std::env::var("ROLECALL_LOAD_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut sent, mut connections) = (0, vec![connected]);
    loop {
        let messages = round(&desk, origin, &open, &spent);
        sent += messages.len();
        let forging = try_join_all(messages.iter().map(|message| desk.send(message)));
        let good = async {
            // Few connections are enough: half a minute has many more rounds.
            if connections.len() < 4 {
                connections.push(desk.connected().await?.0);
            }
            let lists = (0..5).map(|_| desk.world.acme.accounts(&group));
            for list in join_all(lists).await {
                ensure!(list?.items.len() == 1, "an account is missing");
            }
            Ok(())
        };
        let (forged, good) = tokio::join!(forging, good);
        forged.context("a forged message failed, so that Lambda would deliver it again")?;
        good?;
        if Instant::now() >= end {
            break;
        }
    }
    for one in &connections {
        assert_eq!(desk.account_status(one).await?, "active");
    }
    let puts = trap.puts();
    let count: usize = puts.values().map(Vec::len).sum();
    let held: Duration = puts.values().flatten().sum();
    println!("{sent} forged messages, {count} PUTs, {held:.1?} of worker time");
    assert_eq!((puts.len(), count), (sent, sent), "one PUT per message");
    let longest = puts.values().flatten().max().context("no PUT")?;
    assert!(*longest < ONE_PUT, "a worker was held for {longest:?}");
    Ok(())
}
