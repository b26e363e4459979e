//! The claims of a user's token. API Gateway verifies the token's signature, issuer, audience and
//! expiration, and passes the claims on as text: a list becomes `[a b]`.

use super::role::Role;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Which claims the hub reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSettings {
    /// The claim that names the tenant.
    pub tenant: String,
    /// The claim with the role, or with a list that contains it.
    pub role: String,
    /// The role of users whose token does not have the claim.
    pub default_role: Role,
}

impl Default for ClaimSettings {
    fn default() -> Self {
        Self {
            tenant: "custom:tenant".to_owned(),
            role: "custom:role".to_owned(),
            default_role: Role::Viewer,
        }
    }
}

impl ClaimSettings {
    /// The user's role. A claim that is present but can't be read results in the lowest role, never in the default.
    ///
    /// `verified` has the claims as the gateway passed them on. `authorization` is the header with the
    /// token that the gateway verified; a list is read from it, because its text is ambiguous.
    pub fn role(&self, verified: &Value, authorization: Option<&str>) -> Role {
        let verified = verified.get(&self.role);
        let name = verified.and_then(Value::as_str);
        if let Some(role) = name.and_then(Role::parse) {
            return role;
        }
        let claimed = match authorization.map(payload) {
            Some(Some(claims)) => claims.get(&self.role).cloned(),
            Some(None) => return Role::Viewer,
            None => None,
        };
        match (name, claimed) {
            (Some(text), Some(Value::Array(items))) => of_list(text, &items),
            (None, None) if verified.is_none() => self.default_role,
            _ => Role::Viewer,
        }
    }
}

/// The highest role in a list, which can also contain other groups. The gateway's text must have the
/// same words, so that only the token that it verified counts.
fn of_list(verified: &str, items: &[Value]) -> Role {
    let names: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let Some(names) = names else {
        return Role::Viewer;
    };
    if !words(verified).eq(names.iter().copied().flat_map(words)) {
        return Role::Viewer;
    }
    let roles = names.into_iter().filter_map(Role::parse);
    roles.max().unwrap_or_default()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | ',' | '"');
    text.split(separates).filter(|word| !word.is_empty())
}

/// The claims of the only token in the header. `None` if the header contains anything else: the
/// gateway joins repeated headers with a comma.
fn payload(authorization: &str) -> Option<Map<String, Value>> {
    let token = match authorization.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => authorization.trim(),
    };
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
