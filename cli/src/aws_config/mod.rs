//! `rolecall aws-config --write`: merges the hub's profiles into a file of the user.

mod file;
mod ini;
mod merge;
mod source;

use std::path::{Path, PathBuf};

use crate::args::AwsConfig;
use crate::client::Client;
use crate::config::Environment;
use crate::error::{Error, Exit};
use crate::terminal::Terminal;
use crate::view::text::plain_lines;

/// Fetches the profiles of a group, and merges them into the file.
pub fn write(
    client: &Client,
    args: &AwsConfig,
    file: Option<&Path>,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<Exit, Error> {
    let own = environment.aws_config_file();
    let path: PathBuf = match (file, &own) {
        (Some(path), _) => path.to_owned(),
        (None, Some(own)) => own.clone(),
        (None, None) => {
            return Err(Error::InvalidArguments(
                "No home directory. Name the file: --write FILE.".to_owned(),
            ));
        }
    };
    // Before the request, so that a file that can't be changed is reported at once.
    let target = file::Target::open(&path)?;
    let merge = merge::Merge::new(&target.bytes, args.group_id(), args.force)
        .map_err(|why| merge::not_merged(&path, &why))?;
    let profiles = client.call(&args.command().request)?;
    let block = plain_lines(&profiles);
    let mut merged = merge
        .merged(&block)
        .map_err(|why| merge::not_merged(&path, &why))?;
    if let Some(own) = own.filter(|own| !target.is(own)) {
        let source = source::Source::find(&own, environment, args.source_profile())?;
        merged = source.copied_into(&merged, &target, args.force)?;
        if let Some(warning) = source.warning() {
            terminal.note(&warning);
        }
    }
    let count = ini::sections(block.as_bytes()).count();
    target.replace(&merged)?;
    let profiles = match count {
        1 => "1 profile".to_owned(),
        count => format!("{count} profiles"),
    };
    terminal.success(&format!("Wrote {profiles} to {}.", path.display()));
    Ok(Exit::Success)
}
