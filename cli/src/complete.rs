//! Shell completion, with the IDs and the names of the hub's records. It has a time limit, and reports no errors.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Command, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::args::{Cli, Global};
use crate::client::{Client, Token};
use crate::config::{self, Environment, Hub};
use crate::files;
use crate::view::text::plain;
use rolecall_client::{Request, calls};

/// The variable that makes the program complete a command line instead of running it.
const VARIABLE: &str = "ROLECALL_COMPLETE";

/// The user waits after pressing a key.
const TIMEOUT: Duration = Duration::from_millis(1_500);

/// Several keys in a row need one request.
const CACHED: Duration = Duration::from_secs(30);

/// A longer list helps no one choose.
const LIMIT: &str = "100";

/// Completes a command line and exits, if the shell asks for it.
pub fn run() {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

/// The script that makes a shell ask.
pub(crate) fn script(shell: Shell) -> std::io::Result<Vec<u8>> {
    let shells = Shells::builtins();
    let shell = shells
        .completer(&shell.to_string())
        .ok_or_else(|| std::io::Error::other("no completion for this shell"))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "rolecall", "rolecall", "rolecall", &mut script)?;
    Ok(script)
}

/// The command line, with a completer for each argument that names a record.
fn command() -> Command {
    with_completers(Cli::command(), "")
}

fn with_completers(command: Command, parent: &str) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(
            |argument| match completer(parent, argument.get_id().as_str()) {
                Some(completer) => argument.add(completer),
                None => argument,
            },
        )
        .mut_subcommands(|command| with_completers(command, &name))
}

/// The completer of an argument. `parent` is the command above the argument's own.
fn completer(parent: &str, argument: &str) -> Option<ArgValueCompleter> {
    let kind = match (parent, argument) {
        (_, "group" | "to_group") => Kind::Group,
        (_, "account") => Kind::Account,
        (_, "registration") => Kind::Registration,
        (_, "orphaned_stack") => Kind::OrphanedStack,
        (_, "context") | ("context", "name") => return Some(ArgValueCompleter::new(contexts)),
        _ => return None,
    };
    Some(ArgValueCompleter::new(move |typed: &OsStr| {
        candidates(kind, typed).unwrap_or_default()
    }))
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Group,
    Account,
    Registration,
    OrphanedStack,
}

/// A record of the hub.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    id: String,
    /// The name and the AWS account ID, if an argument can be these, too.
    others: Vec<String>,
    label: String,
}

impl Record {
    /// The candidates for the input: names before IDs, because users recognize them.
    fn candidate(self, typed: &str) -> Option<CompletionCandidate> {
        let Self { id, others, label } = self;
        let mut values = others.into_iter().chain([id.clone()]);
        let value = values.find(|value| value.starts_with(typed))?;
        // The description of a name is the ID, if there is nothing else to show.
        let help = if label == value { id } else { label };
        let help = Some(help).filter(|help| !help.is_empty());
        Some(CompletionCandidate::new(value).help(help.map(Into::into)))
    }
}

/// Shells insert a candidate unchanged, so it must be one word that no shell changes.
fn is_word(text: &str) -> bool {
    let mut chars = text.chars();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    chars.next().is_some_and(char::is_alphanumeric) && chars.all(is_plain)
}

impl Kind {
    fn request(self) -> Request {
        let request: Request = match self {
            Self::Group => calls::list_groups().into(),
            Self::Account => Request::get("/v1/accounts".to_owned()),
            Self::Registration => Request::get("/v1/registrations".to_owned()),
            Self::OrphanedStack => calls::list_orphaned_stacks(None).into(),
        };
        request.query("limit", Some(LIMIT.to_owned()))
    }

    /// The fields with the ID and with the values that users recognize.
    fn fields(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::Group => ("group_id", ["name", ""]),
            Self::Account => ("account_id", ["name", "aws_account_id"]),
            Self::Registration => ("registration_id", ["account_name", "status"]),
            Self::OrphanedStack => ("orphaned_stack_id", ["stack_name", "aws_account_id"]),
        }
    }

    /// Whether an argument accepts these values instead of the ID.
    fn has_names(self) -> bool {
        matches!(self, Self::Group | Self::Account)
    }

    fn records(self, page: &Value) -> Vec<Record> {
        let (id, labels) = self.fields();
        let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
        // A name that two records share is ambiguous. Records beyond this page may have the same name, too.
        let is_whole = page["next_cursor"].is_null();
        let is_unique = |field: &str, value: &str| {
            is_whole && items.iter().filter(|item| item[field] == value).count() == 1
        };
        let record = |item: &Value| {
            let values = || {
                labels
                    .iter()
                    .filter_map(|name| Some((name, item[name].as_str()?)))
            };
            let others = values().filter(|(name, value)| {
                self.has_names() && is_word(value) && is_unique(name, value)
            });
            let label: Vec<&str> = values().map(|(_, value)| value).collect();
            Some(Record {
                id: plain(item[id].as_str()?),
                others: others.map(|(_, value)| value.to_owned()).collect(),
                label: plain(&label.join(", ")),
            })
        };
        items.iter().filter_map(record).collect()
    }
}

fn environment() -> Environment {
    Environment::read(&|name| std::env::var(name).ok())
}

fn contexts(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let contexts = environment().contexts().ok();
    let all = contexts.iter().flat_map(|contexts| contexts.all());
    all.filter(|context| context.name.starts_with(&*typed))
        .map(|context| {
            let help = context.api_url.to_string();
            CompletionCandidate::new(&context.name).help(Some(help.into()))
        })
        .collect()
}

fn candidates(kind: Kind, typed: &OsStr) -> Option<Vec<CompletionCandidate>> {
    let typed = typed.to_str()?;
    let records = records(kind)?.into_iter();
    Some(
        records
            .filter_map(|record| record.candidate(typed))
            .collect(),
    )
}

fn records(kind: Kind) -> Option<Vec<Record>> {
    let environment = environment();
    let words: Vec<String> = std::env::args().collect();
    let global = Global {
        api_url: option(&words, "--api-url"),
        context: option(&words, "--context"),
        token_file: option(&words, "--token-file").map(PathBuf::from),
        ..Global::default()
    };
    let (hub, token) = config::at_hand(&global, &environment)?;
    let cache = cache(&environment, &hub, &token, kind);
    if let Some(records) = cache.as_ref().and_then(read) {
        return Some(records);
    }
    let client = Client::hurried(hub.address, token, TIMEOUT).ok()?;
    let page = client.call_json(&kind.request()).ok()?;
    let records = kind.records(&page);
    if let Some((path, text)) = cache.zip(serde_json::to_string(&records).ok()) {
        drop(files::write_private(&path, &text));
    }
    Some(records)
}

/// The file for a list. Another token may see other records, so it has another file.
fn cache(environment: &Environment, hub: &Hub, token: &Token, kind: Kind) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    hash.update(format!("{} {kind:?} ", hub.address));
    hash.update(token.reveal());
    let hash = hash.finalize();
    let name: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let directory = environment.cache()?.join("completion");
    Some(directory.join(format!("{name}.json")))
}

fn read(path: &PathBuf) -> Option<Vec<Record>> {
    let written = fs::metadata(path).ok()?.modified().ok()?;
    let age = SystemTime::now().duration_since(written).ok()?;
    if age > CACHED {
        drop(fs::remove_file(path));
        return None;
    }
    serde_json::from_str(&files::read(path).ok()??).ok()
}

/// The value of an option on the command line that is being completed.
fn option(words: &[String], name: &str) -> Option<String> {
    let with_value = format!("{name}=");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().cloned();
        }
        if let Some(value) = word.strip_prefix(&with_value) {
            return Some(value.to_owned());
        }
    }
    None
}
