//! Prints the demo: chapters, actions with their actors, facts, and assertions.

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::progress::Style;

const WIDTH: usize = 92;
const SPEAKER: usize = 11;
const NAME: usize = 25;

/// Prints the demo on standard output.
#[derive(Debug)]
pub(super) struct Narrator {
    style: Style,
    chapter: usize,
    passed: usize,
    started: Instant,
}

impl Narrator {
    pub(super) fn new() -> Self {
        Self {
            style: Style::detect(std::io::stdout().is_terminal()),
            chapter: 0,
            passed: 0,
            started: Instant::now(),
        }
    }

    pub(super) fn title(&self, title: &str, lines: &[&str]) {
        println!("\n  {}", self.style.bold(title));
        for line in lines {
            println!("  {}", self.style.dim(line));
        }
    }

    /// Starts a numbered chapter.
    pub(super) fn chapter(&mut self, title: &str, intro: &str) {
        self.chapter += 1;
        let heading = format!("{} · {title}", self.chapter);
        let since = format!(" {:.1} s", self.started.elapsed().as_secs_f64());
        let used = heading.chars().count() + since.chars().count() + 3;
        let rule = "─".repeat(WIDTH.saturating_sub(used));
        println!(
            "\n  {} {}",
            self.style.bold(&self.style.cyan(&heading)),
            self.style.dim(&(rule + &since))
        );
        for line in wrap(intro, WIDTH - 2) {
            println!("  {}", self.style.dim(&line));
        }
        println!();
    }

    /// An action of an actor.
    pub(super) fn action(&self, who: &str, what: &str) {
        let padded = format!("{who:<SPEAKER$}");
        for (index, line) in wrap(what, WIDTH - SPEAKER - 2).iter().enumerate() {
            if index == 0 {
                println!("  {}{line}", self.style.yellow(&padded));
            } else {
                println!("  {:SPEAKER$}{line}", "");
            }
        }
    }

    /// A named value below an action. Never wrapped, so that it can be copied.
    pub(super) fn fact(&self, name: &str, value: &str) {
        let name = format!("{name:<NAME$}");
        println!("  {:SPEAKER$}  {} {value}", "", self.style.dim(&name));
    }

    fn paint(&self, mark: Mark) -> String {
        match mark {
            Mark::Good => self.style.green("✓"),
            Mark::Bad => self.style.red("✗"),
            Mark::Dull => self.style.dim("·"),
        }
    }

    /// One line of a report.
    pub(super) fn finding(&self, mark: Mark, text: &str) {
        let lines = wrap(text, WIDTH - SPEAKER - 2);
        for (index, line) in lines.iter().enumerate() {
            let mark = match index {
                0 => self.paint(mark),
                _ => " ".to_owned(),
            };
            println!("  {:SPEAKER$}{mark} {line}", "");
        }
    }

    /// One line of a list.
    pub(super) fn item(&self, mark: Mark, name: &str, text: &str) {
        let mark = self.paint(mark);
        let name = format!("{name:<NAME$}");
        let lines = wrap(text, WIDTH - SPEAKER - NAME - 3);
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                println!("  {:SPEAKER$}{mark} {name} {}", "", self.style.dim(line));
            } else {
                println!("  {:SPEAKER$}  {:NAME$} {}", "", "", self.style.dim(line));
            }
        }
    }

    /// An assertion. If it is false, the demo fails.
    pub(super) fn must(&mut self, truth: bool, what: &str) -> Result<()> {
        if !truth {
            println!("  {}{} {what}", " ".repeat(SPEAKER), self.style.red("✗"));
            bail!("assertion failed: {what}");
        }
        self.passed += 1;
        println!("  {}{} {what}", " ".repeat(SPEAKER), self.style.green("✓"));
        Ok(())
    }

    pub(super) fn end(&self) {
        let line = format!(
            "Done: {} chapters, {} assertions passed, {:.1} s.",
            self.chapter,
            self.passed,
            self.started.elapsed().as_secs_f64()
        );
        println!("\n  {}\n", self.style.bold(&self.style.green(&line)));
    }
}

/// The result of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    Good,
    Bad,
    Dull,
}

/// Breaks at spaces. A word longer than a line gets its own line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
    }
}
