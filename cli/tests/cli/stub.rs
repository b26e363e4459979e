//! A hub on the loopback: answers in the order of its script, the last one for ever, and remembers
//! what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// What the hub does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Says {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Ends the connection without a word.
    HangsUp,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Says {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub fn ok(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// A problem of the hub's.
    pub fn problem(status: u16, code: &str) -> Self {
        let problem = json!({
            "type": format!("urn:rolecall:problem:{code}"), "title": "No", "status": status,
            "code": code, "detail": format!("It is {code}."), "request_id": "req-42",
        });
        Self::new(status, problem.to_string())
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(Mutex::new(false));
        let mut script: VecDeque<Reply> = script.into_iter().collect();
        let (log, ended) = (asked.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if *ended.lock().expect("no panic holds it") {
                    return;
                }
                let reply = match script.len() {
                    1 => script.front().cloned(),
                    _ => script.pop_front(),
                };
                let reply = reply.expect("a script has an answer");
                let stream = stream.expect("accepted");
                // Remembered first: who has an answer may look at once.
                if let Some(request) = read(&stream) {
                    log.lock().expect("no panic holds it").push(request);
                    answer(stream, &reply);
                }
            }
        });
        Self {
            address,
            asked,
            over,
            thread: Some(thread),
        }
    }

    pub fn one(reply: Reply) -> Self {
        Self::new([reply])
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic holds it").clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        *self.over.lock().expect("no panic holds it") = true;
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().expect("a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        target,
        headers,
        body: String::from_utf8(body).expect("UTF-8"),
    })
}

fn answer(mut stream: TcpStream, reply: &Reply) {
    let Reply::Says {
        status,
        headers,
        body,
    } = reply
    else {
        return;
    };
    let mut text = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    // 204 has neither a body nor its length.
    if *status != 204 {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str(&format!("\r\n{body}"));
    drop(stream.write_all(text.as_bytes()));
}
