//! Requests the sign-in information of a hub.

use std::time::Duration;

use serde::Deserialize;

use crate::client::Address;
use crate::context::SignIn;
use crate::error::Error;
use crate::http;

const TIMEOUT: Duration = Duration::from_secs(40);

/// The response of `GET /.well-known/rolecall`.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    openid_configuration: String,
    client_id: Option<String>,
    tenant_claim: String,
}

pub(super) fn sign_in(address: &Address) -> Result<SignIn, Error> {
    let url = address.url("/.well-known/rolecall");
    let response = http::get(&url, TIMEOUT).map_err(|source| Error::Unreachable {
        url: address.to_string(),
        source,
    })?;
    let discovery: Option<Discovery> = serde_json::from_str(&response.body).ok();
    let Some(discovery) = discovery.filter(|_| response.status == 200) else {
        return Err(Error::InvalidResponse(format!(
            "{url} does not say how to sign in (status {})",
            response.status
        )));
    };
    let Some(client_id) = discovery.client_id else {
        return Err(Error::SignInFailed(format!(
            "The hub at {address} has no client for the command line. Ask the operator to set the parameter \
             CliClientId, or use ROLECALL_TOKEN."
        )));
    };
    let issuer = discovery.issuer;
    let default = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let metadata_url = discovery.openid_configuration;
    Ok(SignIn {
        metadata_url: (metadata_url != default).then_some(metadata_url),
        issuer,
        client_id,
        tenant_claim: (discovery.tenant_claim != "custom:tenant").then_some(discovery.tenant_claim),
    })
}
