//! The settings of a command: environment variables, the context, and the client that they configure.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::args::{Global, input};
use crate::aws::Sources;
use crate::client::{Address, Client, RetryPolicy, Token};
use crate::context::{Context, Contexts};
use crate::error::Error;
use crate::session::{self, Store};
use rolecall_client::signer::Signer;

/// The environment variables. An empty one counts as not set.
#[derive(Debug, Default)]
pub struct Environment {
    /// `ROLECALL_API_URL`.
    pub api_url: Option<String>,
    /// `ROLECALL_TOKEN`.
    pub token: Option<Token>,
    /// `ROLECALL_TOKEN_FILE`.
    pub token_file: Option<String>,
    /// `ROLECALL_CONTEXT`.
    pub context: Option<String>,
    /// `ROLECALL_CONFIG`, or the file in the platform's directory.
    config_file: Option<PathBuf>,
    /// The platform's directory for this program's cache.
    cache: Option<PathBuf>,
    /// `AWS_CONFIG_FILE`.
    pub aws_config: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub aws_credentials: Option<String>,
    /// Credentials of AWS.
    pub aws: Sources,
    /// `HOME`.
    pub home: Option<String>,
    /// `NO_COLOR` is set, or the terminal has no colors.
    pub no_color: bool,
    /// `TZ`.
    pub time_zone: Option<String>,
    /// `BROWSER`: the program that opens a page.
    pub browser: Option<String>,
    /// The command runs in an SSH session.
    pub is_remote: bool,
    /// The machine has a graphical session, in which a browser can open.
    pub has_display: bool,
}

impl Environment {
    /// Reads the variables through `lookup`.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let home = set("HOME").or_else(|| set("USERPROFILE"));
        let directories = Directories::find(&set, home.as_deref());
        let is_set = |names: &[&str]| names.iter().any(|name| set(name).is_some());
        Self {
            api_url: set("ROLECALL_API_URL"),
            token: set("ROLECALL_TOKEN").map(Token::from),
            token_file: set("ROLECALL_TOKEN_FILE"),
            aws_config: set("AWS_CONFIG_FILE"),
            aws_credentials: set("AWS_SHARED_CREDENTIALS_FILE"),
            aws: Sources::read(lookup),
            context: set("ROLECALL_CONTEXT"),
            config_file: set("ROLECALL_CONFIG")
                .map(PathBuf::from)
                .or_else(|| Some(directories.config?.join("config.toml"))),
            cache: directories.cache,
            home,
            time_zone: set("TZ"),
            browser: set("BROWSER"),
            is_remote: is_set(&["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]),
            has_display: cfg!(any(target_os = "macos", windows))
                || is_set(&["DISPLAY", "WAYLAND_DISPLAY"]),
            // https://no-color.org
            no_color: set("NO_COLOR").is_some() || set("TERM").as_deref() == Some("dumb"),
        }
    }

    /// The configuration file that the AWS CLI reads.
    pub fn aws_config_file(&self) -> Option<PathBuf> {
        self.aws_file(self.aws_config.as_deref(), "config")
    }

    /// Whether the credentials file has a profile of this name.
    pub fn has_credentials_of(&self, profile: &str) -> bool {
        let path = self.aws_file(self.aws_credentials.as_deref(), "credentials");
        let text = path.and_then(|path| std::fs::read(path).ok());
        let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let header = format!("[{profile}]");
        text.is_some_and(|text| text.lines().any(|line| line.trim() == header))
    }

    fn aws_file(&self, configured: Option<&str>, default: &str) -> Option<PathBuf> {
        let home = self.home.as_deref().map(Path::new);
        match configured {
            Some(path) => Some(match (path.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(path),
            }),
            None => Some(home?.join(".aws").join(default)),
        }
    }
}

/// The platform's directories of this program.
#[derive(Debug, Default)]
struct Directories {
    config: Option<PathBuf>,
    cache: Option<PathBuf>,
}

impl Directories {
    fn find(set: &dyn Fn(&str) -> Option<String>, home: Option<&str>) -> Self {
        let below = |parts: &[&str]| {
            let home = PathBuf::from(home?);
            Some(parts.iter().fold(home, |path, part| path.join(part)))
        };
        // Specified for absolute paths only.
        let named = |name: &str| set(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let (config, cache) = if cfg!(target_os = "macos") {
            (
                named("XDG_CONFIG_HOME").or_else(|| below(&["Library", "Application Support"])),
                named("XDG_CACHE_HOME").or_else(|| below(&["Library", "Caches"])),
            )
        } else if cfg!(windows) {
            (named("APPDATA"), named("LOCALAPPDATA"))
        } else {
            (
                named("XDG_CONFIG_HOME").or_else(|| below(&[".config"])),
                named("XDG_CACHE_HOME").or_else(|| below(&[".cache"])),
            )
        };
        Self {
            config: config.map(|it| it.join("rolecall")),
            cache: cache.map(|it| it.join("rolecall")),
        }
    }
}

impl Environment {
    /// Reads the contexts.
    pub fn contexts(&self) -> Result<Contexts, Error> {
        Contexts::read(self.config_file.as_deref().ok_or_else(no_home)?)
    }

    /// The sessions. `notify` gets a line for a file that other users could read.
    pub fn sessions<'a>(&self, notify: &'a dyn Fn(&str)) -> Result<Store<'a>, Error> {
        let cache = self.cache.as_ref().ok_or_else(no_home)?;
        Ok(Store::new(cache.join("sessions"), notify))
    }

    /// The directory for what can be read again from the hub.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }
}

fn no_home() -> Error {
    Error::InvalidArguments(
        "No home directory, so there is no configuration file. Set HOME, or ROLECALL_API_URL and \
         ROLECALL_TOKEN."
            .to_owned(),
    )
}

/// The variable that is used instead of a session, if one is set.
pub fn overriding(environment: &Environment) -> Option<&'static str> {
    match (&environment.token, &environment.token_file) {
        (Some(_), _) => Some("ROLECALL_TOKEN"),
        (None, Some(_)) => Some("ROLECALL_TOKEN_FILE"),
        (None, None) => None,
    }
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// The hub of a command, and its context if it has one.
#[derive(Debug)]
pub struct Hub {
    pub address: Address,
    pub context: Option<Context>,
}

/// Where a token comes from.
#[derive(Debug)]
pub enum Credentials {
    /// `--token-file`, `ROLECALL_TOKEN` or `ROLECALL_TOKEN_FILE`.
    Given {
        token: Token,
        source: &'static str,
    },
    Session(Box<session::Session>),
}

/// Finds the hub. A URL that is given overrides the URL of a context; `--context` overrides
/// `ROLECALL_API_URL`. The configuration file is read only if it is needed.
pub fn hub(global: &Global, environment: &Environment, needs_context: bool) -> Result<Hub, Error> {
    let url = match (&global.api_url, &global.context) {
        (Some(url), _) => Some(url),
        (None, Some(_)) => None,
        (None, None) => environment.api_url.as_ref(),
    };
    let name = global.context.as_ref().or(environment.context.as_ref());
    let url = url.map(|url| Address::parse(url)).transpose()?;
    if let Some(address) = url {
        // Without a home directory, there are no contexts.
        let context = match needs_context && environment.config_file.is_some() {
            true => context_of(&environment.contexts()?, &address, name)?,
            false => None,
        };
        return Ok(Hub { address, context });
    }
    let contexts = environment.contexts()?;
    let context = match name.map(String::as_str).or(contexts.current()) {
        Some(name) => contexts.get(name)?.clone(),
        None => {
            return Err(Error::InvalidArguments(
                "No hub. Run rolecall login --api-url URL, or set --api-url or ROLECALL_API_URL."
                    .to_owned(),
            ));
        }
    };
    Ok(Hub {
        address: context.api_url.clone(),
        context: Some(context),
    })
}

/// A session belongs to one hub, so a context of another hub has none for this one.
fn context_of(
    contexts: &Contexts,
    address: &Address,
    name: Option<&String>,
) -> Result<Option<Context>, Error> {
    Ok(match name {
        Some(name) => Some(contexts.get(name)?).filter(|it| it.api_url == *address),
        None => contexts.of_hub(address),
    }
    .cloned())
}

/// The token that is given, if there is one.
fn given(global: &Global, environment: &Environment) -> Result<Option<Credentials>, Error> {
    let given = |token, source| Some(Credentials::Given { token, source });
    Ok(
        match (
            &global.token_file,
            &environment.token,
            &environment.token_file,
        ) {
            (Some(path), ..) => given(read_token(path)?, "--token-file"),
            (None, Some(token), _) => given(token.clone(), "ROLECALL_TOKEN"),
            (None, None, Some(path)) => given(read_token(Path::new(path))?, "ROLECALL_TOKEN_FILE"),
            (None, None, None) => None,
        },
    )
}

/// The hub and a token for it, without any request. `None` if the token would have to be renewed.
pub fn at_hand(global: &Global, environment: &Environment) -> Option<(Hub, Token)> {
    let given = given(global, environment).ok()?;
    let hub = hub(global, environment, given.is_none()).ok()?;
    let token = match given {
        Some(given) => given.token(),
        None => {
            let store = environment.sessions(&|_| {}).ok()?;
            let session = store.read(hub.context.as_ref()?).ok()??;
            session.is_fresh(now()).then(|| session.token())?
        }
    };
    Some((hub, token))
}

/// Finds the hub and the token for it. A token that is given overrides a session.
pub fn credentials(
    global: &Global,
    environment: &Environment,
    notify: &dyn Fn(&str),
) -> Result<(Hub, Credentials), Error> {
    let given = given(global, environment)?;
    let hub = hub(global, environment, given.is_none())?;
    if let Some(given) = given {
        return Ok((hub, given));
    }
    let Some(context) = &hub.context else {
        return Err(Error::SignedOut {
            message: format!("You are not signed in to {}.", hub.address),
            command: format!("rolecall login --api-url {}", hub.address),
        });
    };
    let store = environment.sessions(notify)?;
    let session = session::current(&store, context, &now)?;
    Ok((hub, Credentials::Session(Box::new(session))))
}

impl Credentials {
    pub fn token(&self) -> Token {
        match self {
            Self::Given { token, .. } => token.clone(),
            Self::Session(session) => session.token(),
        }
    }
}

/// The group of new registrations that the hub's context names. An operator acts for other tenants, whose
/// groups are not those of the context.
///
/// # Errors
/// If there is none.
pub fn default_group(global: &Global, environment: &Environment) -> Result<String, Error> {
    let context = match global.operator {
        true => None,
        false => hub(global, environment, true)?.context,
    };
    let name = context.as_ref().map_or("NAME", |context| &context.name);
    let missing = format!(
        "No group. Pass one, or set the group of new registrations: rolecall context set {name} --group GROUP"
    );
    let group = context.and_then(|context| context.group);
    group.ok_or(Error::InvalidArguments(missing))
}

/// A client of the hub. Arguments override environment variables, which override the context. `notify`
/// gets a line for each retry.
pub fn client<'a>(
    global: &Global,
    environment: &Environment,
    notify: &'a dyn Fn(&str),
) -> Result<Client<'a>, Error> {
    if global.operator {
        let client = operator(global, environment, notify)?;
        return Ok(client.on_behalf_of(global.tenant.clone()));
    }
    let (hub, credentials) = credentials(global, environment, notify)?;
    Client::new(
        hub.address,
        credentials.token(),
        RetryPolicy::default(),
        notify,
    )
}

/// A client of the operator's API.
pub fn operator<'a>(
    global: &Global,
    environment: &Environment,
    notify: &'a dyn Fn(&str),
) -> Result<Client<'a>, Error> {
    let address = hub(global, environment, false)?.address;
    let region = address.region().map(str::to_owned);
    let region = region.or_else(|| environment.aws.region.clone());
    let region = region.ok_or_else(|| {
        Error::InvalidArguments(
            "The Region of the hub is unknown, because its URL does not name one. Set AWS_REGION to it."
                .to_owned(),
        )
    })?;
    let credentials = environment.aws.credentials()?;
    let signer = Signer::new((&credentials).into(), region);
    Client::new(address, signer, RetryPolicy::default(), notify)
}

fn read_token(path: &Path) -> Result<Token, Error> {
    let text = std::fs::read(path).and_then(|bytes| input::decode(&bytes));
    text.map(Token::from).map_err(|error| {
        let path = path.display();
        Error::NotAuthenticated(format!("Could not read the token file {path}: {error}."))
    })
}

#[cfg(test)]
mod tests {
    use super::Environment;

    fn read(pairs: &[(&str, &str)]) -> Environment {
        Environment::read(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn empty_variable_counts_as_not_set() {
        let environment = read(&[
            ("ROLECALL_API_URL", ""),
            ("ROLECALL_TOKEN", "t"),
            ("NO_COLOR", ""),
        ]);
        assert_eq!(environment.api_url, None);
        assert!(environment.token.is_some());
        assert!(!environment.no_color);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn configuration_is_in_the_directory_of_the_platform() {
        let config = |pairs: &[(&str, &str)]| read(pairs).config_file;
        let home = ("HOME", "/h");
        let at = |path: &str| Some(path.into());
        assert_eq!(config(&[home]), at("/h/.config/rolecall/config.toml"));
        let named = ("XDG_CONFIG_HOME", "/x");
        assert_eq!(config(&[home, named]), at("/x/rolecall/config.toml"));
        let relative = ("XDG_CONFIG_HOME", "x");
        assert_eq!(config(&[home, relative]), config(&[home]));
        let own = ("ROLECALL_CONFIG", "/c.toml");
        assert_eq!(config(&[home, named, own]), at("/c.toml"));
        assert_eq!(config(&[]), None);
    }

    #[test]
    fn colors_can_be_turned_off() {
        assert!(read(&[("NO_COLOR", "1")]).no_color);
        assert!(read(&[("TERM", "dumb")]).no_color);
        assert!(!read(&[("TERM", "xterm")]).no_color);
    }
}
