//! A user signs out, on this device or another one, and at the issuer.

use crate::sign_in::SignIns;
use rolecall_domain::ports::{Clock, Sealer, Sessions, SignInIssuer, StoreError};
use rolecall_domain::session::{Session, Tokens};

/// Ends the session, and revokes its refresh token. The session ends even if the issuer does not respond.
///
/// # Errors
/// If the table is not available.
pub async fn end_session<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    session: &Session,
) -> Result<(), StoreError>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock,
{
    env.sessions.end(&session.key, None).await?;
    let text = env
        .sealer
        .unseal(&session.key.hash, &session.tokens)
        .await?;
    let tokens = text.and_then(|text| serde_json::from_str::<Tokens>(&text).ok());
    if let Some(refresh_token) = tokens.and_then(|tokens| tokens.refresh_token) {
        let revoked = env.issuer.revoke(&refresh_token, env.host.now()).await;
        if let Err(error) = revoked {
            tracing::warn!(%error, "the refresh token of an ended session was not revoked");
        }
    }
    Ok(())
}

/// Where a person ends the session at the issuer, which returns them to this address. `None` if the issuer has no
/// such page, or does not answer.
pub async fn issuer_sign_out_url<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    return_to: &str,
) -> Option<String>
where
    I: SignInIssuer,
    H: Clock,
{
    match env.issuer.metadata(env.host.now()).await {
        Ok(metadata) => {
            let client_id = env.settings.issuer.audience.as_str();
            metadata.sign_out_url(client_id, return_to)
        }
        Err(error) => {
            tracing::warn!(%error, "the page of a person who signed out has no link to the issuer");
            None
        }
    }
}
