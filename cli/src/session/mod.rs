//! The session of a signed-in user: the tokens of a context, in a file that only its owner may read.

mod store;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use store::Store;

use crate::client::Token;
use crate::context::Context;
use crate::error::Error;
use crate::oidc::{self, Refreshed, Tokens};

/// A token is renewed when it expires within this time, so that it does not expire on its way.
const LEEWAY_SECONDS: i64 = 60;

/// The tokens of a user, and the data for renewing and revoking them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The only hub that receives the token.
    pub api_url: String,
    pub issuer: String,
    pub client_id: String,
    pub tenant_claim: Option<String>,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    id_token: String,
    refresh_token: Option<String>,
    pub signed_in_at: Timestamp,
    pub expires_at: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut session = f.debug_struct("Session");
        session.field("api_url", &self.api_url);
        session.field("expires_at", &self.expires_at);
        session.finish_non_exhaustive()
    }
}

impl Session {
    /// The session after signing in to a context.
    pub fn new(
        context: &Context,
        metadata: &oidc::Metadata,
        tokens: Tokens,
        now: Timestamp,
    ) -> Option<Self> {
        let sign_in = context.sign_in.as_ref()?;
        Some(Self {
            api_url: context.api_url.to_string(),
            issuer: sign_in.issuer.clone(),
            client_id: sign_in.client_id.clone(),
            tenant_claim: sign_in.tenant_claim.clone(),
            token_endpoint: metadata.token_endpoint.clone(),
            revocation_endpoint: metadata.revocation_endpoint.clone(),
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            signed_in_at: now,
            expires_at: tokens.expires_at,
        })
    }

    /// The token that the hub accepts.
    pub fn token(&self) -> Token {
        Token::from(self.id_token.clone())
    }

    /// Whether the token can be renewed without signing in again.
    pub fn is_renewable(&self) -> bool {
        self.refresh_token.is_some()
    }

    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires_at.as_second().saturating_sub(now.as_second()) > LEEWAY_SECONDS
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Whether the session belongs to the context as it is now.
    fn is_of(&self, context: &Context) -> bool {
        let sign_in = context.sign_in.as_ref();
        self.api_url == context.api_url.to_string()
            && sign_in.is_some_and(|it| it.issuer == self.issuer && it.client_id == self.client_id)
    }

    fn renew(mut self, tokens: Tokens) -> Self {
        self.id_token = tokens.id_token;
        // An issuer that rotates refresh tokens has invalidated the old one.
        self.refresh_token = tokens.refresh_token.or(self.refresh_token);
        self.expires_at = tokens.expires_at;
        self
    }

    /// Revokes the refresh token at the issuer. Returns false if the issuer offers no revocation.
    pub fn revoke(&self) -> Result<bool, Error> {
        match (&self.revocation_endpoint, &self.refresh_token) {
            (Some(endpoint), Some(token)) => {
                oidc::revoke(endpoint, &self.client_id, token)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// The session of a context, renewed if its token expires soon. Only one process at a time renews it;
/// the others wait, and use the renewed one: an issuer that rotates refresh tokens rejects the second use.
pub fn current(
    store: &Store,
    context: &Context,
    now: &dyn Fn() -> Timestamp,
) -> Result<Session, Error> {
    let session = store.read(context)?;
    if let Some(session) = session.filter(|session| session.is_fresh(now())) {
        return Ok(session);
    }
    let lock = store.lock(context)?;
    let session = store.read(context)?.ok_or_else(|| never(context))?;
    if session.is_fresh(now()) {
        return Ok(session);
    }
    let Some(refresh_token) = session.refresh_token.clone() else {
        return match session.is_expired(now()) {
            true => Err(ended(context, &session, now())),
            false => Ok(session),
        };
    };
    let request = oidc::Refresh {
        token_endpoint: &session.token_endpoint,
        issuer: &session.issuer,
        client_id: &session.client_id,
        refresh_token: &refresh_token,
    };
    let refreshed = oidc::refresh(&request, now);
    let renewed = match refreshed {
        Ok(Refreshed::Renewed(tokens)) => session.renew(tokens),
        Ok(Refreshed::Ended) => {
            let ended = ended(context, &session, now());
            let session = Session {
                refresh_token: None,
                ..session
            };
            store.write(context, &session)?;
            return Err(ended);
        }
        // The token is still valid for less than the leeway.
        Err(_) if !session.is_expired(now()) => return Ok(session),
        Err(error) => return Err(error),
    };
    store.write(context, &renewed)?;
    drop(lock);
    Ok(renewed)
}

fn never(context: &Context) -> Error {
    Error::SignedOut {
        message: format!(
            "You are not signed in to {} ({}).",
            context.name, context.api_url
        ),
        command: login_command(context),
    }
}

fn ended(context: &Context, session: &Session, now: Timestamp) -> Error {
    let at = session.expires_at;
    let ago = crate::client::duration(now.as_second().saturating_sub(at.as_second()).max(0));
    let at = at.strftime("%Y-%m-%d %H:%M:%SZ");
    Error::SignedOut {
        message: format!(
            "Your sign-in to {} ({}) expired {ago} ago, at {at}, and can't be renewed.",
            context.name, context.api_url
        ),
        command: login_command(context),
    }
}

fn login_command(context: &Context) -> String {
    format!("rolecall login --context {}", context.name)
}
