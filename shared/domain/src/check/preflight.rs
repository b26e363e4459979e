//! The checks of a stack that has created nothing yet. They make no calls to AWS.

use super::expected::Hub;
use super::hub_role::wrong_account;
use super::outcome::Outcome;
use super::report::{CheckCode, Report};
use crate::aws::{AwsAccountId, SeenStack, StackId};
use crate::messages::CheckMessage;
use crate::remedy::{Remedy, StackToDelete};
use jiff::Timestamp;

/// A stack before it creates anything.
#[derive(Debug, Clone, Copy)]
pub struct NewStack<'a> {
    pub stack_id: &'a StackId,
    /// The only AWS account that the registration accepts.
    pub pinned_account: Option<&'a AwsAccountId>,
    /// Whether the stack has the registration's external ID.
    pub external_id_matches: bool,
    pub hub: &'a Hub,
}

/// The checks that the stack fails. `None` if it may create its resources.
pub fn preflight(stack: &NewStack<'_>, now: Timestamp) -> Option<Report> {
    let id = stack.stack_id;
    let account = wrong_account(id.account(), stack.hub, stack.pinned_account);
    let account = account.map(|(message, remedy)| {
        let failed = Outcome::failed(&message, remedy);
        let failed = failed.with("accounts", [id.account().to_string()]);
        failed.named(CheckCode::ArnMismatch, id.partition())
    });
    let external_id = (!stack.external_id_matches).then(|| {
        let this = StackToDelete::new(id.clone(), SeenStack::default());
        let remedy = Remedy::CreateFromLink(this);
        let failed = Outcome::failed(&CheckMessage::ExternalIdDiffers, remedy);
        failed.named(CheckCode::ExternalIdMismatch, id.partition())
    });
    let failed: Vec<_> = account.into_iter().chain(external_id).collect();
    (!failed.is_empty()).then(|| Report::new(now, failed))
}
