//! The hub, over its public API: where it is, how it is asked, and how its answers are judged.

mod answer;
mod expiry;
mod patience;
mod settings;
mod transport;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::request::{Repeat, Request};
use crate::screen::Screen;
pub use patience::Patience;
pub use settings::{Address, Token};
use transport::{Transport, Unsent};

/// One caller of one hub.
#[derive(Debug)]
pub struct Hub<'a> {
    transport: Transport,
    patience: Patience,
    screen: &'a Screen,
}

impl<'a> Hub<'a> {
    pub fn new(
        address: Address,
        token: Token,
        patience: Patience,
        screen: &'a Screen,
    ) -> Result<Self, Failure> {
        Ok(Self {
            transport: Transport::new(address, token)?,
            patience,
            screen,
        })
    }

    /// Asks until there is an answer that is worth judging, or patience ends.
    pub fn call(&self, request: &Request) -> Result<String, Failure> {
        let key = match &request.repeat {
            Repeat::Keyed(Some(key)) => Some(key.clone()),
            Repeat::Keyed(None) => Some(new_key()?),
            Repeat::Safe | Repeat::Never => None,
        };
        let mut tried = 0;
        loop {
            tried += 1;
            let failure = match self.once(request, key.as_deref()) {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let again = request.repeat != Repeat::Never && failure.is_passing();
            let pause = self.patience.pause(tried, failure.retry_after());
            match pause.filter(|_| again) {
                Some(pause) => {
                    let wait = match failure.retry_after() {
                        Some(seconds) => format!("Trying again in {seconds} s."),
                        None => "Trying again.".to_owned(),
                    };
                    self.screen.note(&format!("{failure} {wait}"));
                    std::thread::sleep(pause);
                }
                None => return Err(failure),
            }
        }
    }

    fn once(&self, request: &Request, key: Option<&str>) -> Result<String, Failure> {
        match self.transport.send(request, key) {
            Ok(answer) => {
                let expires_at = self.transport.token_expires_at();
                answer::judge(answer, request.wanted, expires_at)
            }
            Err(Unsent(source)) => Err(Failure::Unreachable(source)),
        }
    }

    /// A list from `request`'s cursor to its end, as one page.
    pub fn all_pages(&self, mut request: Request) -> Result<String, Failure> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let body = self.call(&request)?;
            let page = Page::read(&body)?;
            items.extend(page.items.iter().map(|item| item.get().to_owned()));
            match page.next_cursor {
                None => break,
                next if next == cursor => {
                    return Err(Failure::Unusable("the list does not end".to_owned()));
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

/// A list's page. The items stay as they came.
#[derive(Debug, Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    next_cursor: Option<String>,
}

impl<'a> Page<'a> {
    fn read(body: &'a str) -> Result<Self, Failure> {
        serde_json::from_str(body)
            .map_err(|e| Failure::Unusable(format!("no page of a list ({e})")))
    }
}

/// 128 random bits: no two commands share one.
fn new_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::getrandom(&mut bytes).map_err(|e| Failure::Local {
        what: "The system gives no random numbers.".to_owned(),
        source: std::io::Error::other(e.to_string()),
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
