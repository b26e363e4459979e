//! `rolecall context`.

use serde_json::{Value, json};

use crate::Settings;
use crate::args::ContextCommand;
use crate::client::Address;
use crate::context::{Context, SignIn};
use crate::error::{Error, Exit};
use crate::session::Store;
use crate::terminal::{Output, Terminal};
use crate::view::{View, views};

pub(crate) fn run(
    (global, environment): Settings<'_>,
    command: ContextCommand,
    terminal: &Terminal,
    output: &Output,
) -> Result<Exit, Error> {
    let notify = |line: &str| terminal.note(line);
    let mut contexts = environment.contexts()?;
    let store = environment.sessions(&notify)?;
    match command {
        ContextCommand::List => {
            let chosen = global.context.as_ref().or(environment.context.as_ref());
            let current = chosen.map(String::as_str).or(contexts.current());
            let rows = contexts.all().iter().map(|it| row(it, current, &store));
            let items = rows.collect::<Result<Vec<Value>, Error>>()?;
            let list = json!({"items": items});
            return output.response(&list.to_string(), View::Sections(views::CONTEXTS));
        }
        ContextCommand::Use(name) => {
            contexts.select(&name.name)?;
            contexts.save()?;
            terminal.success(&format!("The current context is {}.", name.name));
            if let Some(variable) = &environment.context {
                terminal.note(&format!(
                    "ROLECALL_CONTEXT is set to {variable}, and is used instead."
                ));
            }
        }
        ContextCommand::Set(args) => {
            let name = args.name.name;
            let known = contexts.find(&name).cloned();
            let api_url = match (&global.api_url, &known) {
                (Some(url), _) => Address::parse(url)?,
                (None, Some(known)) => known.api_url.clone(),
                (None, None) => {
                    return Err(Error::InvalidArguments(format!(
                        "The context {name} is new. Name its hub: --api-url URL."
                    )));
                }
            };
            let given = args.issuer.zip(args.client_id);
            let given = given.map(|(issuer, client_id)| SignIn {
                issuer,
                client_id,
                metadata_url: None,
                tenant_claim: None,
            });
            // The sign-in settings and the groups of another hub do not apply.
            let known = known.filter(|known| known.api_url == api_url);
            let former = known.as_ref().and_then(|known| known.group.clone());
            let sign_in = given.or_else(|| known?.sign_in);
            contexts.set(Context {
                name: name.clone(),
                api_url,
                sign_in,
                group: args.group.or(former.filter(|_| !args.no_group)),
            });
            if contexts.current().is_none() {
                contexts.select(&name)?;
            }
            contexts.save()?;
            terminal.success(&format!("Saved the context {name}."));
        }
        ContextCommand::Remove(name) => {
            let context = contexts.remove(&name.name)?;
            store.remove(&context)?;
            contexts.save()?;
            terminal.success(&format!("Removed the context {}.", name.name));
        }
    }
    Ok(Exit::Success)
}

fn row(context: &Context, current: Option<&str>, store: &Store<'_>) -> Result<Value, Error> {
    let session = store.read(context)?;
    Ok(json!({
        "name": context.name,
        "current": current == Some(&*context.name),
        "api_url": context.api_url.to_string(),
        "issuer": context.sign_in.as_ref().map(|it| &it.issuer),
        "client_id": context.sign_in.as_ref().map(|it| &it.client_id),
        "group": context.group,
        "signed_in_at": session.as_ref().map(|it| it.signed_in_at),
        "valid_until": session.as_ref().map(|it| it.expires_at),
    }))
}
