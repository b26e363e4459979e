//! A minimal HTTP/1.1 server for AWS's SDKs and Lambda's runtime: bodies of known length over
//! persistent connections.

use std::future::Future;
use std::io;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A complete request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// The names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The request's signature scope; none if it is not signed.
    pub fn signed(&self) -> Option<Signed<'_>> {
        let (_, credential) = self.header("authorization").split_once("Credential=")?;
        let mut scope = credential.split(['/', ',']);
        Some(Signed {
            access_key_id: scope.next()?,
            region: scope.nth(1)?,
            service: scope.next()?,
        })
    }

    /// The operation in a JSON protocol's header; empty for other protocols.
    pub fn target(&self) -> &str {
        let target = self.header("x-amz-target").rsplit('.').next();
        target.unwrap_or_default()
    }
}

/// The scope of a Signature Version 4.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub access_key_id: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }
}

/// Handles requests. One value serves all connections.
pub trait Handler: Clone + Send + 'static {
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Called when a connection is opened.
    fn connected(&self) {}
}

/// Stops with all its connections when it is dropped.
#[derive(Debug)]
pub struct Server {
    pub port: u16,
    listening: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server {
    /// Listens on a free loopback port.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(handler: impl Handler, tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("no free port")?;
        let port = listener.local_addr()?.port();
        let listening = tokio::spawn(listen(listener, handler, tls)).abort_handle();
        Ok(Self { port, listening })
    }
}

async fn listen(listener: TcpListener, handler: impl Handler, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                handler.connected();
                connections.spawn(connection(stream, tls.clone(), handler.clone()));
            }
            // For example too many open files: some will be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        // Errors of disconnected clients don't matter.
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    handler: impl Handler,
) -> Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        None => serve(stream, handler).await,
        Some(tls) => serve(tls.accept(stream).await?, handler).await,
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, handler: impl Handler) -> Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let response = handler.handle(request).await;
        write(stream.get_mut(), &response).await?;
    }
    Ok(())
}

async fn read(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        bail!("no request line");
    };
    let mut headers = Vec::with_capacity(16);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let mut request = Request {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    if !request.header("transfer-encoding").is_empty() {
        bail!("a body of unknown length");
    }
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body).await?;
    Ok(Some(request))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), response: &Response) -> io::Result<()> {
    let mut bytes = format!(
        "HTTP/1.1 {} X\r\ncontent-length: {}\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(&response.body);
    stream.write_all(&bytes).await?;
    // TLS buffers data until it is flushed.
    stream.flush().await
}
