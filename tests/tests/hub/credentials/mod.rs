//! Credentials of connected accounts, issued by the deployed function. One hub of its own, because it
//! publishes access profiles.

mod attacks;
mod clients;
mod desk;
mod kill_switch;
mod narrowed;
mod records;

use anyhow::Result;
use rolecall_local::deploy::Options;
use rolecall_testing::ISSUER_ROOTS;
use rolecall_tests::own_hub;
use rolecall_tests::world::{SOON, World};
use std::collections::BTreeMap;

use crate::credentials::desk::Desk;

/// No check interferes: the schedule's first check is an hour away.
fn options() -> Options {
    let parameters = [
        ("CheckIntervalSeconds", "3600"),
        ("FullCheckIntervalSeconds", "3600"),
        // The issuer of workloads' tokens has a certificate with a separate root.
        ("CaBundle", ISSUER_ROOTS),
        // Proofs are old after some seconds.
        ("ProofMaxAgeSeconds", "20"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Options {
        parameters: BTreeMap::from(parameters),
        ..Options::default()
    }
}

#[tokio::test]
async fn credentials_are_issued_narrowed_recorded_and_stopped() -> Result<()> {
    own_hub::run(&options(), async |hub| {
        let desk = Desk::open(World::of(hub, SOON)?).await?;
        narrowed::session_is_narrowed_to_its_profile(&desk).await?;
        narrowed::caller_needs_iam_permission_for_the_profile(&desk).await?;
        attacks::paths_that_iam_reads_otherwise_are_refused(&desk).await?;
        records::issue_leaves_a_receipt_and_no_credential_anywhere(&desk).await?;
        records::broker_can_write_no_record(&desk).await?;
        records::stale_proof_is_made_again(&desk).await?;
        clients::sdks_get_credentials_renew_them_and_are_refused_after_a_deregistration(&desk)
            .await?;
        kill_switch::nothing_is_issued_after_a_deregistration(&desk).await?;
        kill_switch::issued_session_ends_by_the_shown_command(&desk).await
    })
    .await
}
