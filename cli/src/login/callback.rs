//! Receives the browser's callback on a loopback port.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::error::Error;

/// The ports of the registered redirect addresses (infra/template.yaml). They are below the ranges that
/// systems use for outgoing connections.
pub(super) const PORTS: [u16; 3] = [18_911, 23_911, 28_911];

const PATH: &str = "/callback";
const MAX_REQUEST_BYTES: usize = 32 * 1024;

/// Browsers open connections that they may never use.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn redirect_uri(port: u16) -> String {
    format!("http://127.0.0.1:{port}{PATH}")
}

#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    port: u16,
}

/// A request to the callback's path. The user waits for the response.
#[derive(Debug)]
pub(super) struct Request {
    stream: TcpStream,
    query: String,
}

impl Listener {
    /// Opens the first free port. `None` if other programs use all of them.
    pub(super) fn open() -> Option<Self> {
        PORTS.into_iter().find_map(|port| {
            let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
            Some(Self { socket, port })
        })
    }

    pub(super) fn redirect_uri(&self) -> String {
        redirect_uri(self.port)
    }

    /// Each connection has its own thread, so that an idle connection does not delay others.
    pub(super) fn listen(self) -> Receiver<Request> {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for stream in self.socket.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || receive(stream, &sender));
            }
        });
        receiver
    }
}

fn receive(stream: TcpStream, sender: &Sender<Request>) {
    let target = read_target(&stream).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if path == PATH {
        let query = query.to_owned();
        // The receiver no longer exists after the sign-in.
        drop(sender.send(Request { stream, query }));
    } else {
        write(stream, "404 Not Found", "There is no such page.");
    }
}

/// The target of a GET request. Reads its headers, because a browser may not show the response otherwise.
fn read_target(mut stream: &TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 2048];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).ok()?;
        if count == 0 || bytes.len() + count > MAX_REQUEST_BYTES {
            return None;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8_lossy(&bytes);
    let rest = text.strip_prefix("GET ")?;
    Some(rest.split_whitespace().next()?.to_owned())
}

impl Request {
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// Answers a request that belongs to no sign-in, or to another one.
    pub(super) fn reject(self) {
        let text = "This page does not belong to the sign-in that is waiting. Sign in with the address that \
                    rolecall printed.";
        write(self.stream, "400 Bad Request", text);
    }

    pub(super) fn answer(self, result: Result<(), &Error>) {
        match result {
            Ok(()) => write(
                self.stream,
                "200 OK",
                "You are signed in. You can close this page.",
            ),
            Err(error) => write(
                self.stream,
                "400 Bad Request",
                &format!("The sign-in failed. {error}"),
            ),
        }
    }
}

fn write(mut stream: TcpStream, status: &str, text: &str) {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Rolecall</title>\
         <style>body{{font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}}\
         :root{{color-scheme:light dark}}</style></head><body><h1>Rolecall</h1><p>{text}</p></body></html>\n"
    );
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n\
         content-security-policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n\
         connection: close\r\n\r\n{page}",
        page.len()
    );
    // The browser may have closed the connection, which changes nothing.
    drop(
        stream
            .write_all(response.as_bytes())
            .and_then(|()| stream.flush()),
    );
}
