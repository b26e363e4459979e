//! How a request is authenticated: with a bearer token, or with a signature.

use std::time::SystemTime;

use rolecall_client::signer::Signer;
use ureq::http::Request;

use super::token::Token;
use crate::error::Error;
use crate::http::BoxError;

/// The sender of requests.
#[derive(Debug, Clone)]
pub enum Authorization {
    /// A tenant's user.
    Bearer(Token),
    /// A service of the operator, with AWS credentials.
    Signed(Signer),
}

impl From<Token> for Authorization {
    fn from(token: Token) -> Self {
        Self::Bearer(token)
    }
}

impl From<Signer> for Authorization {
    fn from(signer: Signer) -> Self {
        Self::Signed(signer)
    }
}

impl Authorization {
    /// # Errors
    /// If the token can't be sent in a header.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Bearer(token) => token.header().map(drop),
            Self::Signed(_) => Ok(()),
        }
    }

    /// Adds the token or the signature.
    pub(super) fn apply(&self, mut request: Request<String>) -> Result<Request<String>, BoxError> {
        match self {
            Self::Bearer(token) => {
                let headers = request.headers_mut();
                headers.insert("authorization", token.header()?);
                Ok(request)
            }
            Self::Signed(signer) => Ok(signer.sign(request, SystemTime::now())?),
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        matches!(self, Self::Signed(_))
    }

    /// Removes the token from text: a gateway may quote a header that it rejects.
    pub(super) fn redact(&self, text: String) -> String {
        match self {
            Self::Bearer(token) => token.redact(text),
            Self::Signed(_) => text,
        }
    }

    /// The likely reason for a rejection by the gateway.
    pub(super) fn rejected(&self) -> String {
        match self {
            Self::Bearer(token) => token.rejected(),
            Self::Signed(_) => "The hub's gateway rejected the request. Your AWS credentials must be of the hub's \
                 account and may have expired, and their IAM policy must allow execute-api:Invoke on this path."
                .to_owned(),
        }
    }
}
