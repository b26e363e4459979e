//! A user starts to sign in.

use crate::sign_in::{ATTEMPT, SignIns, random};
use rolecall_domain::ports::{Clock, Entropy, IssuerError, Sealer, SignInIssuer, StoreError};
use rolecall_domain::session::{Flow, ReturnPath, Secrets};

/// A started attempt.
#[derive(Debug)]
pub struct Begun {
    /// The URL at which the user signs in.
    pub url: String,
    /// The name and the value of the attempt's cookie.
    pub cookie: (String, String),
}

/// Why no attempt could be started.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Anyone can start to sign in, so nothing is stored: the browser keeps the encrypted attempt.
///
/// # Errors
/// If the issuer or the key is not available.
pub async fn begin_sign_in<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    return_to: ReturnPath,
) -> Result<Begun, BeginError>
where
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
{
    let now = env.host.now();
    let metadata = env.issuer.metadata(now).await?;
    let secrets = Secrets {
        state: random(&env.host),
        nonce: random(&env.host),
        verifier: random(&env.host),
    };
    let flow = Flow::new(&secrets, return_to, now);
    let settings = &env.settings;
    let client_id = settings.issuer.audience.as_str();
    let url = flow.authorization_url(&metadata, client_id, &settings.redirect_uri);
    let text =
        serde_json::to_string(&flow).map_err(|error| StoreError::Unavailable(error.into()))?;
    let sealed = env.sealer.seal(ATTEMPT, &text).await?;
    Ok(Begun {
        url,
        cookie: (flow.own_cookie_name(), sealed),
    })
}
