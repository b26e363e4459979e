//! A user signs out, on this device or another one.

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
