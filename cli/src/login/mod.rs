//! `rolecall login`: the code flow with PKCE, in a browser on this machine or with a pasted code.

mod callback;
mod hub;
mod paste;

use std::time::{Duration, Instant};

use crate::Settings;
use crate::args::Login;
use crate::browser;
use crate::client::Address;
use crate::config::{self, Environment};
use crate::context::{Context, Contexts, SignIn};
use crate::error::{Error, Exit};
use crate::oidc::{self, Attempt, Callback, Metadata, Tokens};
use crate::session::Session;
use crate::terminal::Terminal;
use callback::Listener;

pub(crate) fn run(
    (global, environment): Settings<'_>,
    args: &Login,
    terminal: &Terminal,
) -> Result<Exit, Error> {
    let notify = |line: &str| terminal.note(line);
    let mut contexts = environment.contexts()?;
    let store = environment.sessions(&notify)?;
    let (mut context, is_asked) = context(global, environment, &contexts)?;
    let sign_in = match context.sign_in.take().filter(|_| !is_asked) {
        Some(known) => known,
        None => hub::sign_in(&context.api_url)?,
    };
    let metadata = Metadata::read(&sign_in.issuer, sign_in.metadata_url.as_deref())?;
    let flow = Flow {
        args,
        environment,
        terminal,
        sign_in: &sign_in,
        metadata: &metadata,
    };
    let tokens = flow.tokens()?;
    let user = tokens.claims.user().unwrap_or("unknown").to_owned();
    context.sign_in = Some(sign_in);
    contexts.set(context.clone());
    if contexts.current().is_none() {
        contexts.select(&context.name)?;
    }
    contexts.save()?;
    if let Some(session) = Session::new(&context, &metadata, tokens, config::now()) {
        let _lock = store.lock(&context)?;
        store.write(&context, &session)?;
    }
    let (name, api_url) = (&context.name, &context.api_url);
    terminal.success(&format!("Signed in to {name} ({api_url}) as {user}."));
    if contexts.current() != Some(name) {
        let other = contexts.current().unwrap_or_default();
        terminal.note(&format!(
            "The current context is still {other}. To change it, run: rolecall context use {name}"
        ));
    }
    if let Some(variable) = config::overriding(environment) {
        terminal.note(&format!(
            "{variable} is set, so commands use its token instead of this sign-in."
        ));
    }
    Ok(Exit::Success)
}

/// The context to sign in to, and whether to request the sign-in information from the hub, which is done if a
/// URL was given.
fn context(
    global: &crate::args::Global,
    environment: &Environment,
    contexts: &Contexts,
) -> Result<(Context, bool), Error> {
    let url = match (&global.api_url, &global.context) {
        (None, Some(_)) => None,
        (url, _) => url.as_ref().or(environment.api_url.as_ref()),
    };
    let address = url.map(|url| Address::parse(url)).transpose()?;
    let name = global.context.as_ref().or(environment.context.as_ref());
    let known = match (name, &address) {
        (Some(name), _) => contexts.find(name),
        (None, Some(address)) => contexts.of_hub(address),
        (None, None) => contexts.current().and_then(|name| contexts.find(name)),
    };
    let address = match (address, known) {
        (Some(address), _) => address,
        (None, Some(known)) => return Ok((known.clone(), false)),
        (None, None) => {
            return Err(Error::InvalidArguments(
                "No hub. Name its URL: rolecall login --api-url URL. It is the output ApiUrl of the hub's \
                 stack; ask the operator for it."
                    .to_owned(),
            ));
        }
    };
    let name = name.cloned().or_else(|| Some(known?.name.clone()));
    // Another hub has other groups.
    let same_hub = known.filter(|known| known.api_url == address);
    let group = same_hub.and_then(|known| known.group.clone());
    let context = Context {
        name: name.unwrap_or_else(|| contexts.new_name(&address)),
        api_url: address,
        sign_in: None,
        group,
    };
    Ok((context, true))
}

/// One sign-in.
struct Flow<'a> {
    args: &'a Login,
    environment: &'a Environment,
    terminal: &'a Terminal,
    sign_in: &'a SignIn,
    metadata: &'a Metadata,
}

impl Flow<'_> {
    fn tokens(&self) -> Result<Tokens, Error> {
        if self.args.no_browser {
            return self.paste();
        }
        if let Some(why) = self.no_browser() {
            self.terminal
                .note(&format!("{why} Sign in with a pasted code instead."));
            return self.paste();
        }
        match Listener::open() {
            Some(listener) => self.browse(listener),
            None => {
                let ports = callback::PORTS.map(|port| port.to_string()).join(", ");
                self.terminal.note(&format!(
                    "The ports {ports} of this machine are in use by other programs, so the browser can't \
                     report back. Sign in with a pasted code instead."
                ));
                self.paste()
            }
        }
    }

    /// Why a browser on this machine can't be used.
    fn no_browser(&self) -> Option<&'static str> {
        if self.environment.browser.is_some() {
            return None;
        }
        if self.environment.is_remote {
            return Some(
                "This is an SSH session: a browser on your computer can't report to this one.",
            );
        }
        (!self.environment.has_display).then_some("No browser can be opened on this machine.")
    }

    /// Waits for the browser. Requests that do not belong to this attempt are rejected, and do not end it.
    fn browse(&self, listener: Listener) -> Result<Tokens, Error> {
        let attempt = Attempt::new(&self.sign_in.client_id, &listener.redirect_uri())?;
        let url = attempt.authorization_url(self.metadata);
        self.terminal
            .note("Sign in in your browser. If it does not open, open this address:");
        self.terminal.note(&url);
        if let Err(why) = browser::open(&url, self.environment.browser.as_deref()) {
            self.terminal.note(&why);
        }
        let requests = listener.listen();
        let deadline = Instant::now() + self.args.timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(request) = requests.recv_timeout(left) else {
                return Err(timed_out(self.args.timeout));
            };
            match attempt.callback(self.metadata, request.query()) {
                Callback::Foreign => request.reject(),
                Callback::Refused(why) => {
                    let error = refused(&why);
                    request.answer(Err(&error));
                    return Err(error);
                }
                Callback::Code(code) => {
                    let result = oidc::exchange(self.metadata, &attempt, &code, config::now());
                    request.answer(result.as_ref().map(|_| ()));
                    return result;
                }
            }
        }
    }

    fn paste(&self) -> Result<Tokens, Error> {
        let redirect_uri = callback::redirect_uri(callback::PORTS[0]);
        let attempt = Attempt::new(&self.sign_in.client_id, &redirect_uri)?;
        let url = attempt.authorization_url(self.metadata);
        self.terminal
            .note("Open this address in a browser, on any computer, and sign in:");
        self.terminal.note(&url);
        self.terminal.note(&format!(
            "The browser then shows an error, because it can't open {redirect_uri}. Copy the whole address \
             from its address bar."
        ));
        loop {
            let text = paste::read(self.terminal)?;
            match attempt.pasted(self.metadata, &text) {
                Callback::Code(code) => {
                    return oidc::exchange(self.metadata, &attempt, &code, config::now());
                }
                Callback::Refused(why) => return Err(refused(&why)),
                Callback::Foreign => self.terminal.note(
                    "This is not the address of this sign-in. Paste the address that the browser could not \
                     open; it contains code= and state=.",
                ),
            }
        }
    }
}

fn refused(why: &str) -> Error {
    Error::SignInFailed(format!("The issuer refused the sign-in: {why}."))
}

fn timed_out(timeout: Duration) -> Error {
    let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
    Error::TimedOut(format!(
        "The browser did not report back within {}. If it runs on another computer or can't reach this one, \
         run: rolecall login --no-browser",
        crate::client::duration(seconds)
    ))
}
