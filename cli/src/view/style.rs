//! Colours, where a person looks at a terminal.

/// Writes ANSI colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    colours: bool,
}

/// What a word tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Unsure,
    Dull,
    Strong,
    Neutral,
}

impl Style {
    pub fn new(colours: bool) -> Self {
        Self { colours }
    }

    /// `text` must be clean already.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Unsure => "33",
            Tone::Dull => "2",
            Tone::Strong => "1",
            Tone::Neutral => "",
        };
        if self.colours && !code.is_empty() && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

impl Tone {
    /// Of the hub's own words for how something is.
    pub fn of(word: &str) -> Self {
        match word {
            "active" | "completed" | "healthy" | "passed" | "gone" | "allowed" | "answered" => {
                Self::Good
            }
            "unhealthy" | "failed" | "disconnected" | "orphaned" | "explicitly_denied"
            | "implicitly_denied" => Self::Bad,
            "pending" | "warning" | "inconclusive" | "deleting" | "planned" | "unchecked" => {
                Self::Unsure
            }
            "expired" | "revoked" | "deregistered" | "dismissed" | "skipped" => Self::Dull,
            _ => Self::Neutral,
        }
    }
}
