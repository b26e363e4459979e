//! The issuer's HTTP server: one answer for each connection.

use super::State;
use crate::lock;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Returns the URL.
pub(super) fn start(state: Arc<Mutex<State>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    // Ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let state = Arc::clone(&state);
            std::thread::spawn(move || answer(&stream, &state));
        }
    });
    format!("http://{address}")
}

/// Who hangs up early gets no answer.
fn answer(mut stream: &TcpStream, state: &Mutex<State>) {
    // No request is longer.
    let mut lines = BufReader::new(stream.take(16 * 1024)).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    for line in lines {
        match line {
            Ok(line) if !line.is_empty() => {}
            _ => break,
        }
    }
    let (status, body) = found(&mut lock(state), path);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

fn found(state: &mut State, path: String) -> (u16, String) {
    let document = state.documents.get(&path).cloned();
    *state.fetched.entry(path).or_default() += 1;
    match (state.failing, document) {
        (Some(status), _) => (status, String::new()),
        (None, Some(document)) => (200, document),
        (None, None) => (404, String::new()),
    }
}
