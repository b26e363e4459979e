//! The command that `exec` runs.

use std::ffi::OsString;
use std::process::Command;

use crate::error::{Error, Exit};

/// Replaces this process, so that signals and the exit code are the command's.
#[cfg(unix)]
pub(super) fn replace(mut command: Command) -> Result<Exit, Error> {
    use std::os::unix::process::CommandExt;
    let source = command.exec();
    Err(not_started(&command.get_program().to_owned(), source))
}

#[cfg(not(unix))]
pub(super) fn replace(command: Command) -> Result<Exit, Error> {
    std::process::exit(wait(command)?)
}

/// Runs the command to its end, and passes it the signals that this process gets. Returns its exit code, which is
/// 128 and the number of the signal that ended it, as in a shell.
pub(super) fn wait(command: Command) -> Result<i32, Error> {
    let program = command.get_program().to_owned();
    let failed = |source| not_started(&program, source);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime
        .block_on(async {
            #[cfg(unix)]
            let mut signals = signals::Signals::new()?;
            let mut child = tokio::process::Command::from(command).spawn()?;
            #[cfg(unix)]
            loop {
                tokio::select! {
                    status = child.wait() => break status,
                    signal = signals.next() => signals::pass(signal, child.id()),
                }
            }
            #[cfg(not(unix))]
            child.wait().await
        })
        .map(code)
        .map_err(failed)
}

#[cfg(unix)]
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let signal = || status.signal().map(|signal| 128 + signal);
    status.code().or_else(signal).unwrap_or(1)
}

#[cfg(not(unix))]
fn code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

fn not_started(program: &OsString, source: std::io::Error) -> Error {
    Error::LocalFile {
        message: format!("Could not run {}.", program.to_string_lossy()),
        source: Some(source),
    }
}

#[cfg(unix)]
mod signals {
    use std::io;

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    /// The signals that end or notify a command.
    pub(super) struct Signals {
        interrupt: Stream,
        quit: Stream,
        terminate: Stream,
        hangup: Stream,
        one: Stream,
        two: Stream,
    }

    impl Signals {
        /// From now on, these signals do not end this process.
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
                one: signal(SignalKind::user_defined1())?,
                two: signal(SignalKind::user_defined2())?,
            })
        }

        pub(super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.quit.recv() => Signal::QUIT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hangup.recv() => Signal::HUP,
                _ = self.one.recv() => Signal::USR1,
                _ = self.two.recv() => Signal::USR2,
            }
        }
    }

    /// Passes a signal to the command. Signals from keys of the terminal also reach the command directly, so
    /// they are not passed a second time.
    pub(super) fn pass(signal: Signal, child: Option<u32>) {
        let of_terminal = matches!(signal, Signal::INT | Signal::QUIT) && is_in_foreground();
        let child = child.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(child) = child.filter(|_| !of_terminal) {
            // The command has ended if there is no such process.
            let _ = kill_process(child, signal);
        }
    }

    /// Whether a terminal sends the signals of its keys to this process and the command.
    fn is_in_foreground() -> bool {
        tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp())
    }
}
