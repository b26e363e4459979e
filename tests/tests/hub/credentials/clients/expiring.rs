//! The hub's route of workloads, whose credentials expire so soon that SDKs renew them before each request.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_domain::Timestamp;
use rolecall_local::logs::now_ms;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Runs until the test ends.
#[derive(Debug)]
pub struct Expiring {
    pub url: String,
    /// The tokens for which the hub issued credentials.
    issued: Arc<Mutex<BTreeSet<String>>>,
}

impl Expiring {
    /// In front of the hub at this URL. Credentials are valid for these seconds.
    pub async fn start(api_url: &str, lifetime: i64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let issued = Arc::new(Mutex::new(BTreeSet::new()));
        let (api_url, log) = (api_url.to_owned(), Arc::clone(&issued));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (api_url, log) = (api_url.clone(), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, &api_url, lifetime, &log).await });
            }
        });
        Ok(Self { url, issued })
    }

    /// How many different tokens were exchanged for credentials.
    pub fn tokens(&self) -> usize {
        let issued = self.issued.lock();
        issued.unwrap_or_else(PoisonError::into_inner).len()
    }
}

async fn serve(
    mut stream: TcpStream,
    api_url: &str,
    lifetime: i64,
    issued: &Mutex<BTreeSet<String>>,
) -> Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let first = lines.next_line().await?.context("no request")?;
    let path = first.split(' ').nth(1).context("no path")?;
    let mut token = String::new();
    while let Some(line) = lines.next_line().await?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            value.trim().clone_into(&mut token);
        }
    }
    let request = http::Request::get(format!("{api_url}{path}")).header("authorization", &token);
    let answer = Http::new().send(request.body(Vec::new())?).await?;
    if answer.status == 200 {
        let mut issued = issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.insert(token);
    }
    let (status, body) = (answer.status, shortened(&answer, lifetime)?);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    write.write_all(head.as_bytes()).await?;
    write.write_all(body.as_bytes()).await?;
    Ok(())
}

fn shortened(answer: &HttpAnswer, lifetime: i64) -> Result<String> {
    let mut document: Value = serde_json::from_slice(&answer.body)?;
    if answer.status == 200 {
        let end = Timestamp::from_millisecond(i64::try_from(now_ms())? + lifetime * 1000);
        let end = end.map_err(|error| anyhow!("{error}"))?;
        document["Expiration"] = json!(end.to_string());
    }
    Ok(document.to_string())
}
