//! `rolecall connect`: from a link to a connected account.

mod browser;
mod follow;
mod watch;

use serde_json::Value;

use crate::args::{Connect, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::output::Output;
use crate::plan::Shown;
use crate::request::Request;
use crate::screen::Screen;
use crate::view::shown;
use crate::view::text::plain;

/// Starts or resumes a registration, follows it, and shows the account.
pub fn run(hub: &Hub, wish: Connect, screen: &Screen, output: &Output) -> Result<Exit, Failure> {
    let follower = follow::Follower {
        hub,
        screen,
        output,
        open: wish.open,
        timeout: wish.timeout,
        poll: std::time::Duration::from_millis(wish.poll_ms),
    };
    let first = match (wish.registration, wish.group) {
        (Some(id), _) => Request::get(path(&id)),
        (None, Some(group)) => wish.wish.request(&group)?,
        (None, None) => return Err(Failure::Usage("Connect it to which group?".to_owned())),
    };
    let registration = read(hub, &first)?;
    let account_id = follower.follow(registration)?;
    let account = hub.call(&Request::get(format!("/v1/accounts/{account_id}")))?;
    screen.note("✓ The account is connected.");
    output.answer(&account, Shown::By(shown::ACCOUNT))
}

fn path(registration_id: &str) -> String {
    format!("/v1/registrations/{registration_id}")
}

fn read(hub: &Hub, request: &Request) -> Result<Value, Failure> {
    let body = hub.call(request)?;
    serde_json::from_str(&body).map_err(|e| Failure::Unusable(format!("it is not JSON ({e})")))
}

/// The link is a result where tables are; where JSON is, only the account is one.
fn show_link(link: &str, screen: &Screen, output: &Output) -> Result<(), Failure> {
    match output.format {
        Format::Table => output.text(&format!("{}\n", plain(link))).map(drop),
        Format::Json => {
            screen.note(link);
            Ok(())
        }
    }
}
