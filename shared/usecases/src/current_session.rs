//! Determines the sender of a request, and the ID token for calls to the API.

use crate::finish_sign_in::{FinishError, sealed, verified};
use crate::sign_in::{RENEWAL, SignIns, corrupt};
use rolecall_domain::ports::{
    Clock, Grant, IssuerError, Sealer, Sessions, SignInIssuer, StoreError,
};
use rolecall_domain::session::{Session, SessionId, Tokens};
use rolecall_domain::{SignedDuration, Timestamp};

/// How long a request waits for another one that renews the tokens, and how often it checks.
const WAITS: usize = 60;
const WAIT: SignedDuration = SignedDuration::from_millis(200);

/// A session that can be used.
#[derive(Debug)]
pub struct Current {
    pub session: Session,
    pub tokens: Tokens,
}

/// Why the sender of a request is unknown.
#[derive(Debug, thiserror::Error)]
pub enum CurrentError {
    /// There is no such session, or it has ended.
    #[error("the session has ended")]
    Ended,
    /// The tokens could not be renewed now.
    #[error("the tokens could not be renewed")]
    NotRenewed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The session of this id, with tokens that are valid for this request. Of several requests at the same time,
/// one renews the tokens, because issuers accept a refresh token once; the others wait and read again.
///
/// # Errors
/// If there is none, or the table, the key or the issuer is not available.
pub async fn current_session<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    id: &SessionId,
) -> Result<Current, CurrentError>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock,
{
    let limits = env.settings.limits;
    for _ in 0..WAITS {
        let now = env.host.now();
        let found = env.sessions.find(&id.key()).await?;
        let live = found.filter(|it| it.session.is_live(limits, it.ended_at, now));
        let session = live.ok_or(CurrentError::Ended)?.session;
        if session.is_to_be_seen(limits, now) {
            env.sessions.see(&session.key, now).await?;
        }
        if !session.is_to_be_renewed(now) {
            let tokens = unsealed(env, &session).await?;
            return Ok(Current { session, tokens });
        }
        let until = now + RENEWAL;
        if env.sessions.begin_renewal(&session, now, until).await? {
            match renew(env, session, now).await {
                // Another request may have renewed them meanwhile, so this one reads again.
                Err(CurrentError::Ended) => continue,
                renewed => return renewed,
            }
        }
        env.host.sleep(WAIT).await;
    }
    Err(CurrentError::NotRenewed(
        "another request did not finish renewing them".into(),
    ))
}

async fn unsealed<S, I, L: Sealer, H>(
    env: &SignIns<S, I, L, H>,
    session: &Session,
) -> Result<Tokens, CurrentError> {
    let text = env
        .sealer
        .unseal(&session.key.hash, &session.tokens)
        .await?;
    let tokens = text.and_then(|text| serde_json::from_str(&text).ok());
    tokens.ok_or_else(|| corrupt(&session.key.hash).into())
}

/// Renews the tokens. The session ends only if the issuer refuses the token, and the refused token is still the
/// stored one. [`CurrentError::Ended`] means that these tokens are of no use, not that there are no others.
async fn renew<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    session: Session,
    now: Timestamp,
) -> Result<Current, CurrentError>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock,
{
    let former = unsealed(env, &session).await?;
    let Some(refresh_token) = &former.refresh_token else {
        env.sessions
            .end(&session.key, Some(session.version))
            .await?;
        return Err(CurrentError::Ended);
    };
    let mut tokens = match env.issuer.tokens(Grant::Refresh(refresh_token), now).await {
        Ok(tokens) => tokens,
        Err(IssuerError::Refused(_)) => {
            env.sessions
                .end(&session.key, Some(session.version))
                .await?;
            return Err(CurrentError::Ended);
        }
        Err(IssuerError::Unavailable(error)) => {
            env.sessions.abandon_renewal(&session).await?;
            return Err(CurrentError::NotRenewed(error));
        }
    };
    // Issuers that do not rotate refresh tokens return none.
    tokens.refresh_token = tokens.refresh_token.or(former.refresh_token);
    let token = match verified(env, &tokens, now).await {
        Ok(token) if token.subject() == session.person.subject => token,
        Ok(_) | Err(FinishError::Token(_)) => {
            env.sessions
                .end(&session.key, Some(session.version))
                .await?;
            return Err(CurrentError::Ended);
        }
        Err(error) => {
            env.sessions.abandon_renewal(&session).await?;
            return Err(CurrentError::NotRenewed(error.into()));
        }
    };
    let renewed = Session {
        tokens: sealed(env, &session.key, &tokens).await?,
        tokens_expire_at: token.expires_at(),
        version: session.version + 1,
        renewing_until: None,
        ..session
    };
    match env.sessions.renew(&renewed).await? {
        true => Ok(Current {
            session: renewed,
            tokens,
        }),
        false => Err(CurrentError::Ended),
    }
}
