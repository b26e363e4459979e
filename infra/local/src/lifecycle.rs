//! Starts and stops local hubs, and runs a command with a temporary hub.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context, Result, anyhow};

use crate::aws::{LOCAL_REGION, root_user};
use crate::deploy::{Options, deploy};
use crate::emulator::{Emulator, HUB_ACCOUNT};
use crate::hub_file::{ENV, HubFile};
use crate::interrupt::Interrupt;
use crate::paths::Tree;
use crate::process;
use crate::progress::Progress;
use crate::tenants;

/// The running hub of `state_dir`, if there is one and it responds.
pub async fn running(state_dir: &Path) -> Option<HubFile> {
    let file = HubFile::read(&HubFile::path_in(state_dir)).ok()?;
    let alive = file.emulator.is_ours() && file.emulator.is_healthy().await;
    alive.then_some(file)
}

/// Starts a hub in `state_dir`. Stops everything if that fails.
pub async fn start(state_dir: &Path, options: &Options, progress: &Progress) -> Result<HubFile> {
    let mut interrupt = Interrupt::listen()?;
    let tree = Tree::default();
    std::fs::create_dir_all(state_dir)
        .with_context(|| format!("can't create {}", state_dir.display()))?;
    let emulator = progress
        .step(
            "start the emulator",
            Emulator::start(&tree.emulator()?, state_dir, options.port),
        )
        .await?;
    let deployed = tokio::select! {
        deployed = deploy(&tree, &emulator, options, progress) => deployed,
        () = interrupt.happened() => Err(anyhow!("interrupted")),
    };
    let written = deployed.and_then(|file| {
        file.write(&HubFile::path_in(state_dir))?;
        Ok(file)
    });
    if written.is_err() {
        emulator.stop().await?;
    }
    written.with_context(|| format!("the emulator's log is {}", emulator.log_file.display()))
}

/// Signs the users in again, because a local hub may run longer than tokens are valid.
pub async fn renew_tokens(state_dir: &Path, mut file: HubFile) -> Result<HubFile> {
    let account = root_user(HUB_ACCOUNT, LOCAL_REGION, &file.endpoint_url);
    file.users = tenants::sign_in(
        account.signer(),
        file.output("UserPoolId")?,
        file.output("UserPoolClientId")?,
    )
    .await?;
    file.tokens = tenants::owners(&file.users);
    file.write(&HubFile::path_in(state_dir))?;
    Ok(file)
}

/// Stops the hub of `state_dir`. Returns `false` if there was none.
pub async fn stop(state_dir: &Path) -> Result<bool> {
    let path = HubFile::path_in(state_dir);
    if !path.exists() {
        return Ok(false);
    }
    let file = HubFile::read(&path)?;
    let was_running = file.emulator.is_ours();
    if was_running {
        file.emulator.stop().await?;
    }
    std::fs::remove_file(&path).with_context(|| format!("can't remove {}", path.display()))?;
    // Removes only the unpacked functions, and keeps the log for debugging.
    let temporary = state_dir.join("tmp");
    if temporary.exists() {
        std::fs::remove_dir_all(&temporary)
            .with_context(|| format!("can't remove {}", temporary.display()))?;
    }
    Ok(was_running)
}

/// A hub in a temporary directory.
#[derive(Debug)]
pub struct TemporaryHub {
    directory: tempfile::TempDir,
    file: HubFile,
}

impl TemporaryHub {
    pub async fn start(options: &Options, progress: &Progress) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("rolecall-").tempdir()?;
        match start(directory.path(), options, progress).await {
            Ok(file) => Ok(Self { directory, file }),
            Err(error) => {
                let kept = directory.keep();
                Err(error.context(format!("the directory is kept: {}", kept.display())))
            }
        }
    }

    pub fn file(&self) -> &HubFile {
        &self.file
    }

    pub fn path(&self) -> PathBuf {
        HubFile::path_in(self.directory.path())
    }

    /// Stops the hub. After a failure, keeps its directory with the emulator's log, and returns it.
    pub async fn stop(self, failed: bool) -> Result<Option<PathBuf>> {
        stop(self.directory.path()).await?;
        Ok(failed.then(|| self.directory.keep()))
    }
}

/// Runs a command with a new hub, and always stops the hub afterwards.
pub async fn with_hub(command: &[String], options: &Options) -> Result<ExitStatus> {
    let mut interrupt = Interrupt::listen()?;
    let progress = Progress::new();
    let (program, arguments) = command.split_first().context("no command given")?;
    let hub = TemporaryHub::start(options, &progress).await?;
    progress.print(&format!(
        "  the temporary hub is ready after {}",
        progress.elapsed()
    ));
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .env(ENV, hub.path())
        .kill_on_drop(true)
        .spawn();
    let mut interrupted = false;
    let status = match child {
        Ok(mut child) => tokio::select! {
            status = child.wait() => status,
            () = interrupt.happened() => {
                interrupted = true;
                // Ctrl-C also reaches the command. Another signal reaches only this program.
                if let Some(pid) = child.id() {
                    process::terminate(pid);
                }
                child.wait().await
            }
        },
        Err(error) => Err(error),
    };
    let failed = !status.as_ref().is_ok_and(ExitStatus::success);
    if let Some(kept) = hub.stop(failed && !interrupted).await? {
        progress.print(&format!(
            "  the emulator's log is kept in {}",
            kept.display()
        ));
    }
    status.with_context(|| format!("can't run {program}"))
}
