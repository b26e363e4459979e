//! Standard output for the result, and standard error for everything else.

use std::cell::Cell;
use std::error::Error as StdError;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde_json::Value;

use crate::error::{Error, Exit, Rejection};
use crate::view::clock::Clock;
use crate::view::text::{Layout, Style, Tone, plain};
use crate::view::{Sections, View, json, render, views};

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
}

/// Standard output.
#[derive(Debug)]
pub struct Output {
    pub format: Format,
    layout: Layout,
}

impl Output {
    pub fn new(format: Format, no_color: bool, clock: impl Fn() -> Clock) -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let layout = Layout {
            style: Style::new(is_terminal && !no_color),
            // Unlimited if the output is not a terminal.
            columns: terminal_size::terminal_size_of(stdout).map(|(width, _)| width.0.into()),
            clock: is_terminal.then(clock),
        };
        Self { format, layout }
    }

    /// Prints the hub's response. Its verdict, if any, determines the exit code.
    pub fn response(&self, body: &str, view: View) -> Result<Exit, Error> {
        let sections = match view {
            View::Message(_) if self.format == Format::Json => return Ok(Exit::Success),
            View::Message(message) => return self.text(&format!("{message}\n")),
            View::Sections(sections) => Some(sections).filter(|_| self.format == Format::Table),
            View::Json => None,
        };
        let value: Value = serde_json::from_str(body)
            .map_err(|e| Error::InvalidResponse(format!("not JSON ({e})")))?;
        match sections {
            Some(sections) => self.text(&render(sections, &value, self.layout))?,
            None => self.json(body)?,
        };
        Ok(verdict(&value))
    }

    /// Prints valid JSON, indented.
    pub fn json(&self, body: &str) -> Result<Exit, Error> {
        self.text(&format!("{}\n", json::pretty(body)))
    }

    /// Prints text that is free of control characters.
    pub fn text(&self, text: &str) -> Result<Exit, Error> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            // The reader closed the pipe: `rolecall ... | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
            Err(source) => Err(Error::LocalFile {
                message: "Could not write to standard output.".to_owned(),
                source: Some(source),
            }),
            Ok(()) => Ok(Exit::Success),
        }
    }
}

/// The hub's message, unless it repeats the checks that are printed below it.
fn summary(rejection: &Rejection) -> String {
    let problem = &rejection.problem;
    let checks = problem.report.as_ref().map_or(&[][..], checks);
    let failed = checks.iter().filter(|check| check["status"] == "failed");
    match (failed.count(), checks.len()) {
        (0, _) => problem.detail.clone(),
        (1, all) => format!("1 of {all} checks failed."),
        (failed, all) => format!("{failed} of {all} checks failed."),
    }
}

fn checks(report: &Value) -> &[Value] {
    report["checks"].as_array().map_or(&[], Vec::as_slice)
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

fn verdict(response: &Value) -> Exit {
    match response["verdict"].as_str() {
        Some("inconclusive") => Exit::RetryLater,
        Some("failed") => Exit::VerificationFailed,
        _ => Exit::Success,
    }
}

/// Standard error.
#[derive(Debug)]
pub struct Terminal {
    is_terminal: bool,
    layout: Layout,
    /// Whether the last line is a progress line, which the next output replaces.
    in_progress: Cell<bool>,
}

impl Terminal {
    pub fn new(no_color: bool, clock: impl Fn() -> Clock) -> Self {
        let stderr = io::stderr();
        let is_terminal = stderr.is_terminal();
        Self {
            is_terminal,
            layout: Layout {
                style: Style::new(is_terminal && !no_color),
                columns: terminal_size::terminal_size_of(stderr).map(|(width, _)| width.0.into()),
                clock: is_terminal.then(clock),
            },
            in_progress: Cell::new(false),
        }
    }

    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints a line.
    pub fn note(&self, line: &str) {
        self.print(&format!("{}\n", plain(line)));
    }

    pub fn success(&self, line: &str) {
        self.marked(Tone::Good, "✓", line);
    }

    pub fn failure(&self, line: &str) {
        self.marked(Tone::Bad, "✗", line);
    }

    fn marked(&self, tone: Tone, mark: &str, line: &str) {
        let mark = self.layout.style.paint(tone, mark);
        self.print(&format!("{mark} {}\n", plain(line)));
    }

    /// Prints a part of a response.
    pub fn view(&self, sections: Sections, value: &Value) {
        self.print(&render(sections, value, self.layout));
    }

    /// Whether a user can answer. In a script, no question is asked.
    pub fn can_ask(&self) -> bool {
        self.is_terminal && io::stdin().is_terminal()
    }

    /// Prints a question, which is answered on the same line.
    pub fn prompt(&self, question: &str) {
        self.print(&plain(question));
    }

    /// Asks a question. Only "y" and "yes" mean yes.
    pub fn confirm(&self, question: &str) -> bool {
        self.print(&format!("{} [y/N] ", plain(question)));
        let mut line = String::new();
        io::stdin().read_line(&mut line).is_ok() && is_yes(&line)
    }

    /// Shows a line that the next output replaces. Printed only on a terminal.
    pub fn progress(&self, line: &str) {
        if self.is_terminal {
            let mut stderr = io::stderr();
            drop(write!(stderr, "\r\x1b[2K{}", plain(line)));
            drop(stderr.flush());
            self.in_progress.set(true);
        }
    }

    pub fn clear_progress(&self) {
        if self.in_progress.take() {
            drop(write!(io::stderr(), "\r\x1b[2K"));
        }
    }

    /// Prints an error and its remedy.
    pub fn print_error(&self, error: &Error) {
        let message = match error {
            Error::Rejected(rejection) => summary(rejection),
            error => error.to_string(),
        };
        self.failure(&format!("{}: {message}", error.code()));
        match error {
            Error::Rejected(rejection) => self.print_details(rejection),
            Error::Unreachable { source, .. } | Error::IssuerUnreachable { source, .. } => {
                self.print_causes(&**source)
            }
            Error::LocalFile {
                source: Some(source),
                ..
            } => self.print_causes(source),
            Error::Ambiguous { matches, .. } => {
                for line in matches {
                    self.note(&format!("  {line}"));
                }
            }
            _ => {}
        }
        if let Some(remedy) = error.remedy() {
            self.note(&format!("  → {remedy}"));
        }
        if let Error::Rejected(rejection) = error
            && !rejection.problem.request_id.is_empty()
        {
            let line = format!("  request ID: {}", plain(&rejection.problem.request_id));
            self.print(&format!("{}\n", self.layout.style.paint(Tone::Dim, &line)));
        }
    }

    fn print_details(&self, rejection: &Rejection) {
        for error in &rejection.problem.errors {
            let field = match error.field.as_str() {
                "" => "request body",
                field => field,
            };
            self.note(&format!("  {field}: {} ({})", error.message, error.code));
        }
        if let Some(report) = &rejection.problem.report
            && !checks(report).is_empty()
        {
            self.view(views::REPORT, report);
        }
    }

    fn print_causes(&self, error: &(dyn StdError + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.note(&format!("  {error}"));
            next = error.source();
        }
    }

    fn print(&self, text: &str) {
        self.clear_progress();
        // If standard error is closed, the error can't be reported.
        drop(io::stderr().write_all(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_y_and_yes_confirm() {
        for answer in ["y\n", "Y\r\n", " yes \n"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "yep\n", "yes, no\n"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
