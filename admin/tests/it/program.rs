//! Runs the program.

use std::path::Path;
use std::process::{Command, Output};

/// The program in an empty environment, with only the folder `programs` in its PATH.
pub fn program(arguments: &[&str], programs: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall-admin"));
    command.args(arguments).env_clear().env("PATH", programs);
    command
}

/// Its exit code, standard output and standard error.
pub fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ended by itself");
    (code, text(&output.stdout), text(&output.stderr))
}
