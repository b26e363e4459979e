//! Standard error: notes, progress, what went wrong. Standard output belongs to the result.

use std::cell::Cell;
use std::io::{IsTerminal, Write};

use crate::view::Style;
use crate::view::text::plain;

/// Standard error.
#[derive(Debug)]
pub struct Screen {
    terminal: bool,
    pub style: Style,
    /// A line of progress stands there, to be overwritten.
    occupied: Cell<bool>,
}

impl Screen {
    pub fn new(colourless: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            terminal,
            style: Style::new(terminal && !colourless),
            occupied: Cell::new(false),
        }
    }

    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// A line that stays.
    pub fn note(&self, line: &str) {
        self.print(&format!("{}\n", plain(line)));
    }

    /// Text that is rendered and clean already.
    pub fn print(&self, text: &str) {
        self.clear();
        // Nobody to tell if standard error is closed.
        drop(std::io::stderr().write_all(text.as_bytes()));
    }

    /// A line that the next one replaces. Only a terminal gets it.
    pub fn progress(&self, line: &str) {
        if self.terminal {
            let mut stderr = std::io::stderr();
            drop(write!(stderr, "\r\x1b[2K{}", plain(line)));
            drop(stderr.flush());
            self.occupied.set(true);
        }
    }

    pub fn clear(&self) {
        if self.occupied.take() {
            drop(write!(std::io::stderr(), "\r\x1b[2K"));
        }
    }
}
