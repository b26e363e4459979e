//! An issuer of users' tokens, without a network.

use crate::{TestIssuer, lock};
use jiff::Timestamp;
use rolecall_domain::ports::{Grant, IssuerError, SignInIssuer, SignatureError};
use rolecall_domain::session::{Metadata, Tokens};
use rolecall_domain::workload::{IssuerUrl, Token};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Something that happens while the issuer decides.
type Meanwhile = Box<dyn FnOnce() + Send>;

/// The state of the issuer.
#[derive(Default)]
struct State {
    /// The claims of a code or a refresh token.
    codes: BTreeMap<String, Value>,
    refresh_tokens: BTreeMap<String, Value>,
    renewals: usize,
    issued: usize,
    revoked: Vec<String>,
    unavailable: bool,
    /// Where people sign out, if the issuer has such a page.
    end_session_endpoint: Option<String>,
    meanwhile: Option<Meanwhile>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// An issuer whose codes and refresh tokens are used once.
#[derive(Debug)]
pub struct FakeIssuer {
    /// Signs the tokens.
    signer: TestIssuer,
    client_id: String,
    state: Mutex<State>,
}

impl FakeIssuer {
    pub fn new(client_id: &str) -> Self {
        Self {
            signer: TestIssuer::start(),
            client_id: client_id.to_owned(),
            state: Mutex::default(),
        }
    }

    pub fn url(&self) -> &str {
        self.signer.url()
    }

    /// The claims of a user's ID token.
    pub fn claims(&self, subject: &str, tenant: &str, now: Timestamp) -> Value {
        let now = now.as_second();
        json!({
            "iss": self.url(), "sub": subject, "aud": self.client_id, "iat": now, "exp": now + 3600,
            "token_use": "id", "custom:tenant": tenant, "email": format!("{subject}@{tenant}.example"),
        })
    }

    /// A code for an ID token with these claims.
    pub fn code(&self, claims: Value) -> String {
        let mut state = lock(&self.state);
        state.issued += 1;
        let code = format!("code-{}", state.issued);
        state.codes.insert(code.clone(), claims);
        code
    }

    /// Stops responding, or responds again.
    pub fn fail(&self, unavailable: bool) {
        lock(&self.state).unavailable = unavailable;
    }

    /// Lets people sign out at this address.
    pub fn sign_people_out_at(&self, endpoint: &str) {
        lock(&self.state).end_session_endpoint = Some(endpoint.to_owned());
    }

    /// How often tokens were renewed.
    pub fn renewals(&self) -> usize {
        lock(&self.state).renewals
    }

    /// Removes all refresh tokens, as when a user is removed.
    pub fn forget(&self) {
        lock(&self.state).refresh_tokens.clear();
    }

    /// Runs this while the issuer handles the next renewal.
    pub fn meanwhile(&self, then: impl FnOnce() + Send + 'static) {
        lock(&self.state).meanwhile = Some(Box::new(then));
    }

    pub fn revoked(&self) -> Vec<String> {
        lock(&self.state).revoked.clone()
    }

    fn check_available(&self) -> Result<(), IssuerError> {
        match lock(&self.state).unavailable {
            true => Err(IssuerError::Unavailable("the issuer is down".into())),
            false => Ok(()),
        }
    }
}

impl SignInIssuer for FakeIssuer {
    async fn metadata(&self, _now: Timestamp) -> Result<Arc<Metadata>, IssuerError> {
        self.check_available()?;
        let url = self.url();
        let document = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "revocation_endpoint": format!("{url}/revoke"),
            "end_session_endpoint": lock(&self.state).end_session_endpoint,
        });
        let issuer = IssuerUrl::parse(url).map_err(|it| IssuerError::Unavailable(it.into()))?;
        let metadata = Metadata::parse(document.to_string().as_bytes(), &issuer, true);
        let metadata = metadata.map_err(|it| IssuerError::Unavailable(it.into()))?;
        Ok(Arc::new(metadata))
    }

    async fn tokens(&self, grant: Grant<'_>, now: Timestamp) -> Result<Tokens, IssuerError> {
        self.check_available()?;
        let mut state = lock(&self.state);
        let claims = match grant {
            Grant::Code { code, .. } => state.codes.remove(code),
            Grant::Refresh(token) => {
                if let Some(meanwhile) = state.meanwhile.take() {
                    meanwhile();
                }
                state.renewals += 1;
                state.refresh_tokens.remove(token)
            }
        };
        let mut claims = claims.ok_or_else(|| IssuerError::Refused("invalid_grant".to_owned()))?;
        if matches!(grant, Grant::Refresh(_)) {
            claims["iat"] = json!(now.as_second());
            claims["exp"] = json!(now.as_second() + 3600);
        }
        state.issued += 1;
        let refresh_token = format!("refresh-{}", state.issued);
        state
            .refresh_tokens
            .insert(refresh_token.clone(), claims.clone());
        Ok(Tokens {
            id_token: self.signer.sign(&claims),
            refresh_token: Some(refresh_token),
        })
    }

    async fn revoke(&self, refresh_token: &str, _now: Timestamp) -> Result<(), IssuerError> {
        self.check_available()?;
        let mut state = lock(&self.state);
        state.refresh_tokens.remove(refresh_token);
        state.revoked.push(refresh_token.to_owned());
        Ok(())
    }

    /// Compares the token with what the issuer signs.
    async fn verify(&self, token: &Token, _now: Timestamp) -> Result<(), SignatureError> {
        let claims = Value::Object(token.claims());
        let ours = self.signer.sign(&claims);
        let signed = ours.rsplit_once('.').map(|(signed, _)| signed);
        let ours = Token::parse(&ours)
            .ok()
            .filter(|_| signed == Some(&*token.signed));
        match ours.is_some_and(|ours| ours.signature == token.signature) {
            true => Ok(()),
            false => Err(SignatureError::WrongSignature),
        }
    }
}
