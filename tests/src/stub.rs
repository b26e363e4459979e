//! An HTTP endpoint that behaves badly on purpose.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// What it does with every request.
#[derive(Debug, Clone)]
pub enum Conduct {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Answers with a header of its own.
    AnswerWith(u16, String),
    /// Reads the request and says nothing.
    Hang,
    /// Reads the request and closes the connection.
    Cut,
    /// Closes the connection within the body.
    CutInBody,
}

/// A running stub. It ends with the test's runtime.
#[derive(Debug)]
pub struct Stub {
    pub url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// # Panics
    /// When there is no free port.
    pub async fn start(conduct: Conduct) -> Self {
        Self::start_in_turn(vec![conduct]).await
    }

    /// Treats the first request in the first way, and so on; all that follow like the last.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start_in_turn(conducts: Vec<Conduct>) -> Self {
        let mut conducts = conducts.into_iter();
        let mut conduct = conducts.next().unwrap_or(Conduct::Hang);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, conduct.clone(), Arc::clone(&log)));
                conduct = conducts.next().unwrap_or(conduct);
            }
        });
        Self {
            url: format!("http://{address}"),
            heard,
        }
    }

    /// Every request that was read, head and body.
    pub fn heard(&self) -> Vec<String> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// An endpoint that nobody gets through to: it accepts no connection, and as many wait already as
/// its queue holds.
#[derive(Debug)]
pub struct Crowd {
    pub url: String,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

/// On loopback a connection that comes at all takes much less.
const AT_ONCE: Duration = Duration::from_millis(250);

impl Crowd {
    /// # Panics
    /// When there is no free port.
    pub async fn gather() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a free port");
        let listener = socket.listen(1).expect("it listens");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        while let Ok(connected) = timeout(AT_ONCE, TcpStream::connect(address)).await {
            waiting.push(connected.expect("it waits in the queue"));
        }
        Self {
            url: format!("http://{address}"),
            _listener: listener,
            _waiting: waiting,
        }
    }
}

async fn serve(mut stream: TcpStream, conduct: Conduct, heard: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    heard
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    let answer = match conduct {
        Conduct::Answer(status, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Conduct::AnswerWith(status, header) => format!(
            "HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ),
        Conduct::Hang => return std::future::pending().await,
        Conduct::Cut => return,
        Conduct::CutInBody => "HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n<Assume".to_owned(),
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
