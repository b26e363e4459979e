//! Why an event must be delivered again.

/// The event could not be processed completely. Lambda delivers it again, at most twice.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("the answer could not be delivered")]
    Undelivered,
    #[error("the work on the request is not finished")]
    Unfinished,
    #[error("the token keys could not be read")]
    NoKeys,
    /// A customer's stack gets no answer. Either CloudFormation uses a host that this hub does not
    /// know, or a customer forged the URL. An operator must investigate.
    #[error("the response URL of an authenticated request is not CloudFormation's")]
    ForeignHost,
}
