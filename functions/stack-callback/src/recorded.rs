//! The account that a request is about.

use crate::request::{Request, Resource};
use rolecall_domain::messages::Reason;
use rolecall_domain::ports::Records;
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::Account;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::remedy::Remedy;
use rolecall_usecases::{Env, UseCaseError};

/// The registration's account, if the request is about the resource that registered it, or about the
/// preflight of the same stack.
pub(crate) async fn recorded_account(
    env: &impl Env,
    request: &Request,
    registration: &Registration,
) -> Result<Option<Account>, UseCaseError> {
    let Some(account_id) = registration.account_id() else {
        return Ok(None);
    };
    let account = env
        .store()
        .account(&registration.tenant, account_id)
        .await?;
    Ok(account.filter(|account| match request.resource_kind {
        Resource::Registration => request.resource().is_of_account(account),
        Resource::Preflight => {
            account.stack_id == request.key.stack_id && request.is_of_accepted_preflight()
        }
    }))
}

pub(crate) fn other_external_id() -> Refusal {
    Refusal::new(
        Code::VerificationFailed,
        &Reason::OtherExternalId,
        &Remedy::RestoreExternalId(Vec::new()),
    )
}
