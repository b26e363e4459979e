//! Looks at a registration again and again, and tells what is new.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::watch::{News, Standing, Watch};
use super::{browser, path, read, show_link};
use crate::args::ids;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::output::Output;
use crate::request::Request;
use crate::screen::Screen;
use crate::view::{render, shown};

/// How often the line of progress moves.
const TICK: Duration = Duration::from_millis(120);
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Follows one registration.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    pub(super) hub: &'a Hub<'a>,
    pub(super) screen: &'a Screen,
    pub(super) output: &'a Output,
    pub(super) open: bool,
    pub(super) timeout: Duration,
    pub(super) poll: Duration,
}

impl Follower<'_> {
    /// Until the account is connected: its id.
    pub(super) fn follow(&self, mut registration: Value) -> Result<String, Failure> {
        let started = Instant::now();
        let id = registration["registration_id"].as_str().unwrap_or_default();
        let id = ids::registration(id).map_err(Failure::Unusable)?;
        let mut watch = Watch::default();
        let mut announced = false;
        loop {
            let (news, standing) = watch.look(&registration)?;
            for item in news {
                self.tell(item, &id, &registration)?;
            }
            match standing {
                Standing::Completed { account_id } => return Ok(account_id),
                Standing::Over { status } => {
                    let end = format!("The registration is {status}; start another one.");
                    return Err(Failure::Ended(end));
                }
                Standing::Pending => {}
            }
            if !announced {
                announced = true;
                self.screen.note(&format!(
                    "Waiting for the stack. To stop and go on later: rolecall connect --registration {id}"
                ));
            }
            self.rest(&registration, started);
            if started.elapsed() >= self.timeout {
                let late = format!(
                    "Not connected yet; the link stays good. Go on with: rolecall connect --registration {id}"
                );
                return Err(Failure::Late(late));
            }
            registration = self.look_again(&id, registration)?;
        }
    }

    /// A hub that is away for a moment ends nothing: what was seen last stands.
    fn look_again(&self, id: &str, last: Value) -> Result<Value, Failure> {
        match read(self.hub, &Request::get(path(id))) {
            Err(failure) if failure.is_passing() => {
                self.screen.note(&format!("{failure} Still following."));
                Ok(last)
            }
            answer => answer,
        }
    }

    fn tell(&self, news: News, id: &str, registration: &Value) -> Result<(), Failure> {
        match news {
            News::Refused(report) => {
                let text = render(shown::REFUSED_ATTEMPT, &report, self.screen.style);
                self.screen.note("✗ An attempt was refused:");
                self.screen.print(&text);
                Ok(())
            }
            News::Link(url) => {
                self.screen.note(
                    "Open this link in a browser that is signed in to the AWS account you want to connect:",
                );
                show_link(&url, self.screen, self.output)?;
                if self.open {
                    browser::open(&url, self.screen);
                }
                Ok(())
            }
            News::Paste => {
                let region = registration["region"].as_str().unwrap_or("this Region");
                self.screen.note(&format!(
                    "This stack in {region} does not report to the hub by itself. When it is complete, copy the \
                     value of RolecallStackInfo from its outputs, and run:"
                ));
                self.screen.note(&format!(
                    "  rolecall registrations complete {id} '<RolecallStackInfo>'"
                ));
                Ok(())
            }
        }
    }

    /// Until the next look, or until the time is over.
    fn rest(&self, registration: &Value, started: Instant) {
        let stack = registration["stack_name"].as_str().unwrap_or("the stack");
        let begun = Instant::now();
        let left = self.timeout.saturating_sub(started.elapsed());
        let pause = self.poll.min(left);
        let tick = if self.screen.is_terminal() {
            TICK
        } else {
            pause
        };
        loop {
            let since = started.elapsed();
            let frame = (since.as_millis() / TICK.as_millis()) as usize % SPINNER.len();
            let clock = format!("{}:{:02}", since.as_secs() / 60, since.as_secs() % 60);
            self.screen
                .progress(&format!("{} waiting for {stack}, {clock}", SPINNER[frame]));
            let left = pause.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(tick.min(left));
        }
        self.screen.clear();
    }
}
