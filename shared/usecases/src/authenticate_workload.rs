//! Determines which workload sent a token.

use rolecall_domain::Timestamp;
use rolecall_domain::messages::{Quoted, TokenFault};
use rolecall_domain::ports::{IssuerKeys, PublishedWorkloads, SignatureError, StoreError};
use rolecall_domain::workload::{Issuer, Token, Workload};

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    #[error("the token is not valid")]
    Invalid(TokenFault),
    #[error("the keys of the issuer {issuer} are not available")]
    IssuerUnavailable {
        issuer: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TokenFault> for WorkloadError {
    fn from(fault: TokenFault) -> Self {
        Self::Invalid(fault)
    }
}

/// The workload that the header `Authorization` authenticates. Everything that needs no key is checked
/// first, so that a token that can't be valid causes no fetch.
///
/// # Errors
/// What is wrong with the token.
pub async fn authenticate_workload(
    store: &impl PublishedWorkloads,
    keys: &impl IssuerKeys,
    authorization: Option<&str>,
    now: Timestamp,
) -> Result<Workload, WorkloadError> {
    let token = Token::from_header(authorization)?;
    let workloads = store.workloads().await?;
    let (name, issuer) = workloads.issuer_of(&token)?;
    issuer.check_claims(&token, now)?;
    match keys.verify(&issuer.issuer, &token, now).await {
        Ok(()) => Ok(workloads.workload(name, &token)),
        Err(error) => Err(refused(error, issuer, &token)),
    }
}

fn refused(error: SignatureError, issuer: &Issuer, token: &Token) -> WorkloadError {
    let (issuer, key_id) = (issuer.issuer.to_string(), Quoted::new(&token.key_id));
    let fault = match error {
        SignatureError::UnknownKey => TokenFault::UnknownKey { key_id, issuer },
        SignatureError::WrongKey => TokenFault::WrongKey {
            key_id,
            algorithm: token.algorithm.as_str(),
        },
        SignatureError::WrongSignature => TokenFault::WrongSignature { issuer },
        SignatureError::Unavailable(source) => {
            return WorkloadError::IssuerUnavailable { issuer, source };
        }
    };
    fault.into()
}
