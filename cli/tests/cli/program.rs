//! Runs the program, and checks properties of every run.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::stub::Stub;

/// A token that is easy to find in output.
pub const TOKEN: &str = "eyJhbGciOi.S3CR3T-t0ken.c2lnbmF0dXJl";

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The program with an empty environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The program with the stub's URL and a token.
pub fn with_hub(stub: &Stub, arguments: &[&str]) -> Command {
    let mut command = self::command(arguments);
    command
        .env("ROLECALL_API_URL", stub.url())
        .env("ROLECALL_TOKEN", TOKEN);
    command
}

pub fn run(stub: &Stub, arguments: &[&str]) -> Run {
    finished(&with_hub(stub, arguments).output().expect("it starts"))
}

pub fn run_with_input(stub: &Stub, arguments: &[&str], input: &str) -> Run {
    let mut command = with_hub(stub, arguments);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    finished(&child.wait_with_output().expect("it ends"))
}

/// The result of a run. Asserts that it printed neither the token nor control characters.
pub fn finished(output: &Output) -> Run {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let ran = Run {
        code: output.status.code().expect("no signal"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    for stream in [&ran.out, &ran.err] {
        assert!(!stream.contains(TOKEN), "the token is in {ran:?}");
        let harmful = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
        assert!(
            !stream.contains(harmful),
            "a control character is in {ran:?}"
        );
    }
    ran
}
