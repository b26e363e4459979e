//! Opens a page in the user's browser.

use std::process::{Command, Stdio};

const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens a page with `BROWSER`, if it is a program, or with the system's opener. The error contains the reason.
pub fn open(url: &str, browser: Option<&str>) -> Result<(), String> {
    // For other schemes, the opener could start other programs.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err("Not opening a browser: the address is not of a web page.".to_owned());
    }
    // It may also be a list of programs, or a command with a placeholder.
    let is_program = |text: &&str| !text.contains([':', '%', ' ']);
    let opener = browser.filter(is_program).unwrap_or(OPENER);
    let started = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("Could not open a browser ({opener}: {error}).")),
    }
}
