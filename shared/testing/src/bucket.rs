//! A bucket of templates in memory.

use crate::lock;
use rolecall_domain::ports::{BucketError, TemplateBucket};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Templates by key.
#[derive(Debug, Default)]
pub struct MemoryBucket {
    templates: Mutex<BTreeMap<String, String>>,
}

impl MemoryBucket {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn template(&self, key: &str) -> Option<String> {
        lock(&self.templates).get(key).cloned()
    }

    pub fn keys(&self) -> Vec<String> {
        lock(&self.templates).keys().cloned().collect()
    }
}

impl TemplateBucket for MemoryBucket {
    async fn put_once(&self, key: &str, template: &str) -> Result<(), BucketError> {
        let mut templates = lock(&self.templates);
        let stored = templates.entry(key.to_owned());
        stored.or_insert_with(|| template.to_owned());
        Ok(())
    }
}
