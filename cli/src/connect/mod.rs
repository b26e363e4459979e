//! `rolecall connect`: prints a link and waits until the account is connected.

mod watch;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::args::Connect;
use crate::browser;
use crate::client::Client;
use crate::error::{Error, Exit};
use crate::ids;
use crate::terminal::{Format, Output, Terminal};
use crate::view::text::plain;
use crate::view::{View, views};
use rolecall_client::calls;
use watch::{Change, Status, Watch};

/// Update interval of the progress line.
const TICK: Duration = Duration::from_millis(120);
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Starts or resumes a registration, waits for its account, and shows it.
pub fn run(
    client: &Client,
    args: Connect,
    terminal: &Terminal,
    output: &Output,
) -> Result<Exit, Error> {
    let waiter = Waiter {
        client,
        terminal,
        output,
        open: args.open,
        timeout: args.timeout,
        interval: args.interval,
    };
    let first = match (args.registration, args.group) {
        (Some(id), _) => calls::get_registration(&id),
        (None, Some(group)) => args.new.call(&group)?,
        (None, None) => {
            return Err(Error::InvalidArguments(
                "No group. Name the account's group, or resume with --registration.".to_owned(),
            ));
        }
    };
    let account_id = waiter.wait(client.call_json(&first.request)?)?;
    let body = client.call(&calls::get_account(&account_id).request)?;
    let account: Value = serde_json::from_str(&body).unwrap_or_default();
    let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
    terminal.success(&format!(
        "Connected account {} (AWS account {}).",
        text("name"),
        text("aws_account_id")
    ));
    output.response(&body, View::Sections(views::ACCOUNT))
}

struct Waiter<'a> {
    client: &'a Client<'a>,
    terminal: &'a Terminal,
    output: &'a Output,
    open: bool,
    timeout: Duration,
    interval: Duration,
}

impl Waiter<'_> {
    /// Waits until the account is connected. Returns its id.
    fn wait(&self, mut registration: Value) -> Result<String, Error> {
        let started = Instant::now();
        let id = registration["registration_id"].as_str().unwrap_or_default();
        let id = ids::registration(id).map_err(Error::InvalidResponse)?;
        let resume = format!("rolecall connect --registration {id}");
        let mut watch = Watch::default();
        let mut explained = false;
        loop {
            let (changes, status) = watch.update(&registration)?;
            for change in changes {
                self.print(change, &id, &registration)?;
            }
            let is_started = !registration["progress"].is_null();
            match status {
                Status::Completed { account_id } => return Ok(account_id),
                Status::Ended { status } => {
                    return Err(Error::RegistrationEnded(format!(
                        "The registration is {status}. Start another one."
                    )));
                }
                Status::Pending => {}
            }
            if !std::mem::replace(&mut explained, true) {
                self.terminal.note(
                    "Waiting until the stack is created, which takes 2 to 3 minutes. You can stop this \
                     command and resume later with:",
                );
                self.terminal.note(&format!("  {resume}"));
            }
            self.pause(&registration, is_started, started);
            if started.elapsed() >= self.timeout {
                return Err(Error::TimedOut(format!(
                    "No stack has completed the registration yet. The link is still valid; resume with: \
                     {resume}"
                )));
            }
            registration = match self.client.call_json(&calls::get_registration(&id).request) {
                // The next attempt may succeed.
                Err(error) if error.is_retryable() => {
                    self.terminal.note(&format!("{error} Still waiting."));
                    registration
                }
                result => result?,
            };
        }
    }

    fn print(&self, change: Change, id: &str, registration: &Value) -> Result<(), Error> {
        match change {
            Change::Started(progress) => {
                let text = |name: &str| plain(progress[name].as_str().unwrap_or_default());
                self.terminal.success(&format!(
                    "The stack was started in AWS account {}, Region {}.",
                    text("aws_account_id"),
                    text("region")
                ));
                self.terminal.note(
                    "CloudFormation creates the role. The hub checks it as soon as it exists.",
                );
            }
            Change::Verified => {
                let said = "The role was created, and it passed every check.";
                self.terminal.success(said);
            }
            Change::Failed(attempt) => {
                self.terminal.failure("The attempt to connect failed:");
                self.terminal.view(views::FAILED_ATTEMPT, &attempt);
            }
            Change::Link(url) => {
                self.terminal.note(
                    "Open this link in a browser that is signed in to the AWS account you want to connect, \
                     and create the stack:",
                );
                match self.output.format {
                    Format::Table => drop(self.output.text(&format!("{}\n", plain(&url)))?),
                    // In JSON format, the account is the only result.
                    Format::Json => self.terminal.note(&url),
                }
                if self.open {
                    open_browser(&url, self.terminal);
                }
            }
            Change::Paste => {
                let region = registration["region"].as_str().unwrap_or("this Region");
                self.terminal.note(&format!(
                    "The stack in {region} does not report to the hub by itself. When it is complete, copy \
                     RolecallStackInfo from its outputs, and run:"
                ));
                self.terminal.note(&format!(
                    "  rolecall registrations complete {id} '<RolecallStackInfo>'"
                ));
            }
        }
        Ok(())
    }

    /// Waits until the next request or the timeout.
    fn pause(&self, registration: &Value, is_started: bool, started: Instant) {
        let stack = registration["stack_name"].as_str().unwrap_or("the stack");
        let stack = plain(stack);
        let awaited = match is_started {
            true => format!("the role of {stack}"),
            false => format!("{stack} to be created from the link"),
        };
        let begun = Instant::now();
        let left = self.timeout.saturating_sub(started.elapsed());
        let pause = self.interval.min(left);
        let tick = if self.terminal.is_terminal() {
            TICK
        } else {
            pause
        };
        loop {
            let elapsed = started.elapsed();
            let frame = (elapsed.as_millis() / TICK.as_millis()) as usize % SPINNER.len();
            let (minutes, seconds) = (elapsed.as_secs() / 60, elapsed.as_secs() % 60);
            self.terminal.progress(&format!(
                "{} Waiting for {awaited} ({minutes}:{seconds:02})",
                SPINNER[frame]
            ));
            let left = pause.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(tick.min(left));
        }
        self.terminal.clear_progress();
    }
}

/// Opens the link, which is printed in any case.
fn open_browser(url: &str, terminal: &Terminal) {
    if !terminal.is_terminal() {
        terminal.note("Not opening a browser: standard error is not a terminal.");
        return;
    }
    // For other schemes, the opener could start other programs.
    if !url.starts_with("https://") {
        terminal.note("Not opening a browser: the link does not begin with https://.");
        return;
    }
    if let Err(why) = browser::open(url, None) {
        terminal.note(&why);
    }
}
