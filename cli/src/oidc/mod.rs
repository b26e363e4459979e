//! OpenID Connect for a public client: the issuer's metadata, the code flow with PKCE, and tokens.
//! <https://openid.net/specs/openid-connect-core-1_0.html>, RFC 7636, RFC 8252, RFC 9207

mod claims;
mod pkce;

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub use claims::Claims;
pub use pkce::{Attempt, Callback};

use crate::error::Error;
use crate::http::{self, is_secure};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The path of the metadata below an issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The part of the issuer's metadata that a public client needs.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub revocation_endpoint: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The tokens of a response. The access token is not used, because the hub requires the ID token.
pub struct Tokens {
    pub id_token: String,
    pub refresh_token: Option<String>,
    pub expires_at: Timestamp,
    pub claims: Claims,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut tokens = f.debug_struct("Tokens");
        tokens.field("expires_at", &self.expires_at);
        tokens.finish_non_exhaustive()
    }
}

impl Metadata {
    /// Reads the metadata of an issuer from `url`, or from below the issuer.
    pub fn read(issuer: &str, url: Option<&str>) -> Result<Self, Error> {
        let below = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
        let url = url.unwrap_or(&below);
        check_url(url, "metadata")?;
        let response = http::get(url, TIMEOUT).map_err(|source| unreachable(url, source))?;
        if response.status != 200 {
            return Err(Error::SignInFailed(format!(
                "The issuer's metadata at {url} can't be read: status {}.",
                response.status
            )));
        }
        let metadata: Self = serde_json::from_str(&response.body).map_err(|error| {
            Error::SignInFailed(format!(
                "The issuer's metadata at {url} is invalid: {error}."
            ))
        })?;
        // Compared as a whole: a token of another issuer is not a token of this hub.
        if metadata.issuer != issuer {
            return Err(Error::SignInFailed(format!(
                "The metadata at {url} is of the issuer \"{}\", but the hub's issuer is \"{issuer}\".",
                metadata.issuer
            )));
        }
        check_url(&metadata.authorization_endpoint, "authorization endpoint")?;
        check_url(&metadata.token_endpoint, "token endpoint")?;
        if let Some(endpoint) = &metadata.revocation_endpoint {
            check_url(endpoint, "revocation endpoint")?;
        }
        Ok(metadata)
    }

    /// With `openid` alone, Cognito's ID token has every attribute that the client can read. Other issuers
    /// return a refresh token only for `offline_access`.
    fn scope(&self) -> &'static str {
        let is_supported = |scope: &String| scope == "offline_access";
        match self.scopes_supported.iter().any(is_supported) {
            true => "openid offline_access",
            false => "openid",
        }
    }
}

fn check_url(url: &str, what: &str) -> Result<(), Error> {
    match is_secure(url) {
        true => Ok(()),
        false => Err(Error::SignInFailed(format!(
            "The issuer's {what} \"{url}\" is not an https URL."
        ))),
    }
}

/// Exchanges the code of a callback for tokens.
pub fn exchange(
    metadata: &Metadata,
    attempt: &Attempt,
    code: &str,
    now: Timestamp,
) -> Result<Tokens, Error> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", attempt.client_id()),
        ("redirect_uri", attempt.redirect_uri()),
        ("code", code),
        ("code_verifier", attempt.verifier()),
    ];
    let response = post(&metadata.token_endpoint, &fields)?;
    let tokens = match response {
        Ok(tokens) => tokens,
        Err(why) => {
            return Err(Error::SignInFailed(format!(
                "The issuer did not accept the code: {why}."
            )));
        }
    };
    let claims = tokens.claims()?;
    claims
        .check(&metadata.issuer, attempt.client_id(), now)
        .and_then(|()| claims.check_nonce(attempt.nonce()))
        .map_err(invalid_token)?;
    Ok(tokens.with(claims))
}

/// A request for a new ID token.
pub struct Refresh<'a> {
    pub token_endpoint: &'a str,
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub refresh_token: &'a str,
}

/// The result of using a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    Renewed(Tokens),
    /// It has expired or was revoked.
    Ended,
}

pub fn refresh(request: &Refresh<'_>, now: &dyn Fn() -> Timestamp) -> Result<Refreshed, Error> {
    check_url(request.token_endpoint, "token endpoint")?;
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", request.client_id),
        ("refresh_token", request.refresh_token),
    ];
    let tokens = match post(request.token_endpoint, &fields)? {
        Ok(tokens) => tokens,
        Err(why) if why.code == "invalid_grant" => return Ok(Refreshed::Ended),
        Err(why) => {
            return Err(Error::SignInFailed(format!(
                "The issuer did not renew the token: {why}."
            )));
        }
    };
    let claims = tokens.claims()?;
    claims
        .check(request.issuer, request.client_id, now())
        .map_err(invalid_token)?;
    Ok(Refreshed::Renewed(tokens.with(claims)))
}

/// Revokes a refresh token (RFC 7009).
pub fn revoke(endpoint: &str, client_id: &str, refresh_token: &str) -> Result<(), Error> {
    check_url(endpoint, "revocation endpoint")?;
    let fields = [
        ("token", refresh_token),
        ("token_type_hint", "refresh_token"),
        ("client_id", client_id),
    ];
    let response = http::post_form(endpoint, &fields, TIMEOUT);
    let response = response.map_err(|source| unreachable(endpoint, source))?;
    match response.status {
        200..300 => Ok(()),
        status => Err(Error::SignInFailed(format!(
            "The issuer did not revoke the refresh token: status {status}."
        ))),
    }
}

/// A successful response of the token endpoint.
#[derive(Deserialize)]
struct TokenResponse {
    id_token: Option<String>,
    refresh_token: Option<String>,
}

impl TokenResponse {
    fn claims(&self) -> Result<Claims, Error> {
        let claims = self.id_token.as_deref().and_then(Claims::of);
        claims.ok_or_else(|| {
            Error::SignInFailed(
                "The issuer's response has no ID token, which the hub requires.".to_owned(),
            )
        })
    }

    fn with(self, claims: Claims) -> Tokens {
        Tokens {
            id_token: self.id_token.unwrap_or_default(),
            refresh_token: self.refresh_token,
            expires_at: claims.expires_at,
            claims,
        }
    }
}

/// An error response of the token endpoint (RFC 6749, section 5.2).
struct Refusal {
    code: String,
    description: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        match &self.description {
            Some(description) => write!(f, " ({description})"),
            None => Ok(()),
        }
    }
}

fn post(endpoint: &str, fields: &[(&str, &str)]) -> Result<Result<TokenResponse, Refusal>, Error> {
    let response = http::post_form(endpoint, fields, TIMEOUT);
    let response = response.map_err(|source| unreachable(endpoint, source))?;
    if response.status == 200 {
        return serde_json::from_str(&response.body).map(Ok).map_err(|_| {
            Error::SignInFailed("The issuer's response is not a token response.".to_owned())
        });
    }
    if response.status >= 500 {
        let status = format!("status {}", response.status);
        return Err(unreachable(endpoint, status.into()));
    }
    let body: Value = serde_json::from_str(&redacted(&response.body, fields)).unwrap_or_default();
    let code = body["error"].as_str().map(str::to_owned);
    Ok(Err(Refusal {
        code: code.unwrap_or_else(|| format!("status {}", response.status)),
        description: body["error_description"].as_str().map(str::to_owned),
    }))
}

/// The text without the secrets of the request, which an issuer may quote in an error.
fn redacted(text: &str, fields: &[(&str, &str)]) -> String {
    const SECRETS: [&str; 3] = ["code", "code_verifier", "refresh_token"];
    let secrets = fields.iter().filter(|(name, _)| SECRETS.contains(name));
    // A shorter value is not a secret, and replacing it would garble the text.
    let secrets = secrets.filter(|(_, value)| value.len() >= 8);
    secrets.fold(text.to_owned(), |text, (_, value)| {
        text.replace(value, "[secret]")
    })
}

fn unreachable(url: &str, source: http::BoxError) -> Error {
    Error::IssuerUnreachable {
        url: url.to_owned(),
        source,
    }
}

fn invalid_token(why: String) -> Error {
    Error::SignInFailed(format!("The issuer's ID token can't be used: {why}."))
}
