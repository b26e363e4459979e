//! `rolecall logout`.

use crate::Settings;
use crate::config;
use crate::error::{Error, Exit};
use crate::terminal::Terminal;

/// Revokes the tokens of the context, and removes them from this machine.
pub(crate) fn run((global, environment): Settings<'_>, terminal: &Terminal) -> Result<Exit, Error> {
    let notify = |line: &str| terminal.note(line);
    let hub = config::hub(global, environment, true)?;
    let Some(context) = hub.context else {
        terminal.note(&format!("You are not signed in to {}.", hub.address));
        return Ok(Exit::Success);
    };
    let store = environment.sessions(&notify)?;
    let lock = store.lock(&context)?;
    let session = store.read(&context)?;
    // Removed first: a failure of the issuer must not keep the tokens.
    store.remove(&context)?;
    drop(lock);
    let Some(session) = session else {
        terminal.note(&format!("You are not signed in to {}.", context.name));
        return Ok(Exit::Success);
    };
    match session.revoke() {
        Ok(true) => terminal.success(&format!(
            "Signed out of {}: the tokens were revoked and removed.",
            context.name
        )),
        Ok(false) => terminal.success(&format!(
            "Signed out of {}: the tokens were removed from this machine.",
            context.name
        )),
        Err(error) => {
            terminal.note("The tokens were removed from this machine, but not revoked.");
            return Err(error);
        }
    }
    if let Some(variable) = config::overriding(environment) {
        terminal.note(&format!(
            "{variable} is still set, so commands keep using its token."
        ));
    }
    Ok(Exit::Success)
}
