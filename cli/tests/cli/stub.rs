//! A stub hub on the loopback interface. It sends the replies of its script in order, repeats the last
//! one, and records the requests.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// The stub's reaction to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Responds {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Closes the connection without a reply.
    Hangup,
    /// Another program writes this text to the file before the hub responds.
    After(PathBuf, &'static str, Box<Reply>),
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Responds {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub fn ok(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// A problem (RFC 9457), as the hub sends it.
    pub fn problem(status: u16, code: &str) -> Self {
        let problem = json!({
            "type": format!("urn:rolecall:problem:{code}"), "title": "No", "status": status,
            "code": code, "detail": format!("It is {code}."), "request_id": "req-42",
        });
        Self::new(status, problem.to_string())
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Responds { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
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
    requests: Arc<Mutex<Vec<Received>>>,
    ended: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(Mutex::new(false));
        let mut script: VecDeque<Reply> = script.into_iter().collect();
        let (log, is_ended) = (requests.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if *is_ended.lock().expect("no panic holds it") {
                    return;
                }
                let reply = match script.len() {
                    1 => script.front().cloned(),
                    _ => script.pop_front(),
                };
                let reply = reply.expect("the script has a reply");
                let stream = stream.expect("accepted");
                // Recorded before replying, because the test may read the requests right after the reply.
                if let Some(request) = read(&stream) {
                    log.lock().expect("no panic holds it").push(request);
                    respond(stream, &reply);
                }
            }
        });
        Self {
            address,
            requests,
            ended,
            thread: Some(thread),
        }
    }

    pub fn one(reply: Reply) -> Self {
        Self::new([reply])
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().expect("no panic holds it").clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        *self.ended.lock().expect("no panic holds it") = true;
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }
}

/// Reads a request.
pub fn read(stream: &TcpStream) -> Option<Received> {
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
    Some(Received {
        method,
        target,
        headers,
        body: String::from_utf8(body).expect("UTF-8"),
    })
}

/// Sends a reply.
pub fn respond(mut stream: TcpStream, reply: &Reply) {
    let (status, headers, body) = match reply {
        Reply::Responds {
            status,
            headers,
            body,
        } => (status, headers, body),
        Reply::After(file, text, reply) => {
            std::fs::write(file, text).expect("written");
            return respond(stream, reply);
        }
        Reply::Hangup => return,
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
