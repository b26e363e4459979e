//! Contexts: hubs by name, in a configuration file. The file contains no secrets.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, TomlError, value};

use crate::client::Address;
use crate::error::Error;
use crate::files;
use crate::ids;

/// A named hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub api_url: Address,
    /// The sign-in settings. `rolecall login` requests them from the hub.
    pub sign_in: Option<SignIn>,
    /// The group of new registrations, unless a command names one: its ID or its name.
    pub group: Option<String>,
}

/// The issuer and the client for signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The OIDC issuer of the hub's tokens.
    pub issuer: String,
    /// The public client of the command line.
    pub client_id: String,
    /// The URL of the issuer's metadata, if it is not below the issuer.
    pub metadata_url: Option<String>,
    /// The claim that names the tenant.
    pub tenant_claim: Option<String>,
}

/// The configuration file.
#[derive(Debug)]
pub struct Contexts {
    path: PathBuf,
    document: DocumentMut,
    current: Option<String>,
    contexts: Vec<Context>,
}

const CURRENT: &str = "current";
const CONTEXTS: &str = "contexts";
const KEYS: [&str; 6] = [
    "api_url",
    "issuer",
    "client_id",
    "openid_configuration",
    "tenant_claim",
    "group",
];

impl Contexts {
    /// Reads the file. A file that does not exist is empty.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = files::read(path)?.unwrap_or_default();
        let invalid = |why: String| Error::LocalFile {
            message: format!(
                "The configuration file {} is not valid: {why}",
                path.display()
            ),
            source: None,
        };
        let document: DocumentMut = text.parse().map_err(|error: TomlError| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            invalid(format!(
                "line {line}: {}.",
                error.message().replace('\n', "; ")
            ))
        })?;
        let (current, contexts) = contexts(&document).map_err(invalid)?;
        Ok(Self {
            path: path.to_owned(),
            document,
            current,
            contexts,
        })
    }

    pub fn all(&self) -> &[Context] {
        &self.contexts
    }

    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub fn find(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// The context with this name.
    pub fn get(&self, name: &str) -> Result<&Context, Error> {
        self.find(name).ok_or_else(|| {
            let names: Vec<&str> = self.contexts.iter().map(|it| it.name.as_str()).collect();
            let known = match names.is_empty() {
                true => "There are no contexts yet.".to_owned(),
                false => format!("The contexts are: {}.", names.join(", ")),
            };
            Error::InvalidArguments(format!("No context \"{name}\". {known}"))
        })
    }

    /// The first context of this hub, the current one before others.
    pub fn of_hub(&self, address: &Address) -> Option<&Context> {
        let current = self.current.as_deref().and_then(|name| self.find(name));
        let all = current.into_iter().chain(&self.contexts);
        all.into_iter().find(|context| context.api_url == *address)
    }

    /// A free name for a new context: `default` for the first one, then the first label of the host.
    pub fn new_name(&self, address: &Address) -> String {
        let base = match self.contexts.is_empty() {
            true => "default".to_owned(),
            false => address.host_label(),
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| self.find(name).is_none()).unwrap_or(base)
    }

    /// Adds or replaces a context.
    pub fn set(&mut self, context: Context) {
        let table = match self
            .document
            .get_mut(CONTEXTS)
            .and_then(Item::as_table_like_mut)
        {
            Some(table) => table,
            None => {
                let mut table = Table::new();
                table.set_implicit(true);
                self.document.insert(CONTEXTS, Item::Table(table));
                match self
                    .document
                    .get_mut(CONTEXTS)
                    .and_then(Item::as_table_like_mut)
                {
                    Some(table) => table,
                    None => return,
                }
            }
        };
        if table
            .get(&context.name)
            .and_then(Item::as_table_like)
            .is_none()
        {
            table.insert(&context.name, Item::Table(Table::new()));
        }
        if let Some(entry) = table
            .get_mut(&context.name)
            .and_then(Item::as_table_like_mut)
        {
            let sign_in = context.sign_in.as_ref();
            let values = [
                Some(context.api_url.to_string()),
                sign_in.map(|it| it.issuer.clone()),
                sign_in.map(|it| it.client_id.clone()),
                sign_in.and_then(|it| it.metadata_url.clone()),
                sign_in.and_then(|it| it.tenant_claim.clone()),
                context.group.clone(),
            ];
            for (key, text) in KEYS.into_iter().zip(values) {
                write(entry, key, text);
            }
        }
        match self.contexts.iter_mut().find(|it| it.name == context.name) {
            Some(known) => *known = context,
            None => self.contexts.push(context),
        }
    }

    /// Makes a context the current one.
    pub fn select(&mut self, name: &str) -> Result<(), Error> {
        self.get(name)?;
        write(self.document.as_table_mut(), CURRENT, Some(name.to_owned()));
        self.current = Some(name.to_owned());
        Ok(())
    }

    pub fn remove(&mut self, name: &str) -> Result<Context, Error> {
        let removed = self.get(name)?.clone();
        if let Some(table) = self
            .document
            .get_mut(CONTEXTS)
            .and_then(Item::as_table_like_mut)
        {
            table.remove(name);
        }
        self.contexts.retain(|context| context.name != name);
        if self.current.as_deref() == Some(name) {
            self.document.remove(CURRENT);
            self.current = None;
        }
        Ok(removed)
    }

    pub fn save(&self) -> Result<(), Error> {
        files::write_private(&self.path, &self.document.to_string())
    }
}

/// A name that needs no quotes in the file or in a shell.
pub fn name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a context's name has 1 to 64 letters, digits, hyphens and underscores".to_owned())
    }
}

/// Sets a value in place, so that comments next to it stay.
fn write(table: &mut dyn TableLike, key: &str, text: Option<String>) {
    let old = table.get(key).and_then(Item::as_str);
    if old == text.as_deref() {
        return;
    }
    match text {
        None => drop(table.remove(key)),
        Some(text) => match table.get_mut(key).and_then(Item::as_value_mut) {
            None => drop(table.insert(key, value(text))),
            Some(old) => {
                let decor = old.decor().clone();
                *old = text.into();
                *old.decor_mut() = decor;
            }
        },
    }
}

fn contexts(document: &DocumentMut) -> Result<(Option<String>, Vec<Context>), String> {
    for (key, _) in document.iter() {
        if key != CURRENT && key != CONTEXTS {
            return Err(format!("it has an unknown key \"{key}\"."));
        }
    }
    let current = text(document.as_table(), CURRENT, CURRENT)?;
    let mut found = Vec::new();
    let Some(item) = document.get(CONTEXTS) else {
        return Ok((current, found));
    };
    let table = item.as_table_like();
    let table = table.ok_or("\"contexts\" is not a table.")?;
    for (key, item) in table.iter() {
        let at = format!("contexts.{key}");
        let entry = item.as_table_like();
        let entry = entry.ok_or_else(|| format!("\"{at}\" is not a table."))?;
        found.push(context(key, &at, entry)?);
    }
    Ok((current, found))
}

fn context(key: &str, at: &str, entry: &dyn TableLike) -> Result<Context, String> {
    name(key).map_err(|why| format!("\"{at}\": {why}."))?;
    for (key, _) in entry.iter() {
        if !KEYS.contains(&key) {
            return Err(format!("it has an unknown key \"{at}.{key}\"."));
        }
    }
    let text = |key: &str| text(entry, key, &format!("{at}.{key}"));
    let api_url = text("api_url")?.ok_or_else(|| format!("\"{at}\" has no \"api_url\"."))?;
    let api_url = Address::parse(&api_url).map_err(|error| error.to_string())?;
    let sign_in = match (text("issuer")?, text("client_id")?) {
        (Some(issuer), Some(client_id)) => Some(SignIn {
            issuer,
            client_id,
            metadata_url: text("openid_configuration")?,
            tenant_claim: text("tenant_claim")?,
        }),
        (None, None) => None,
        _ => {
            return Err(format!(
                "\"{at}\" has only one of \"issuer\" and \"client_id\"."
            ));
        }
    };
    let group = text("group")?;
    let group = group
        .map(|name| ids::group_or_name(&name).map_err(|why| format!("\"{at}.group\": {why}.")));
    Ok(Context {
        name: key.to_owned(),
        api_url,
        sign_in,
        group: group.transpose()?,
    })
}

fn text(table: &dyn TableLike, key: &str, at: &str) -> Result<Option<String>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(item) => match item.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(format!("\"{at}\" is not a string.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, Contexts, SignIn};
    use crate::client::Address;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("a URL")
    }

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        (directory, path)
    }

    #[test]
    fn changes_keep_comments_and_other_contexts() {
        let (_directory, path) = file(
            "# mine\ncurrent = \"a\" # today\n\n[contexts.a]\n# the first one\napi_url = \"https://a.example\" # east\n",
        );
        let mut contexts = Contexts::read(&path).expect("valid");
        let sign_in = SignIn {
            issuer: "https://i.example".to_owned(),
            client_id: "c1".to_owned(),
            metadata_url: None,
            tenant_claim: None,
        };
        contexts.set(Context {
            name: "a".to_owned(),
            api_url: address("https://a2.example/v1"),
            sign_in: Some(sign_in.clone()),
            group: None,
        });
        contexts.set(Context {
            name: "b".to_owned(),
            api_url: address("https://b.example"),
            sign_in: None,
            group: Some("Production".to_owned()),
        });
        contexts.select("b").expect("it exists");
        contexts.save().expect("saved");
        let expected = "# mine\ncurrent = \"b\" # today\n\n[contexts.a]\n# the first one\n\
            api_url = \"https://a2.example\" # east\nissuer = \"https://i.example\"\nclient_id = \"c1\"\n\n\
            [contexts.b]\napi_url = \"https://b.example\"\ngroup = \"Production\"\n";
        assert_eq!(std::fs::read_to_string(&path).expect("read"), expected);
        let mut contexts = Contexts::read(&path).expect("valid");
        assert_eq!(contexts.current(), Some("b"));
        assert_eq!(contexts.get("a").expect("a").sign_in, Some(sign_in));
        contexts.remove("b").expect("it exists");
        assert_eq!(contexts.current(), None);
        assert!(contexts.get("b").is_err());
    }

    #[test]
    fn invalid_file_is_reported_with_the_key() {
        let cases = [
            ("currant = \"a\"", "unknown key \"currant\""),
            ("current = 1", "\"current\" is not a string"),
            ("[contexts.a]\nissuer = \"x\"", "has no \"api_url\""),
            (
                "[contexts.a]\napi_url = \"https://a\"\nissuer = \"x\"",
                "only one of",
            ),
            (
                "[contexts.a]\napi_url = \"https://a\"\ntoken = \"x\"",
                "unknown key \"contexts.a.token\"",
            ),
            (
                "[contexts.a]\napi_url = \"http://a.example\"",
                "only a hub on this machine may",
            ),
            (
                "[contexts.\"a b\"]\napi_url = \"https://a\"",
                "letters, digits",
            ),
            ("contexts = 1", "not a table"),
            ("[", "not valid"),
        ];
        for (text, expected) in cases {
            let (_directory, path) = file(text);
            let error = Contexts::read(&path).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn new_context_gets_a_free_name() {
        let (_directory, path) = file("");
        let mut contexts = Contexts::read(&path).expect("valid");
        let hub = address("https://abc123.execute-api.eu-west-1.amazonaws.com");
        let names = ["default", "abc123", "abc123-2"];
        for expected in names {
            let name = contexts.new_name(&hub);
            assert_eq!(name, expected);
            contexts.set(Context {
                name,
                api_url: hub.clone(),
                sign_in: None,
                group: None,
            });
        }
    }
}
