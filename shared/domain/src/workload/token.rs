//! A workload's token: a JSON Web Token, read but not yet verified.
//! <https://www.rfc-editor.org/rfc/rfc7519>, <https://www.rfc-editor.org/rfc/rfc7515>

use super::names::MAX_SUBJECT;
use crate::messages::{Quoted, TokenFault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt;

/// Longer than the tokens of any known issuer, and shorter than the limit of API Gateway for a header.
pub const MAX_TOKEN: usize = 8 * 1024;

/// The signatures that the hub verifies. A token can't choose any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es256,
    Es384,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }
}

/// A token. Its claims must not be used before its signature was verified.
#[derive(Clone)]
pub struct Token {
    pub algorithm: Algorithm,
    pub key_id: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audiences: Vec<String>,
    pub(super) expires: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) issued: Option<Timestamp>,
    /// The text that the signature covers.
    pub signed: String,
    pub signature: Vec<u8>,
}

/// A token can be used until it expires.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("algorithm", &self.algorithm)
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl Token {
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn expires_at(&self) -> Timestamp {
        self.expires
    }

    /// All claims.
    pub fn claims(&self) -> Map<String, Value> {
        let claims = self
            .signed
            .split_once('.')
            .and_then(|(_, claims)| decoded(claims));
        let claims = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        claims.unwrap_or_default()
    }

    /// Reads the value of the header `Authorization`. SDKs send the contents of the token's file unchanged, so
    /// the prefix `Bearer ` is optional.
    ///
    /// # Errors
    /// What is wrong with the token.
    pub fn from_header(value: Option<&str>) -> Result<Self, TokenFault> {
        let value = value.unwrap_or_default().trim();
        let text = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => value,
        };
        match text {
            "" => Err(TokenFault::NoToken),
            text => Self::parse(text),
        }
    }

    /// # Errors
    /// What is wrong with the token.
    pub fn parse(text: &str) -> Result<Self, TokenFault> {
        if text.len() > MAX_TOKEN {
            return Err(TokenFault::TooLong { most: MAX_TOKEN });
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenFault::NotAToken);
        };
        let read = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&decoded(part)?).ok()
        };
        let object = |part: &str| read(part).ok_or(TokenFault::NotAToken);
        let header_values = object(header)?;
        let algorithm = algorithm(&header_values)?;
        let key_id = text_of(&header_values, "kid")?;
        let values = object(claims)?;
        // An access token for another purpose, as Amazon Cognito marks it.
        if let Some(used) = values.get("token_use").filter(|used| *used != "id") {
            let found = shown(used);
            return Err(TokenFault::WrongType { found });
        }
        Ok(Self {
            algorithm,
            key_id,
            issuer: text_of(&values, "iss")?,
            subject: subject(&values)?,
            audiences: audiences(&values)?,
            expires: time(&values, "exp")?.ok_or(TokenFault::ClaimMissing { claim: "exp" })?,
            not_before: time(&values, "nbf")?,
            issued: time(&values, "iat")?,
            signature: decoded(signature).ok_or(TokenFault::NotAToken)?,
            signed: format!("{header}.{claims}"),
        })
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// The header determines only which key is used. `jku`, `x5u`, `jwk` and `x5c`, which name keys,
/// are not read.
fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, TokenFault> {
    let name = header
        .get("alg")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let algorithm = Algorithm::named(name).ok_or_else(|| TokenFault::WrongAlgorithm {
        found: Quoted::new(name),
    })?;
    if header.contains_key("crit") {
        return Err(TokenFault::CriticalHeader);
    }
    match header.get("typ") {
        None => Ok(algorithm),
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("JWT") => Ok(algorithm),
        Some(other) => Err(TokenFault::WrongType {
            found: shown(other),
        }),
    }
}

fn shown(value: &Value) -> Quoted {
    match value {
        Value::String(text) => Quoted::new(text),
        other => Quoted::new(&other.to_string()),
    }
}

/// A member that must be a string. `kid` is in the header, the others are claims.
fn text_of(values: &Map<String, Value>, claim: &'static str) -> Result<String, TokenFault> {
    match values.get(claim) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::Null) => Err(TokenFault::ClaimMissing { claim }),
        Some(_) => Err(TokenFault::ClaimInvalid { claim }),
    }
}

/// <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>
fn subject(values: &Map<String, Value>) -> Result<String, TokenFault> {
    let claim = "sub";
    let text = text_of(values, claim)?;
    match text.len() {
        ..=MAX_SUBJECT => Ok(text),
        _ => Err(TokenFault::ClaimInvalid { claim }),
    }
}

fn audiences(values: &Map<String, Value>) -> Result<Vec<String>, TokenFault> {
    let claim = "aud";
    let texts = match values.get(claim) {
        None | Some(Value::Null) => return Err(TokenFault::ClaimMissing { claim }),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => {
            let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = texts.collect();
            texts.ok_or(TokenFault::ClaimInvalid { claim })?
        }
        Some(_) => return Err(TokenFault::ClaimInvalid { claim }),
    };
    if texts.is_empty() {
        return Err(TokenFault::ClaimMissing { claim });
    }
    Ok(texts)
}

/// A number of seconds. Some issuers write fractions.
fn time(values: &Map<String, Value>, claim: &'static str) -> Result<Option<Timestamp>, TokenFault> {
    let invalid = TokenFault::ClaimInvalid { claim };
    let seconds = match values.get(claim) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(invalid),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of a second does not matter, and what is too large is no time"
    )]
    let whole = seconds
        .as_i64()
        .or_else(|| seconds.as_f64().map(|it| it as i64));
    let time = whole.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map(Some).ok_or(invalid)
}
