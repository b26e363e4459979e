//! An HTTP endpoint that misbehaves on purpose.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// How the stub handles a request.
#[derive(Debug, Clone)]
pub enum Behavior {
    /// Responds with a status and a body.
    Answer(u16, String),
    /// Responds with a status and an additional header.
    AnswerWith(u16, String),
    /// Reads the request and never responds.
    Hang,
    /// Reads the request and closes the connection.
    Cut,
    /// Closes the connection in the middle of the body.
    CutInBody,
}

/// A running stub. It stops with the test's runtime.
#[derive(Debug)]
pub struct Stub {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// # Panics
    /// If there is no free port.
    pub async fn start(behavior: Behavior) -> Self {
        Self::start_sequence(vec![behavior]).await
    }

    /// Handles each request with the next behavior; the last one applies to all further requests.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start_sequence(behaviors: Vec<Behavior>) -> Self {
        let mut behaviors = behaviors.into_iter();
        let mut behavior = behaviors.next().unwrap_or(Behavior::Hang);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, behavior.clone(), Arc::clone(&log)));
                behavior = behaviors.next().unwrap_or(behavior);
            }
        });
        Self {
            url: format!("http://{address}"),
            requests,
        }
    }

    /// All requests that were read, with head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// An endpoint that accepts no connection and whose backlog is full, so that new connections time
/// out.
#[derive(Debug)]
pub struct FullBacklog {
    pub url: String,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

/// A connection on loopback that succeeds takes much less time.
const AT_ONCE: Duration = Duration::from_millis(250);

impl FullBacklog {
    /// # Panics
    /// If there is no free port.
    pub async fn start() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a free port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        while let Ok(connected) = timeout(AT_ONCE, TcpStream::connect(address)).await {
            waiting.push(connected.expect("a connection in the backlog"));
        }
        Self {
            url: format!("http://{address}"),
            _listener: listener,
            _waiting: waiting,
        }
    }
}

async fn serve(mut stream: TcpStream, behavior: Behavior, requests: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    let answer = match behavior {
        Behavior::Answer(status, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Behavior::AnswerWith(status, header) => format!(
            "HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
        Behavior::Hang => return std::future::pending().await,
        Behavior::Cut => return,
        Behavior::CutInBody => "HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n<Assume".to_owned(),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let named = name.eq_ignore_ascii_case("content-length");
                named.then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
