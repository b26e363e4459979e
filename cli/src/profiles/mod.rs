//! `rolecall aws-config --write`: the hub's profiles in a file that the person keeps themselves.

mod file;
mod ini;
mod merge;
mod source;

use std::path::{Path, PathBuf};

use crate::args::AwsConfig;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::screen::Screen;
use crate::view::text::plain_lines;

/// Asks the hub for a group's profiles, and merges them into the file.
pub fn write(
    hub: &Hub,
    wish: &AwsConfig,
    file: Option<&Path>,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let own = environment.aws_config_file();
    let path: PathBuf = match (file, &own) {
        (Some(path), _) => path.to_owned(),
        (None, Some(own)) => own.clone(),
        (None, None) => {
            let why = "There is no home directory. Name the file: --write FILE.";
            return Err(Failure::Usage(why.to_owned()));
        }
    };
    // Before the hub is asked: what can't be changed is told at once.
    let target = file::Target::open(&path)?;
    let plan = merge::Plan::new(&target.bytes, wish.group_id(), wish.force)
        .map_err(|why| merge::refused(&path, &why))?;
    let profiles = hub.call(&wish.plan().request)?;
    let mut block = plain_lines(&profiles);
    if let Some(own) = own.filter(|own| !target.is(own)) {
        let source = source::Source::find(&own, environment, wish.source_profile())?;
        block.push_str(&source.carried(&target, &plan)?);
        if let Some(note) = source.note() {
            screen.note(&note);
        }
    }
    let merged = plan
        .merged(&block)
        .map_err(|why| merge::refused(&path, &why))?;
    let count = ini::sections(block.as_bytes()).count();
    target.replace(&merged)?;
    let what = match count {
        1 => "1 profile".to_owned(),
        count => format!("{count} profiles"),
    };
    screen.note(&format!("Wrote {what} to {}.", path.display()));
    Ok(Exit::Done)
}
