//! `GET /.well-known/rolecall`: how users sign in to this hub, and the operator's brand, for clients without a token.

use crate::response::Response;
use rolecall_domain::user::ClaimSettings;
use serde_json::{Value, json};

/// Five minutes.
const CACHED: &str = "public, max-age=300";

/// The sign-in information. It contains no secrets.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The OIDC issuer of the API's tokens.
    pub issuer: String,
    /// The URL of the issuer's metadata.
    pub openid_configuration: String,
    /// The audiences that the API accepts.
    pub audiences: Vec<String>,
    /// The public client of the command line.
    pub client_id: Option<String>,
}

impl SignIn {
    pub(crate) fn response(&self, claims: &ClaimSettings, brand: &Value) -> Response {
        // The API would reject tokens of any other client.
        let is_accepted = |client: &&String| self.audiences.contains(client);
        let sign_in = json!({
            "issuer": self.issuer,
            "openid_configuration": self.openid_configuration,
            "client_id": self.client_id.as_ref().filter(is_accepted),
            "audiences": self.audiences,
            "tenant_claim": claims.tenant,
            "brand": brand,
        });
        Response::json(200, &sign_in)
            .header("cache-control", CACHED.to_owned())
            .header("x-content-type-options", "nosniff".to_owned())
    }
}
