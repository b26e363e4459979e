//! Minimal HTTP/1.1: one exchange per connection.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The largest message; function packages don't go through the proxy.
const LONGEST: usize = 8 << 20;

/// A call to an AWS service, identified by its signature and body.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub service: String,
    pub operation: String,
    pub body: Value,
}

/// A message's body, and its head without connection headers.
#[derive(Debug, Clone)]
pub(super) struct Request {
    head: Vec<String>,
    body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    /// None if the client sent nothing.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let Some((head, mut body)) = read_head(stream).await? else {
            return Ok(None);
        };
        let length = value(&head, "content-length").and_then(|text| text.parse().ok());
        let length: usize = length.unwrap_or_default();
        if length > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        while body.len() < length {
            if stream.read_buf(&mut body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Some(Self { head, body }))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        message(&self.head, &self.body)
    }

    /// The AWS call in a signed request.
    pub(super) fn call(&self) -> Option<Call> {
        let authorization = value(&self.head, "authorization")?;
        let scope = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
        let service = scope.split(',').next()?.split('/').nth(3)?;
        let body = serde_json::from_slice(&self.body).unwrap_or_default();
        let operation = match value(&self.head, "x-amz-target") {
            Some(target) => target.rsplit('.').next(),
            None => std::str::from_utf8(&self.body)
                .ok()?
                .split('&')
                .find_map(|pair| pair.strip_prefix("Action=")),
        };
        Some(Call {
            service: service.to_owned(),
            operation: operation?.to_owned(),
            body,
        })
    }
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: String) -> Self {
        let head = vec![
            format!("HTTP/1.1 {status} X"),
            format!("content-type: {content_type}"),
            format!("content-length: {}", body.len()),
            "x-amzn-requestid: 00000000-0000-4000-8000-00000000fa17".to_owned(),
        ];
        let body = body.into_bytes();
        Self { head, body }
    }

    /// Reads the raw body, including chunk framing, until the server closes the connection.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let Some((head, mut body)) = read_head(stream).await? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        while stream.read_buf(&mut body).await? > 0 {
            if body.len() > LONGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(Self { head, body })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        message(&self.head, &self.body)
    }

    /// The bytes that arrive when the connection is cut in the middle of the body.
    pub(super) fn first_half(&self) -> Vec<u8> {
        message(&self.head, &self.body[..self.body.len() / 2])
    }
}

fn message(head: &[String], body: &[u8]) -> Vec<u8> {
    let mut bytes = head.join("\r\n").into_bytes();
    bytes.extend_from_slice(b"\r\nconnection: close\r\n\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// The head's lines, and the part of the body that arrived with them.
async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<(Vec<String>, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let body = bytes.split_off(end + 4);
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let own = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !["connection", "keep-alive"].contains(&name.to_ascii_lowercase().as_str())
    };
    let head = text.split("\r\n").filter(own).map(str::to_owned).collect();
    Ok(Some((head, body)))
}

fn value<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
