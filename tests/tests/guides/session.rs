//! One bash for a whole page, so that its commands share variables.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rolecall_local::process;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use rolecall_tests::world::unique;

/// A shell that runs one command after another.
pub struct Session {
    shell: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Printed after each command, with its exit code.
    mark: String,
    scripts: TempDir,
    count: usize,
}

/// The result of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub printed: Vec<String>,
    pub exit: i32,
}

impl Session {
    /// Starts a shell in `home` with only these environment variables.
    pub async fn start(home: &std::path::Path, variables: &[(&str, String)]) -> Result<Self> {
        let variables = variables.iter().map(|(name, value)| (*name, value));
        let mut shell = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .env_clear()
            .envs(variables)
            .env("HOME", home)
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A separate process group, so that background processes end with the shell.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("no bash")?;
        let mut input = shell.stdin.take().context("no input")?;
        let output = shell.stdout.take().context("no output")?;
        // A page shows both streams, as a terminal does.
        input.write_all(b"exec 2>&1\n").await?;
        Ok(Self {
            shell,
            input,
            output: BufReader::new(output).lines(),
            mark: unique("the-end-of-a-step"),
            scripts: TempDir::new()?,
            count: 0,
        })
    }

    /// Runs a command to its end.
    pub async fn run(&mut self, command: &str, limit: Duration) -> Result<Ran> {
        self.count += 1;
        let script = self.scripts.path().join(self.count.to_string());
        // Runs from a file, so that an unclosed quote fails only this command.
        std::fs::write(&script, format!("{command}\n"))?;
        let line = format!(
            "source {} </dev/null; printf '\\n%s %s\\n' {} \"$?\"\n",
            quoted(script)?,
            self.mark
        );
        if let Err(error) = self.input.write_all(line.as_bytes()).await
            && error.kind() != ErrorKind::BrokenPipe
        {
            return Err(error.into());
        }
        match tokio::time::timeout(limit, self.read()).await {
            Ok(ran) => ran,
            Err(_) => {
                if let Some(leader) = self.shell.id() {
                    process::end_group(leader).await?;
                }
                bail!("the command did not end within {} s", limit.as_secs())
            }
        }
    }

    async fn read(&mut self) -> Result<Ran> {
        let mut printed = Vec::new();
        while let Some(line) = self.output.next_line().await? {
            let ended = line.strip_prefix(&self.mark);
            if let Some(exit) = ended.and_then(|code| code.trim().parse().ok()) {
                // The mark starts on a new line, even if the output ends without a line break.
                if printed.last().is_some_and(String::is_empty) {
                    printed.pop();
                }
                return Ok(Ran { printed, exit });
            }
            printed.push(line);
        }
        bail!(
            "the command ended the shell; it printed:\n{}",
            printed.join("\n")
        )
    }
}

fn quoted(path: PathBuf) -> Result<String> {
    let path = path.into_os_string().into_string();
    let path = path.ok().filter(|path| !path.contains('\''));
    Ok(format!(
        "'{}'",
        path.context("a path that the shell can't take")?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    async fn session(home: &TempDir) -> Session {
        let path = ("PATH", "/usr/bin:/bin".to_owned());
        Session::start(home.path(), &[path]).await.expect("a shell")
    }

    async fn run(session: &mut Session, command: &str) -> (String, i32) {
        let ran = session.run(command, LIMIT).await.expect("an end");
        (ran.printed.join("\n"), ran.exit)
    }

    #[tokio::test]
    async fn commands_share_variables_and_inherit_none() {
        let home = TempDir::new().expect("a directory");
        let mut shell = session(&home).await;
        let ours = |text: &str, exit| (text.to_owned(), exit);
        assert_eq!(run(&mut shell, "X=$(echo 1)").await, ours("", 0));
        assert_eq!(
            run(&mut shell, "echo $X; echo err >&2").await,
            ours("1\nerr", 0)
        );
        assert_eq!(run(&mut shell, "printf 'no end'").await, ours("no end", 0));
        assert_eq!(run(&mut shell, "echo; echo").await, ours("\n", 0));
        assert_eq!(run(&mut shell, "(exit 4) # exit 4").await, ours("", 4));
        assert_eq!(run(&mut shell, "cat").await, ours("", 0), "stdin is empty");
        assert_eq!(run(&mut shell, "cat <<END\n$X\nEND").await, ours("1", 0));
        let own = home.path().display().to_string();
        assert_eq!(
            run(&mut shell, "echo ~; pwd").await,
            (format!("{own}\n{own}"), 0)
        );
        assert_eq!(
            run(&mut shell, "echo $CARGO_MANIFEST_DIR").await,
            ours("", 0)
        );
    }

    #[tokio::test]
    async fn malformed_command_fails_alone() {
        let home = TempDir::new().expect("a directory");
        let mut shell = session(&home).await;
        let (output, exit) = run(&mut shell, "echo 'a").await;
        assert!(
            exit != 0 && output.contains("unexpected EOF"),
            "{exit}: {output}"
        );
        assert_eq!(run(&mut shell, "echo b").await, ("b".to_owned(), 0));
    }

    #[tokio::test]
    async fn hanging_command_and_ended_shell_are_reported() {
        let home = TempDir::new().expect("a directory");
        let error = session(&home).await.run("echo a; exit 3", LIMIT).await;
        assert!(format!("{:#}", error.expect_err("ended")).contains("printed:\na"));
        let soon = Duration::from_secs(1);
        let error = session(&home).await.run("sleep 600", soon).await;
        assert!(format!("{:#}", error.expect_err("late")).contains("not end within 1 s"));
    }
}
