//! The issuer redirects a user to the console.

use crate::sign_in::{ATTEMPT, SignIns, random};
use rolecall_domain::Timestamp;
use rolecall_domain::messages::TokenFault;
use rolecall_domain::ports::{
    Clock, Entropy, Grant, IssuerError, Sealer, Sessions, SignInIssuer, SignatureError, StoreError,
};
use rolecall_domain::session::{
    Callback, ClaimError, Flow, Person, ReturnPath, Session, SessionId, SessionKey, Tokens,
    UserKey, check_nonce,
};
use rolecall_domain::workload::Token;

/// The contents of the redirect.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    pub query: &'a [(String, String)],
    /// The cookie of the attempt in the query.
    pub attempt: Option<&'a str>,
    /// The browser's previous session.
    pub session: Option<&'a SessionKey>,
    pub browser: &'a str,
}

impl std::fmt::Debug for Returned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Returned").finish_non_exhaustive()
    }
}

/// A user who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub id: SessionId,
    pub session: Session,
    pub return_to: ReturnPath,
}

/// Why the sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The browser did not start this attempt, or the attempt was used or has expired.
    #[error("no attempt to sign in of this browser")]
    Foreign,
    /// The issuer's error code.
    #[error("the issuer refused: {0}")]
    Refused(String),
    #[error("the ID token can't be used: {0:?}")]
    Token(TokenFault),
    #[error("the ID token's signature was not verified")]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Claims(#[from] ClaimError),
    #[error(transparent)]
    Issuer(IssuerError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TokenFault> for FinishError {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl From<IssuerError> for FinishError {
    fn from(error: IssuerError) -> Self {
        match error {
            IssuerError::Refused(code) => Self::Refused(code),
            IssuerError::Unavailable(_) => Self::Issuer(error),
        }
    }
}

/// Exchanges the code for tokens and opens a session with a new id. The browser's earlier session ends.
///
/// # Errors
/// If the response does not belong to this browser's attempt, or the table, the key or the issuer is not available.
pub async fn finish_sign_in<S, I, L, H>(
    env: &SignIns<S, I, L, H>,
    returned: &Returned<'_>,
) -> Result<SignedIn, FinishError>
where
    S: Sessions,
    I: SignInIssuer,
    L: Sealer,
    H: Clock + Entropy,
{
    let now = env.host.now();
    let flow = attempt(env, returned.attempt).await?;
    let metadata = env.issuer.metadata(now).await?;
    let code = match flow.callback(&metadata, returned.query, now) {
        Callback::Code(code) => code,
        Callback::Refused(code) => return Err(FinishError::Refused(code)),
        Callback::Foreign => return Err(FinishError::Foreign),
    };
    let grant = Grant::Code {
        code: &code,
        verifier: flow.verifier(),
        redirect_uri: &env.settings.redirect_uri,
    };
    let tokens = env.issuer.tokens(grant, now).await?;
    let token = verified(env, &tokens, now).await?;
    check_nonce(&token, flow.nonce())?;
    let person = Person::of(&token, &env.settings.claims.tenant)?;
    // This point is reached only with a valid code, so strangers can't fill the table.
    if !env
        .sessions
        .use_attempt(&flow.mark(), flow.expires_at())
        .await?
    {
        return Err(FinishError::Foreign);
    }
    let user = UserKey::of(token.issuer(), token.subject());
    let id = SessionId::new(user, random(&env.host));
    let session = Session {
        tokens: sealed(env, &id.key(), &tokens).await?,
        key: id.key(),
        person,
        created_at: now,
        seen_at: now,
        browser: returned.browser.to_owned(),
        version: 1,
        tokens_expire_at: token.expires_at(),
        renewing_until: None,
    };
    let until = session.ends_at(env.settings.limits);
    env.sessions.open(&session, until).await?;
    if let Some(former) = returned.session {
        env.sessions.end(former, None).await?;
    }
    Ok(SignedIn {
        id,
        session,
        return_to: flow.return_to,
    })
}

async fn attempt<S, I, L: Sealer, H>(
    env: &SignIns<S, I, L, H>,
    cookie: Option<&str>,
) -> Result<Flow, FinishError> {
    let cookie = cookie.ok_or(FinishError::Foreign)?;
    let text = env.sealer.unseal(ATTEMPT, cookie).await?;
    let text = text.ok_or(FinishError::Foreign)?;
    serde_json::from_str(&text).map_err(|_| FinishError::Foreign)
}

/// The ID token, after its issuer, audience, times and signature were checked.
pub(crate) async fn verified<S, I: SignInIssuer, L, H>(
    env: &SignIns<S, I, L, H>,
    tokens: &Tokens,
    now: Timestamp,
) -> Result<Token, FinishError> {
    let token = Token::parse(&tokens.id_token)?;
    let issuer = &env.settings.issuer;
    if token.issuer() != issuer.issuer.as_str() {
        let found = rolecall_domain::messages::Quoted::new(token.issuer());
        return Err(TokenFault::UnknownIssuer { found }.into());
    }
    issuer.check_claims(&token, now)?;
    env.issuer.verify(&token, now).await?;
    Ok(token)
}

/// The tokens, encrypted for this session only.
pub(crate) async fn sealed<S, I, L: Sealer, H>(
    env: &SignIns<S, I, L, H>,
    key: &SessionKey,
    tokens: &Tokens,
) -> Result<String, StoreError> {
    let text = serde_json::to_string(tokens);
    let text = text.map_err(|error| StoreError::Unavailable(error.into()))?;
    env.sealer.seal(&key.hash, &text).await
}
