//! The three S3 requests that this program makes.

use anyhow::{Result, bail};

use crate::signed::Signer;

/// A bucket, seen by one account.
#[derive(Debug, Clone)]
pub struct Bucket {
    signer: Signer,
    name: String,
}

/// What came of writing an object that must never change.
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

    /// Makes the bucket (locally only: on AWS, CloudFormation does).
    pub async fn create(&self) -> Result<()> {
        let request = http::Request::put(self.signer.bucket_base(&self.name)).body(Vec::new())?;
        let answer = self.signer.send("s3", request).await?;
        if !answer.is_success() {
            bail!("bucket {}: {} {}", self.name, answer.status, answer.text());
        }
        Ok(())
    }

    pub async fn put(&self, key: &str, body: Vec<u8>, content_type: &str) -> Result<()> {
        let request = http::Request::put(self.url(key))
            .header("content-type", content_type)
            .body(body)?;
        let answer = self.signer.send("s3", request).await?;
        if !answer.is_success() {
            bail!(
                "s3://{}/{key}: {} {}",
                self.name,
                answer.status,
                answer.text()
            );
        }
        Ok(())
    }

    /// Writes an object only if there is none under its key yet.
    pub async fn put_once(&self, key: &str, body: Vec<u8>, content_type: &str) -> Result<PutOnce> {
        let request = http::Request::put(self.url(key))
            .header("content-type", content_type)
            .header("if-none-match", "*")
            .body(body)?;
        let answer = self.signer.send("s3", request).await?;
        match answer.status {
            200..300 => Ok(PutOnce::Written),
            412 => Ok(PutOnce::AlreadyThere),
            status => bail!("s3://{}/{key}: {status} {}", self.name, answer.text()),
        }
    }

    /// Where an object is.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.signer.bucket_base(&self.name))
    }
}
