//! Why an event has to be delivered again.

/// The event could not be dealt with to the end; Lambda delivers it again, twice at most.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("no answer could be delivered")]
    Undelivered,
    #[error("the work on the request is not finished")]
    Unfinished,
    #[error("the token keys could not be read")]
    NoKeys,
    /// A customer's stack gets no answer. Either CloudFormation uses a host that this hub does not
    /// know, or a customer forged the URL: an operator has to look.
    #[error("the response URL of an authenticated request is not CloudFormation's")]
    ForeignHost,
}
