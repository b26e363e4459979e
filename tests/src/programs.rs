//! The programs that the tests run.

use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use rolecall_local::hub::Hub;
use rolecall_local::paths::Tree;

/// The most recent build of a program, by cargo or by cargo-lambda.
pub fn built(program: &str) -> Result<Option<PathBuf>> {
    let own = std::env::current_exe()?;
    let sibling = own
        .ancestors()
        .nth(2)
        .context("not in a target directory")?;
    let target = Tree::default().root().join("target");
    let places = [
        sibling.join(program),
        target.join(program),
        target.join("lambda").join(program).join("bootstrap"),
    ];
    let built = places.into_iter().filter_map(|path| {
        let time: SystemTime = path.metadata().ok()?.modified().ok()?;
        Some((time, path))
    });
    Ok(built.max().map(|(_, path)| path))
}

/// Runs `rolecall-admin` from `make build` against a hub, outside of the source tree. Returns its exit code,
/// stdout and stderr.
pub fn admin(hub: &Hub, arguments: &[&str]) -> Result<(i32, String, String)> {
    let elsewhere = tempfile::tempdir()?;
    let file = hub.file();
    let program = Tree::default().root().join("target/rolecall-admin");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(elsewhere.path())
        .env_clear()
        .env("AWS_ENDPOINT_URL", &file.endpoint_url)
        .env("AWS_REGION", &file.region)
        .env("AWS_ACCESS_KEY_ID", &file.hub_account_id)
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().context("the program was killed")?;
    Ok((code, text(&output.stdout), text(&output.stderr)))
}
