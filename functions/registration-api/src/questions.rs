//! Questions that the hub's role answers in the customer's account.

mod decoded_message;
mod simulation;

use crate::Api;
use rolecall_domain::check::{AssumeOutcome, Read};
use rolecall_domain::messages::{Localized, Message, NoAnswer};
use rolecall_domain::ports::{AssumeRole, Assumed, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::remedy::{Reader, Remedy};
use rolecall_usecases::Env;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// A session of the hub's role in the account, or the reason why there is none.
    async fn session(
        &self,
        account: &Account,
    ) -> Result<<E::Customers as AssumeRole>::Session, Localized> {
        let (role, external_id) = (&account.role.arn, &account.external_id);
        let outcome = match self.env.customers().assume(role, external_id).await {
            Assumed::Granted { session, granted }
                if granted.role_unique_id == account.role.unique_id =>
            {
                return Ok(session);
            }
            Assumed::Granted { .. } => {
                return Err(NoAnswer::HubRoleRecreated.localized());
            }
            Assumed::Not(outcome) => outcome,
        };
        Err(match outcome {
            AssumeOutcome::Throttled => NoAnswer::Throttled,
            AssumeOutcome::RegionDisabled => NoAnswer::StsInactive,
            AssumeOutcome::Refused | AssumeOutcome::Forbidden(_) => NoAnswer::HubRoleUnassumable,
            AssumeOutcome::HubDenied(_) => NoAnswer::HubDenied,
            AssumeOutcome::Unreachable | AssumeOutcome::Granted(_) => NoAnswer::NoUsableResponse,
        }
        .localized())
    }
}

/// The value that was read, or the reason why it could not be read.
fn seen<T>(read: Read<T>) -> Result<T, Localized> {
    match read {
        Read::Seen(value) => Ok(value),
        Read::Denied(denial) => {
            let action = denial.action.to_string();
            let what = NoAnswer::HubRoleNotAllowed { action }.localized();
            Err(what.then(&Remedy::RestoreHubRole.instruction(Reader::User)))
        }
        Read::NotFound => Err(NoAnswer::RoleDeleted.localized()),
        Read::Throttled => Err(NoAnswer::Throttled.localized()),
        Read::Unreachable => Err(NoAnswer::NoUsableResponse.localized()),
    }
}

fn split<T>(answer: Result<T, Localized>) -> (Option<T>, Option<Localized>) {
    match answer {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    }
}

fn verdict(reason: Option<&Localized>) -> &'static str {
    reason.map_or("answered", |_| "inconclusive")
}
