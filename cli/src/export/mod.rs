//! `rolecall export`: writes the accounts to standard output or to a file, or merges profiles into a file of the
//! user.

mod file;
mod ini;
mod merge;
mod source;

use std::path::PathBuf;

use crate::Settings;
use crate::args::Export;
use crate::client::Client;
use crate::config::Environment;
use crate::error::{Error, Exit};
use crate::terminal::{Output, Terminal};
use crate::view::text::plain_lines;
use file::Target;
use merge::{Merge, not_merged};
use rolecall_client::Exported;
use source::Source;

pub(crate) fn run(
    client: &Client,
    args: &Export,
    (global, environment): Settings<'_>,
    terminal: &Terminal,
    output: &Output,
) -> Result<Exit, Error> {
    // Before the request, so that a file that can't be changed is reported immediately.
    let target = target(args, environment)?;
    let answer = client.call(&args.request(global))?;
    let mut exported: Exported = serde_json::from_str(&answer)
        .map_err(|e| Error::InvalidResponse(format!("not an export ({e})")))?;
    exported.content = plain_lines(&exported.content);
    let Some(target) = target else {
        let exit = output.text(&exported.content)?;
        if !args.has_comments() {
            report_omitted(&exported, terminal);
        }
        return Ok(exit);
    };
    report_omitted(&exported, terminal);
    if args.merge.is_some() {
        return merge(&exported, args, &target, environment, terminal);
    }
    target.replace(exported.content.as_bytes(), |_| Ok(()))?;
    let (accounts, path) = (count(exported.account_count, "account"), target.path());
    terminal.success(&format!("Wrote {accounts} to {}.", path.display()));
    if target.is_shared() {
        let path = path.display();
        terminal.note(&format!(
            "Other users of this machine can read {path}, which may contain external IDs."
        ));
    }
    Ok(Exit::Success)
}

/// The file to write, if any.
fn target(args: &Export, environment: &Environment) -> Result<Option<Target>, Error> {
    let path: PathBuf = match (&args.file, &args.merge) {
        (Some(path), _) | (None, Some(Some(path))) => path.clone(),
        (None, Some(None)) => environment.aws_config_file().ok_or_else(|| {
            Error::InvalidArguments("No home directory. Name the file: --merge FILE.".to_owned())
        })?,
        (None, None) => return Ok(None),
    };
    if args.merge.is_some() && args.format != "aws-config" {
        return Err(Error::InvalidArguments(format!(
            "Only the format aws-config can be merged. Write {} to a file of its own with --file.",
            args.format
        )));
    }
    Target::open(&path).map(Some)
}

fn report_omitted(exported: &Exported, terminal: &Terminal) {
    for one in &exported.omitted {
        let (name, digits) = (&one.name, &one.aws_account_id);
        terminal.note(&format!("Left out: {name} ({digits}). {}", one.reason));
    }
}

fn merge(
    exported: &Exported,
    args: &Export,
    target: &Target,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<Exit, Error> {
    let path = target.path();
    let refused = |why: String| not_merged(path, &why);
    let block = exported.block.as_deref().filter(|name| is_word(name));
    let block = block.ok_or_else(|| Error::InvalidResponse("no name of a block".to_owned()))?;
    let merge = Merge::new(&target.bytes, block, args.force).map_err(refused)?;
    let content = &exported.content;
    check_credentials(content, environment).map_err(refused)?;
    let mut merged = merge.merged(content).map_err(refused)?;
    let own = environment.aws_config_file();
    if let (Some(own), Some(profile)) = (own, args.source_profile())
        && !target.is(&own)
    {
        let source = Source::find(&own, environment, profile)?;
        merged = source.copied_into(&merged, target, args.force)?;
        if let Some(warning) = source.warning() {
            terminal.note(&warning);
        }
    }
    target.replace(&merged, |read| merge::check_written(read, block, content))?;
    let profiles = count(ini::sections(content.as_bytes()).count(), "profile");
    terminal.success(&format!("Wrote {profiles} to {}.", path.display()));
    Ok(Exit::Success)
}

/// Keys in the credentials file take precedence over the profile of the same name.
fn check_credentials(content: &str, environment: &Environment) -> Result<(), String> {
    let mut sections = ini::sections(content.as_bytes());
    let taken = sections.find(|section| environment.has_credentials_of(&section.name));
    match taken {
        None => Ok(()),
        Some(section) => Err(format!(
            "Your credentials file has a profile {}, whose keys would be used instead. Rename one of them, for \
             example with --profile-template.",
            section.name
        )),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}
