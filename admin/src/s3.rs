//! The S3 requests that publishing needs.

use crate::error::AdminError;
use crate::signed::Signer;
use rolecall_aws::failure::Failure;
use rolecall_client::http::HttpAnswer;

/// A bucket, accessed with one account's credentials.
#[derive(Debug, Clone)]
pub struct Bucket {
    signer: Signer,
    name: String,
}

/// The result of writing an object that must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOnce {
    Written,
    AlreadyThere,
}

impl Bucket {
    pub fn new(signer: &Signer, name: &str) -> Self {
        Self {
            signer: signer.clone(),
            name: name.to_owned(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// # Errors
    /// When S3 rejects the request or can't be reached.
    pub async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        content_type: &str,
    ) -> Result<(), AdminError> {
        let request = http::Request::put(self.url(key)).header("content-type", content_type);
        let answer = self.send(request.body(body)).await?;
        match answer.status {
            200..300 => Ok(()),
            _ => Err(refused("PutObject", &answer)),
        }
    }

    /// Writes an object unless its key exists.
    ///
    /// # Errors
    /// When S3 rejects the request or can't be reached.
    pub async fn put_once(
        &self,
        key: &str,
        body: Vec<u8>,
        content_type: &str,
    ) -> Result<PutOnce, AdminError> {
        let request = http::Request::put(self.url(key))
            .header("content-type", content_type)
            .header("if-none-match", "*");
        let answer = self.send(request.body(body)).await?;
        match answer.status {
            200..300 => Ok(PutOnce::Written),
            412 => Ok(PutOnce::AlreadyThere),
            _ => Err(refused("PutObject", &answer)),
        }
    }

    /// Reads the object at a URL of this bucket.
    ///
    /// # Errors
    /// When S3 rejects the request or can't be reached.
    pub async fn get(&self, url: &str) -> Result<String, AdminError> {
        let answer = self.send(http::Request::get(url).body(Vec::new())).await?;
        match answer.status {
            200..300 => Ok(answer.text()),
            _ => Err(refused("GetObject", &answer)),
        }
    }

    /// The URL of an object.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.signer.bucket_base(&self.name))
    }

    async fn send(
        &self,
        request: http::Result<http::Request<Vec<u8>>>,
    ) -> Result<HttpAnswer, AdminError> {
        let request = request.map_err(|error| AdminError::NotSigned(error.into()))?;
        self.signer.send("s3", request).await
    }
}

fn refused(operation: &'static str, answer: &HttpAnswer) -> AdminError {
    let failure = Failure::of_s3(answer.status, &answer.text());
    let status = || format!("status {}", answer.status);
    AdminError::Refused {
        operation,
        code: failure.code.unwrap_or_else(status),
        message: failure.message.unwrap_or_default(),
    }
}
