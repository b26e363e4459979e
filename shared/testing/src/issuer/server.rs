//! The issuer's https server: one answer for each connection.

use super::State;
use crate::lock;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// For 127.0.0.1, valid until 2120. Its root's key is not kept.
const CERTIFICATE: &[u8] = include_bytes!("server.der");
const KEY: &[u8] = include_bytes!("server.pk8");

/// Returns the URL.
pub(super) fn start(state: Arc<Mutex<State>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let tls = Arc::new(tls());
    // Ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (state, tls) = (Arc::clone(&state), Arc::clone(&tls));
            std::thread::spawn(move || answer(stream, tls, &state));
        }
    });
    format!("https://{address}")
}

fn tls() -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .expect("a certificate and its key")
}

/// A client that disconnects early gets no response.
fn answer(stream: TcpStream, tls: Arc<ServerConfig>, state: &Mutex<State>) {
    let connection = ServerConnection::new(tls).expect("a valid configuration");
    let mut stream = StreamOwned::new(connection, stream);
    // No request is longer.
    let mut lines = BufReader::new(Read::by_ref(&mut stream).take(16 * 1024)).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    for line in lines.by_ref() {
        match line {
            Ok(line) if !line.is_empty() => {}
            _ => break,
        }
    }
    drop(lines);
    let (status, body) = found(&mut lock(state), path);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
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
