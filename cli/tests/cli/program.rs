//! Runs the program, and holds every run to what must never happen.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::stub::Stub;

/// Long and odd enough to be found wherever it leaks.
pub const TOKEN: &str = "eyJhbGciOi.S3CR3T-t0ken.c2lnbmF0dXJl";

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The program with nothing of this process's environment.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The program, signed in to the stub. No pause before a second try.
pub fn signed_in(stub: &Stub, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .args(["--retry-pause-ms", "1"])
        .env("ROLECALL_API_URL", stub.url())
        .env("ROLECALL_TOKEN", TOKEN);
    command
}

pub fn run(stub: &Stub, arguments: &[&str]) -> Ran {
    ended(&signed_in(stub, arguments).output().expect("it starts"))
}

pub fn run_with_input(stub: &Stub, arguments: &[&str], input: &str) -> Ran {
    let mut command = signed_in(stub, arguments);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    ended(&child.wait_with_output().expect("it ends"))
}

/// Looks at a run: no token, nothing that moves a terminal's cursor.
pub fn ended(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let ran = Ran {
        code: output.status.code().expect("no signal"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    for stream in [&ran.out, &ran.err] {
        assert!(!stream.contains(TOKEN), "the token is in {ran:?}");
        let moves = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
        assert!(!stream.contains(moves), "a control character is in {ran:?}");
    }
    ran
}
