//! Runs a page on the local hub, as a reader would.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rolecall_local::hub::Hub;
use rolecall_local::paths::Tree;
use rolecall_tests::programs::built;
use rolecall_tests::tenants::sign_in;
use rolecall_tests::world::unique;
use tempfile::TempDir;

use crate::matching::mismatch;
use crate::page::{Ending, Page, Step, Where};
use crate::session::{Ran, Session};

/// The limit for one command: a stack takes a second, confirming a deletion a few.
const LIMIT: Duration = Duration::from_secs(90);

/// Runs all commands of a page.
pub async fn follow(page: &Page, home: &Path, variables: &[(&str, String)]) -> Result<usize> {
    let mut session = Session::start(home, variables).await?;
    let mut count = 0;
    let here = page
        .blocks
        .iter()
        .filter(|block| block.where_to != Where::Aws);
    for step in here.flat_map(|block| &block.steps) {
        let message = || format!("{}:{}\n$ {}\n", page.name, step.line, step.command);
        let ran = session
            .run(&step.command, LIMIT)
            .await
            .with_context(message)?;
        // Shown on failure, or with --nocapture; useful for writing a page.
        println!("$ {}\n{}", step.command, ran.printed.join("\n"));
        compare(step, &ran).with_context(message)?;
        count += 1;
    }
    Ok(count)
}

fn compare(step: &Step, ran: &Ran) -> Result<()> {
    let ended_well = match step.ending {
        Ending::Code(code) => ran.exit == code,
        Ending::Failure => ran.exit != 0,
    };
    let differs = mismatch(&step.expected, &ran.printed);
    if ended_well && differs.is_none() {
        return Ok(());
    }
    let mut message = String::new();
    if let Some(at) = differs {
        let line = step
            .expected
            .get(at)
            .map_or("end of output", String::as_str);
        message += &format!("not found: {line}\n");
    }
    let (expected, printed) = (step.expected.join("\n"), ran.printed.join("\n"));
    bail!(
        "{message}--- expected ({:?})\n{expected}\n--- printed (exit code {})\n{printed}\n---",
        step.ending,
        ran.exit
    )
}

/// A new home directory, and the programs that a page uses.
pub struct Desk {
    pub home: TempDir,
    programs: TempDir,
}

impl Desk {
    pub fn new() -> Result<Self> {
        let desk = Self {
            home: TempDir::new()?,
            programs: TempDir::new()?,
        };
        for program in ["rolecall", "rolecall-local", "rolecall-admin"] {
            if let Some(built) = built(program)? {
                symlink(built, desk.programs.path().join(program))?;
            }
        }
        // Readers need jq, but test machines don't.
        if std::env::split_paths(SYSTEM).all(|dir| !dir.join("jq").exists()) {
            let stand_in = desk.programs.path().join("jq");
            std::fs::write(&stand_in, include_str!("jq.py"))?;
            std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(desk)
    }

    /// The variables in the instructions of docs/guides/README.md, and the path to the programs.
    pub async fn variables(&self, hub: &Hub) -> Result<Vec<(&'static str, String)>> {
        // A separate tenant for each page, so that its lists contain no other page's groups.
        let token = sign_in(hub, Some(&unique("guide"))).await?.id;
        let file = hub.file();
        let path = format!(
            "{}:{}:{SYSTEM}",
            self.programs.path().display(),
            venv().display()
        );
        Ok(vec![
            ("PATH", path),
            ("LANG", "C.UTF-8".to_owned()),
            (
                "ROLECALL_HUB",
                std::env::var("ROLECALL_HUB").context("no hub")?,
            ),
            ("ROLECALL_API_URL", file.api_url.clone()),
            ("ROLECALL_TOKEN", token),
            ("AWS_ENDPOINT_URL", file.endpoint_url.clone()),
            ("AWS_DEFAULT_REGION", file.region.clone()),
            // Prevents calls to the instance metadata address.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ])
    }
}

const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin";

/// The directory with the AWS CLI.
fn venv() -> PathBuf {
    Tree::default().root().join(".venv/bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn follow_text(text: &str) -> Result<usize> {
        let page = Page::parse("a-page.md", text)?;
        let home = TempDir::new()?;
        follow(&page, home.path(), &[("PATH", SYSTEM.to_owned())]).await
    }

    #[tokio::test]
    async fn correct_page_passes() -> Result<()> {
        let text = "```console\n$ X=4\n$ echo a $X; exit_with() { return $1; }\na ...\n```\n\
                    ```console aws\n$ nothing-here\n```\n\
                    ```console local\n$ exit_with $X # exit 4\n$ exit_with 5 # fails\n```\n";
        assert_eq!(follow_text(text).await?, 4);
        Ok(())
    }

    #[tokio::test]
    async fn jq_substitute_reads_paths() -> Result<()> {
        let home = TempDir::new()?;
        std::fs::write(home.path().join("jq.py"), include_str!("jq.py"))?;
        let path = format!("{}:{SYSTEM}", venv().display());
        let text = "```console\n$ jq() { python3 jq.py \"$@\"; }\n\
                    $ echo '{\"a\": [{\"b\": \"c\"}, {\"d\": null}]}' > file\n\
                    $ jq -r .a[0].b file\nc\n$ jq -r .a[1].d < file\nnull\n\
                    $ jq -r .a[].b file\nc\nnull\n\
                    $ jq '.a | length' file # fails\n...not supported: jq ...\n```\n";
        let page = Page::parse("a-page.md", text)?;
        assert_eq!(follow(&page, home.path(), &[("PATH", path)]).await?, 6);
        Ok(())
    }

    #[tokio::test]
    async fn incorrect_page_fails_at_its_line() {
        let wrong = [
            ("$ echo a\nb", "not found: b"),
            ("$ echo a", "not found: end of output"),
            ("$ false", "exit code 1"),
            ("$ true # exit 4", "exit code 0"),
            ("$ true # fails", "exit code 0"),
            ("$ exit 0", "the command ended the shell"),
            ("$ rolecall-nothing\n", "command not found"),
        ];
        for (step, reason) in wrong {
            let text = format!("Words.\n\n```console\n$ true\n{step}\n$ touch later\n```\n");
            let error = follow_text(&text).await.expect_err(step);
            let message = format!("{error:#}");
            assert!(message.contains("a-page.md:5"), "{message}");
            assert!(message.contains(reason), "{step}: {message}");
        }
    }
}
