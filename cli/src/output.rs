//! Standard output: the result, and nothing else.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::args::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan::Shown;
use crate::view::text::plain_lines;
use crate::view::{Style, View, json, render};

/// Standard output, in the format that was asked for.
#[derive(Debug)]
pub struct Output {
    pub format: Format,
    style: Style,
}

impl Output {
    pub fn new(format: Format, colourless: bool) -> Self {
        let colours = io::stdout().is_terminal() && !colourless;
        Self {
            format,
            style: Style::new(colours),
        }
    }

    /// Prints the hub's answer. What it says of itself decides how the program ends.
    pub fn answer(&self, body: &str, shown: Shown) -> Result<Exit, Failure> {
        let (view, as_json) = match shown {
            Shown::AsText => return self.text(&plain_lines(body)),
            Shown::Saying(_) if self.format == Format::Json => return Ok(Exit::Done),
            Shown::Saying(sentence) => return self.text(&format!("{sentence}\n")),
            Shown::By(view) => (view, self.format == Format::Json),
            Shown::AsJson => (&[] as View, true),
        };
        let value: Value = serde_json::from_str(body)
            .map_err(|e| Failure::Unusable(format!("it is not JSON ({e})")))?;
        if as_json {
            self.json(body)?;
        } else {
            self.text(&render(view, &value, self.style))?;
        }
        Ok(verdict(&value))
    }

    /// A valid JSON text, laid out.
    pub fn json(&self, body: &str) -> Result<Exit, Failure> {
        self.text(&format!("{}\n", json::pretty(body)))
    }

    /// Clean text.
    pub fn text(&self, text: &str) -> Result<Exit, Failure> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            // The reader has seen enough: `rolecall ... | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            Err(source) => Err(Failure::Local {
                what: "Can't write to standard output.".to_owned(),
                source,
            }),
            Ok(()) => Ok(Exit::Done),
        }
    }
}

/// A success may carry a verdict of its own.
fn verdict(answer: &Value) -> Exit {
    match answer["verdict"].as_str() {
        Some("inconclusive") => Exit::Later,
        Some("failed") => Exit::VerificationFailed,
        _ => Exit::Done,
    }
}
