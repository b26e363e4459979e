//! `rolecall workload-token`: writes a token of AWS's outbound identity federation to a file, from which the
//! AWS SDKs send it to the hub. AWS itself writes no such file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::args::WorkloadToken;
use crate::aws::{Sources, Sts, WebIdentityTokenRequest};
use crate::error::{Error, Exit};
use crate::terminal::Terminal;

/// The first pause after a failure. Each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Writes the token once, or repeatedly.
///
/// # Errors
/// Only for the first token. `--watch` repeats later failures.
pub fn run(args: &WorkloadToken, sources: &Sources, terminal: &Terminal) -> Result<Exit, Error> {
    let region = args.region.as_ref().or(sources.region.as_ref());
    let region = region.ok_or_else(|| {
        Error::InvalidArguments("No AWS Region. Set --region or AWS_REGION.".to_owned())
    })?;
    let sts = Sts::new(region, sources.endpoint_url.as_deref())?;
    renew(args, sources, &sts)?;
    terminal.note(&format!(
        "The token was written to {}.",
        args.file.display()
    ));
    if !args.watch {
        return Ok(Exit::Success);
    }
    let mut failures = 0;
    loop {
        thread::sleep(pause(args.seconds, failures));
        match renew(args, sources, &sts) {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                terminal.print_error(&error);
            }
        }
    }
}

fn renew(args: &WorkloadToken, sources: &Sources, sts: &Sts) -> Result<(), Error> {
    let credentials = sources.credentials()?;
    let wanted = WebIdentityTokenRequest {
        audience: &args.audience,
        seconds: args.seconds,
    };
    let token = sts.web_identity_token(&credentials, &wanted)?;
    write(&args.file, token.as_str())
}

/// Until the next attempt. After a success, a third of the token's validity remains for retries.
fn pause(seconds: u32, failures: u32) -> Duration {
    match failures {
        0 => Duration::from_secs(u64::from(seconds) * 2 / 3),
        failures => LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.saturating_pow(failures - 1)),
    }
}

/// Replaces the file, so that a program reads either the previous token or the new one. The content is
/// the token alone: it is sent as a header, in which a line feed is not allowed.
fn write(path: &Path, token: &str) -> Result<(), Error> {
    let temporary = temporary(path);
    let written = create(&temporary, token).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // Best effort: the error to report is the first one.
        drop(fs::remove_file(&temporary));
        Error::LocalFile {
            message: format!("Could not write {}.", path.display()),
            source: Some(source),
        }
    })
}

/// In the same directory, so that the file can be renamed into place.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

/// Only the owner can read it, from its creation on and whatever the umask.
fn create(path: &Path, token: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(token.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_renewed_with_time_left_and_failures_are_repeated_soon() {
        let seconds = |token, failures| pause(token, failures).as_secs();
        assert_eq!((seconds(3600, 0), seconds(60, 0)), (2400, 40));
        assert_eq!(
            [1, 2, 3, 6, 40].map(|failures| seconds(3600, failures)),
            [2, 4, 8, 60, 60]
        );
    }
}
