//! Prints one line per step, with its duration.

use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Reports steps on standard error, because standard output is for a command's result.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    terminal: bool,
    style: Style,
    quiet: bool,
}

impl Progress {
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            started: Instant::now(),
            terminal,
            style: Style::detect(terminal),
            quiet: false,
        }
    }

    /// Prints failures only.
    pub fn quiet() -> Self {
        Self {
            quiet: true,
            ..Self::new()
        }
    }

    /// Runs one step and prints its result.
    pub async fn step<T, E>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = Instant::now();
        if self.terminal && !self.quiet {
            eprint!("  {} {what} ...", self.style.dim("·"));
            // A failed flush must not fail the step.
            drop(std::io::stderr().flush());
        }
        let result = work.await;
        let back = if self.terminal { "\r\x1b[2K" } else { "" };
        let took = format!("{:>6.1} s", started.elapsed().as_secs_f64());
        match &result {
            Ok(_) if self.quiet => {}
            Ok(_) => eprintln!(
                "{back}  {} {what:<52}{}",
                self.style.green("✓"),
                self.style.dim(&took)
            ),
            Err(_) => eprintln!(
                "{back}  {} {what:<52}{}",
                self.style.red("✗"),
                self.style.dim(&took)
            ),
        }
        result
    }

    pub fn print(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    pub fn elapsed(&self) -> String {
        format!("{:.1} s", self.started.elapsed().as_secs_f64())
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// Colors, if the terminal supports them.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    colors: bool,
}

impl Style {
    /// See <https://no-color.org>.
    pub fn detect(terminal: bool) -> Self {
        let disabled = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colors: terminal && !disabled,
        }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colors {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }
}
