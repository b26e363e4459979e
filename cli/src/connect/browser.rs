//! Opens a link in the person's browser.

use std::process::{Command, Stdio};

use crate::screen::Screen;

const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// A nicety: the link is printed anyway.
pub(super) fn open(url: &str, screen: &Screen) {
    if !screen.is_terminal() {
        screen.note("Not on a terminal, so no browser is opened.");
        return;
    }
    // The opener would start other things for other schemes.
    if !url.starts_with("https://") {
        screen.note("The link is not https, so no browser is opened.");
        return;
    }
    let opener = Command::new(OPENER)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = opener {
        screen.note(&format!("No browser could be opened ({OPENER}: {error})."));
    }
}
