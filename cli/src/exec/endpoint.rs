//! The endpoint from which the command reads its credentials: the protocol of Amazon ECS's agent.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
//!
//! Every process on the machine can connect to it, and a web page may make a browser connect. It accepts only
//! requests with a random token, which only the command's environment has, and with its own address as their
//! host.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

use super::answer::Answer;
use super::renewal::Renewal;
use crate::error::Error;

const PATH: &str = "/credentials";

/// SDKs send a few hundred bytes.
const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// For a whole request and its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Another process can't use up this one's threads.
const MAX_CONNECTIONS: usize = 64;

pub(super) struct Endpoint {
    socket: TcpListener,
    guard: Guard,
}

/// What a request must have. No Debug, because the token is secret.
struct Guard {
    host: String,
    token: String,
}

impl Endpoint {
    /// Opens a free port of this machine.
    pub fn open() -> Result<Self, Error> {
        let opened = || -> io::Result<Self> {
            let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let host = socket.local_addr()?.to_string();
            let mut bytes = [0; 32];
            getrandom::getrandom(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
            let token = hex::encode(bytes);
            let guard = Guard { host, token };
            Ok(Self { socket, guard })
        };
        opened().map_err(|source| Error::LocalFile {
            message: "Could not open a port on 127.0.0.1 for the credentials.".to_owned(),
            source: Some(source),
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.guard.host)
    }

    pub fn token(&self) -> &str {
        &self.guard.token
    }

    /// Answers requests until this process ends. Each connection has its own thread, so that an idle connection
    /// does not delay others.
    pub fn serve(self, renewal: Arc<Renewal>) {
        let Self { socket, guard } = self;
        let (guard, open) = (Arc::new(guard), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                    open.fetch_sub(1, Ordering::SeqCst);
                    continue;
                }
                let (guard, renewal, open) = (guard.clone(), renewal.clone(), open.clone());
                thread::spawn(move || {
                    // A client that closed its connection needs no answer.
                    drop(respond(&stream, &guard, &renewal));
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }
}

fn respond(stream: &TcpStream, guard: &Guard, renewal: &Renewal) -> io::Result<()> {
    stream.set_write_timeout(Some(TIMEOUT))?;
    let answer = match read_head(stream) {
        Ok(head) => match guard.check(&head) {
            Ok(()) => renewal.answer(),
            Err(refusal) => refusal,
        },
        Err(_) => Answer::refusal(400, "bad_request", "The request is not complete."),
    };
    write(stream, &answer)
}

/// The request up to the end of its headers.
fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    let deadline = Instant::now() + TIMEOUT;
    let mut bytes = Vec::new();
    let mut buffer = [0; 2048];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let count = stream.read(&mut buffer)?;
        if count == 0 || bytes.len() + count > MAX_REQUEST_BYTES || left.is_zero() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Guard {
    /// Whether the request may read the credentials. Without the token, the response reveals nothing else.
    fn check(&self, head: &str) -> Result<(), Answer> {
        let mut lines = head.split("\r\n");
        let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        // A browser sends the host name that a page used, even if that name resolves to this machine.
        if only(&headers, "host") != Some(&self.host) {
            let message = "The request names another host.";
            return Err(Answer::refusal(403, "forbidden", message));
        }
        let token = only(&headers, "authorization").unwrap_or_default();
        if !bool::from(token.as_bytes().ct_eq(self.token.as_bytes())) {
            let message = "The authorization token is missing or wrong.";
            return Err(Answer::refusal(401, "unauthorized", message));
        }
        match line[..] {
            ["GET", PATH, _] => Ok(()),
            ["GET", ..] => Err(Answer::refusal(404, "not_found", "There is no such path.")),
            _ => Err(Answer::refusal(405, "method_not_allowed", "Use GET.")),
        }
    }
}

/// The value of a header that the request has exactly once.
fn only<'a>(headers: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let mut values = headers
        .iter()
        .filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.trim())
}

fn write(mut stream: &TcpStream, answer: &Answer) -> io::Result<()> {
    let Answer { status, body } = answer;
    let reason = match status {
        200 => "OK",
        _ => "Refused",
    };
    let response = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes())?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::Guard;

    fn status(request: &str) -> u16 {
        let guard = Guard {
            host: "127.0.0.1:4000".to_owned(),
            token: "secret".to_owned(),
        };
        guard
            .check(&format!("{request}\r\n\r\n"))
            .map_or_else(|answer| answer.status, |()| 200)
    }

    #[test]
    fn request_without_the_host_the_token_or_the_path_is_refused() {
        let (host, token) = ("Host: 127.0.0.1:4000", "Authorization: secret");
        let request =
            |line: &str, headers: &[&str]| status(&[&[line], headers].concat().join("\r\n"));
        let get = "GET /credentials HTTP/1.1";
        assert_eq!(request(get, &[host, token]), 200);
        assert_eq!(request(get, &[host, "authorization:secret"]), 200);
        for (expected, line, headers) in [
            (401, get, &[host][..]),
            (401, get, &[host, "Authorization: secre"]),
            (401, get, &[host, "Authorization: secretx"]),
            (401, get, &[host, "Authorization: Bearer secret"]),
            (401, get, &[host, token, "Authorization: other"]),
            (401, "GET /other HTTP/1.1", &[host]),
            (403, get, &[token]),
            (403, get, &["Host: localhost:4000", token]),
            (403, get, &["Host: evil.example:4000", token]),
            (403, get, &[host, "Host: evil.example", token]),
            (404, "GET / HTTP/1.1", &[host, token]),
            (404, "GET /credentials/x HTTP/1.1", &[host, token]),
            (404, "GET /credentials?x HTTP/1.1", &[host, token]),
            (
                404,
                "GET http://127.0.0.1:4000/credentials HTTP/1.1",
                &[host, token],
            ),
            (405, "POST /credentials HTTP/1.1", &[host, token]),
            (405, "OPTIONS /credentials HTTP/1.1", &[host, token]),
            (403, "", &[]),
        ] {
            assert_eq!(request(line, headers), expected, "{line} {headers:?}");
        }
    }
}
