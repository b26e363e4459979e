//! The requested options: whether they make sense, and whether the stack has the same.

use super::CheckFn;
use super::context::CompanionContext;
use crate::check::outcome::Outcome;
use crate::check::report::{Check, CheckCode};
use crate::companion::expected::Trusted;
use crate::companion::{DeployedRole, RequestedRole};
use crate::messages::CompanionMessage;
use crate::remedy::Remedy;

pub(super) const CHECKS: &[(CheckCode, CheckFn)] = &[
    (CheckCode::TrustsOwnAccount, trusts_own_account),
    (CheckCode::NotAsChosen, unreadable),
    (CheckCode::NotAlone, not_alone),
];

fn trusts_own_account(context: &CompanionContext<'_>) -> Option<Outcome> {
    let (_, expected) = context.both()?;
    let mut accounts = expected.trusted.iter().filter_map(|trusted| match trusted {
        Trusted::Account { id, .. } => Some(id),
        Trusted::Service { .. } => None,
    });
    let id = accounts.next()?;
    if id != expected.own_account() {
        return Some(Outcome::passed(&CompanionMessage::SourceAccountDiffers));
    }
    let account = id.to_string();
    let message = CompanionMessage::SourceAccountIsOwn { account };
    Some(Outcome::failed(&message, Remedy::ChooseBastion))
}

/// The options in force are unknown, so the role can't be compared.
fn unreadable(context: &CompanionContext<'_>) -> Option<Outcome> {
    context.role().filter(|_| context.expected.is_none())?;
    let message = CompanionMessage::OptionsUnknown;
    Some(Outcome::inconclusive(&message, Remedy::RewriteParameter))
}

/// Compares the stack's deployed options with the requested options. It reads no role, so it always
/// reflects the current request.
pub fn not_as_chosen(deployed: &DeployedRole, chosen: Option<&RequestedRole>) -> Option<Check> {
    let options = deployed.options.as_ref()?;
    let differs = |message| Outcome::warning(&message, Remedy::UpdateOrChoose);
    let outcome = match chosen {
        None => differs(CompanionMessage::NotRequested),
        Some(chosen) if chosen.options != *options => differs(CompanionMessage::OtherOptions),
        Some(_) => Outcome::passed(&CompanionMessage::AsRequested),
    };
    Some(outcome.named(CheckCode::NotAsChosen, deployed.role_arn.partition()))
}

fn not_alone(context: &CompanionContext<'_>) -> Option<Outcome> {
    if !context.deployed.kind.one_per_account {
        return None;
    }
    let duplicates = context.account.duplicates;
    if duplicates.is_empty() {
        return Some(Outcome::passed(&CompanionMessage::OnlyOne));
    }
    let outcome = Outcome::warning(&CompanionMessage::NotOnlyOne, Remedy::KeepOne);
    Some(outcome.with("accounts", duplicates.iter().map(ToString::to_string)))
}
