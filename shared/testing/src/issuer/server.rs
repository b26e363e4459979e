//! The issuer's https server: one answer for each connection.

use super::{SentForm, State};
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
    let request = BufReader::new(Read::by_ref(&mut stream).take(16 * 1024));
    let Some((method, request)) = read(request) else {
        return;
    };
    let (status, body) = match method.as_str() {
        "POST" => taken(&mut lock(state), request),
        _ => found(&mut lock(state), request.path),
    };
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// The method, and the rest of a request.
fn read(mut request: impl BufRead) -> Option<(String, SentForm)> {
    let mut line = String::new();
    request.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut authorization, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        request.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body).ok()?;
    let form = SentForm {
        path,
        authorization,
        body: String::from_utf8(body).ok()?,
    };
    Some((method, form))
}

/// The response to a form.
fn taken(state: &mut State, form: SentForm) -> (u16, String) {
    let path = form.path.clone();
    let is_accepted = state.required.is_none() || state.required == form.authorization;
    state.forms.push(form);
    match is_accepted {
        true => found(state, path),
        false => (401, r#"{"error":"invalid_client"}"#.to_owned()),
    }
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
