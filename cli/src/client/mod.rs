//! A client of the hub's HTTP API: sends requests, retries them, and turns responses into results.

mod address;
mod authorization;
mod token;
mod transport;

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub use address::Address;
pub use authorization::Authorization;
pub use token::{Token, duration};

use crate::error::Error;
use rolecall_client::{Repeat, Request, operator};
use transport::Transport;

pub struct Client<'a> {
    transport: Transport,
    retry: RetryPolicy,
    notify: &'a dyn Fn(&str),
    /// The tenant for which an operator calls a tenant's API.
    tenant: Option<String>,
}

impl fmt::Debug for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut client = f.debug_struct("Client");
        client.field("transport", &self.transport);
        client.field("retry", &self.retry).finish_non_exhaustive()
    }
}

/// Limits of retries.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The delay before the second attempt. It doubles with each further one, unless the hub names a
    /// time.
    pub delay: Duration,
    /// Including the first attempt.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(250),
            attempts: Self::MAX_ATTEMPTS,
        }
    }
}

impl RetryPolicy {
    /// Including the first attempt.
    const MAX_ATTEMPTS: u32 = 4;

    const NONE: Self = Self {
        delay: Duration::ZERO,
        attempts: 1,
    };

    /// The user decides whether to wait longer.
    const MAX_DELAY: Duration = Duration::from_secs(20);

    /// The delay after this many attempts. `None` to stop retrying.
    fn delay(self, attempts: u32, retry_after: Option<u64>) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let doubled = self.delay * 2_u32.pow(attempts - 1);
        let delay = retry_after.map_or(doubled, Duration::from_secs);
        (delay <= Self::MAX_DELAY).then_some(delay)
    }
}

impl<'a> Client<'a> {
    pub fn new(
        address: Address,
        authorization: impl Into<Authorization>,
        retry: RetryPolicy,
        notify: &'a dyn Fn(&str),
    ) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(address, authorization.into(), transport::TIMEOUT)?,
            retry,
            notify,
            tenant: None,
        })
    }

    /// A client that gives up after `timeout`, and does not retry.
    pub fn hurried(address: Address, token: Token, timeout: Duration) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(address, token.into(), timeout)?,
            retry: RetryPolicy::NONE,
            notify: &|_| {},
            tenant: None,
        })
    }

    /// The same client for calls on behalf of a tenant.
    pub fn on_behalf_of(self, tenant: Option<String>) -> Self {
        Self { tenant, ..self }
    }

    /// Sends a request, with retries. Returns the response body.
    pub fn call(&self, request: &Request) -> Result<String, Error> {
        let on_behalf = |tenant| operator::request_on_behalf(tenant, request.clone());
        let request = &self
            .tenant
            .as_deref()
            .map_or_else(|| request.clone(), on_behalf);
        let key = match &request.repeat {
            Repeat::WithKey(Some(key)) => Some(key.clone()),
            Repeat::WithKey(None) => Some(new_key()?),
            Repeat::Safe | Repeat::Never => None,
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.transport.send(request, key.as_deref()) {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let retryable = request.repeat != Repeat::Never && error.is_retryable();
            let delay = self.retry.delay(attempts, error.retry_after());
            let Some(delay) = delay.filter(|_| retryable) else {
                return Err(error);
            };
            let when = match error.retry_after() {
                Some(seconds) => format!(" in {seconds} s"),
                None => String::new(),
            };
            let (next, last) = (attempts + 1, RetryPolicy::MAX_ATTEMPTS);
            (self.notify)(&format!("{error} Retrying{when} ({next} of {last})."));
            std::thread::sleep(delay);
        }
    }

    /// The same for a JSON response.
    pub fn call_json(&self, request: &Request) -> Result<Value, Error> {
        let body = self.call(request)?;
        serde_json::from_str(&body).map_err(|e| Error::InvalidResponse(format!("not JSON ({e})")))
    }

    /// Fetches all pages of a list, starting at the request's cursor, and combines them into one page.
    pub fn all_pages(&self, mut request: Request) -> Result<String, Error> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let body = self.call(&request)?;
            let page: Page = serde_json::from_str(&body)
                .map_err(|e| Error::InvalidResponse(format!("not a page of a list ({e})")))?;
            items.extend(page.items.iter().map(|item| item.get().to_owned()));
            match page.next_cursor {
                None => break,
                next if next == cursor => {
                    let endless = "the list does not end: a page has its own cursor";
                    return Err(Error::InvalidResponse(endless.to_owned()));
                }
                next => cursor = next,
            }
            request.query.retain(|(name, _)| *name != "cursor");
            request = request.query("cursor", cursor.clone());
        }
        let items = items.join(",");
        Ok(format!(r#"{{"items":[{items}],"next_cursor":null}}"#))
    }
}

/// A page of a list. The items keep their original text.
#[derive(Debug, Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    next_cursor: Option<String>,
}

/// A random idempotency key.
fn new_key() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::getrandom(&mut bytes).map_err(|e| Error::LocalFile {
        message: "Could not read random numbers from the operating system.".to_owned(),
        source: Some(std::io::Error::other(e.to_string())),
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::{Duration, RetryPolicy};

    #[test]
    fn delays_double_and_attempts_are_limited() {
        let retry = RetryPolicy {
            delay: Duration::from_millis(500),
            ..RetryPolicy::default()
        };
        let delays = [1, 2, 3, 4].map(|attempts| retry.delay(attempts, None));
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(delays, [millis(500), millis(1000), millis(2000), None]);
        assert_eq!(retry.delay(1, Some(7)), millis(7000));
        assert_eq!(retry.delay(1, Some(3600)), None);
        assert_eq!(retry.delay(1, Some(u64::MAX)), None);
    }
}
