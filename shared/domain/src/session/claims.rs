//! The claims that the console reads from a verified ID token.

use crate::text::{Tenant, check_line};
use crate::workload::Token;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// The longest name that pages show.
const LONGEST_NAME: usize = 200;

/// Why a verified token does not sign anyone in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The token belongs to another sign-in attempt.
    #[error("the token's nonce is not the one of this attempt to sign in")]
    OtherAttempt,
    /// The user belongs to no tenant.
    #[error("the token has no tenant")]
    NoTenant,
}

/// A signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub tenant: Tenant,
    pub subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Person {
    /// # Errors
    /// [`ClaimError::NoTenant`] if the claim is not a tenant's name.
    pub fn of(token: &Token, tenant_claim: &str) -> Result<Self, ClaimError> {
        let claims = token.claims();
        let tenant = text(&claims, tenant_claim).and_then(|it| Tenant::parse(it).ok());
        Ok(Self {
            tenant: tenant.ok_or(ClaimError::NoTenant)?,
            subject: token.subject().to_owned(),
            name: legible(&claims, "name"),
            email: legible(&claims, "email"),
        })
    }

    /// The name of the user on pages.
    pub fn display_name(&self) -> &str {
        let names = [&self.name, &self.email];
        let known = names.into_iter().flatten().next();
        known.unwrap_or(&self.subject)
    }
}

/// Binds the token to one sign-in attempt.
///
/// # Errors
/// [`ClaimError::OtherAttempt`].
pub fn check_nonce(token: &Token, nonce: &str) -> Result<(), ClaimError> {
    let claims = token.claims();
    let found = text(&claims, "nonce").unwrap_or_default();
    match found.as_bytes().ct_eq(nonce.as_bytes()).into() {
        true => Ok(()),
        false => Err(ClaimError::OtherAttempt),
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Users can write these claims, so they are shown only if they are legible.
fn legible(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = text(claims, name)?;
    let is_legible = check_line(text, LONGEST_NAME).is_ok();
    is_legible.then(|| text.to_owned())
}
