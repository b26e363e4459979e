//! `rolecall whoami`.

use std::time::Duration;

use rolecall_client::calls;
use serde_json::{Value, json};

use crate::Settings;
use crate::client::{Address, Client};
use crate::config::{self, Credentials};
use crate::error::{Error, Exit};
use crate::oidc::Claims;
use crate::terminal::Output;
use crate::view::{View, views};

/// The claim of hubs with an Amazon Cognito user pool, and the default of others.
const TENANT_CLAIM: &str = "custom:tenant";

/// The time limit for the request of the role.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows the claims of the token that other commands send, and the role that the hub reads from it.
pub(crate) fn run(
    (global, environment): Settings<'_>,
    notify: &dyn Fn(&str),
    output: &Output,
) -> Result<Exit, Error> {
    let (hub, credentials) = config::credentials(global, environment, notify)?;
    let claims = Claims::of(credentials.token().reveal());
    let claim = |name: &str| claims.as_ref().and_then(|claims| claims.text(name));
    let user = claims.as_ref().and_then(Claims::user);
    let until = claims.as_ref().map(|claims| claims.expires_at);
    let mut identity = json!({
        "context": hub.context.as_ref().map(|context| &context.name),
        "api_url": hub.address.to_string(),
        "user": user,
        "subject": claim("sub"),
        "issuer": claim("iss"),
        "valid_until": until,
    });
    let details = match &credentials {
        Credentials::Session(session) => json!({
            "tenant": claim(session.tenant_claim.as_deref().unwrap_or(TENANT_CLAIM)),
            "credentials": "session",
            "signed_in_at": session.signed_in_at,
            "is_renewed": session.is_renewable(),
        }),
        Credentials::Given { source, .. } => json!({
            "tenant": claim(TENANT_CLAIM),
            "credentials": source,
            "signed_in_at": Value::Null,
            "is_renewed": false,
        }),
    };
    identity["role"] = role(&hub.address, &credentials, notify);
    for (name, value) in details.as_object().into_iter().flatten() {
        identity[name] = value.clone();
    }
    output.response(&identity.to_string(), View::Sections(views::IDENTITY))
}

/// The role in the tenant. Null if the hub does not respond, so that the rest can be read offline.
fn role(address: &Address, credentials: &Credentials, notify: &dyn Fn(&str)) -> Value {
    let client = Client::hurried(address.clone(), credentials.token(), PATIENCE);
    let me = client.and_then(|client| client.call_json(&calls::get_me().request));
    match me {
        Ok(me) => me["role"].clone(),
        Err(error) => {
            notify(&format!("Your role is unknown. {error}"));
            Value::Null
        }
    }
}
