//! Every remedy is carried out in the state in which it is shown, and the state is then healthy.
//! The AWS CLI runs the commands with the customer's credentials.

pub(crate) mod bench;
mod boundaries;
mod companions;
mod deletions;
mod refusals;
mod roles;
mod stacks;

use rolecall_domain::remedy::Remedy;
use rolecall_local::paths::Tree;

macro_rules! carried_out {
    ($($remedy:pat => $test:literal,)*) => {
        /// Makes the compiler require an entry for every remedy.
        #[expect(dead_code, reason = "only the match's completeness matters")]
        fn by(remedy: &Remedy) -> &'static str {
            match remedy { $($remedy => $test,)* }
        }
        const TESTS: &[&str] = &[$($test,)*];
    };
}

// Tests with fakes cover states that the emulator can't reproduce: throttling, opt-in Regions,
// organizations, suspended accounts and failed rollbacks.
carried_out! {
    Remedy::TryAgain => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::TryAgainInAMinute => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::WaitForStack => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::AskOperator => "shared/domain/tests/it/uttered.rs::denial_in_the_hubs_own_account_is_not_the_customers",
    Remedy::RollBack(_) => "shared/domain/tests/it/uttered.rs::failed_update_is_rolled_back_before_the_next_update",
    Remedy::ContinueRollback { .. } => "shared/domain/tests/it/uttered.rs::failed_update_is_rolled_back_before_the_next_update",
    Remedy::CreateFromLink(_) => "tests/tests/hub/remedies/refusals.rs::refused_stack_is_deleted_and_recreated",
    Remedy::CreateInAccount(_) => "tests/tests/hub/remedies/refusals.rs::stack_in_wrong_account_is_recreated_in_the_pinned_account",
    Remedy::ExecuteChangeSet => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::ConnectAgain => "tests/tests/hub/remedies/stacks.rs::account_with_deleted_stack_is_reconnected",
    Remedy::RestoreExternalId(_) => "tests/tests/hub/remedies/stacks.rs::changed_external_id_is_restored",
    Remedy::CreateUnchanged => "tests/tests/hub/remedies/refusals.rs::forged_token_remedy_is_to_use_the_link_unchanged",
    Remedy::CopyStackInfo => "tests/tests/hub/remedies/refusals.rs::complete_stack_info_of_own_stack_is_accepted",
    Remedy::PasteOwnStack => "tests/tests/hub/remedies/refusals.rs::complete_stack_info_of_own_stack_is_accepted",
    Remedy::RestoreTrust(_) => "tests/tests/hub/remedies/roles.rs::changed_trust_policy_is_restored",
    Remedy::FindRole(_) => "tests/tests/hub/remedies/roles.rs::role_that_locks_out_the_hub_is_restored",
    Remedy::ReplaceRole(_) => "tests/tests/hub/remedies/stacks.rs::recreated_role_is_replaced",
    Remedy::Reconnect(_) => "tests/tests/hub/remedies/stacks.rs::recreated_role_is_replaced",
    Remedy::RestorePermissions { .. } => "tests/tests/hub/remedies/roles.rs::removed_permissions_are_restored",
    Remedy::RestoreHubRole => "tests/tests/hub/remedies/companions.rs::companion_role_is_inspected_again_after_hub_role_is_restored",
    Remedy::RemovePermissions(_) => "tests/tests/hub/remedies/roles.rs::added_permissions_are_removed_whatever_their_policy_name",
    Remedy::ReviewPolicies => "tests/tests/hub/remedies/roles.rs::unreadable_policy_has_no_command",
    Remedy::RestoreBoundary { .. } => "tests/tests/hub/remedies/boundaries.rs::missing_boundary_is_restored",
    Remedy::RemoveBoundary { .. } => "tests/tests/hub/remedies/boundaries.rs::unexpected_boundary_is_removed",
    Remedy::AllowInPolicy { .. } => "tests/tests/hub/remedies/boundaries.rs::actions_denied_by_boundary_are_added_to_it",
    Remedy::ActivateSts(_) => "shared/domain/tests/it/uttered.rs::policy_outside_the_role_is_named_and_passes_once_allowed",
    Remedy::ReinstateAccount => "shared/domain/tests/it/uttered.rs::policy_outside_the_role_is_named_and_passes_once_allowed",
    Remedy::UpdateParent { .. } => "shared/domain/tests/it/uttered.rs::nested_stack_is_updated_through_its_parent",
    Remedy::UpdateTemplate(_) => "tests/tests/hub/remedies/stacks.rs::outdated_stack_is_updated",
    Remedy::MakeRoleAgain => "tests/tests/hub/remedies/companions.rs::deleted_companion_role_or_profile_is_recreated",
    Remedy::RewriteParameter => "tests/tests/hub/remedies/companions.rs::role_with_outdated_options_is_updated",
    Remedy::AttachPolicies { .. } => "tests/tests/hub/companions/mistakes.rs::every_missing_instance_profile_step_is_found",
    Remedy::RemovePolicies(_) => "tests/tests/hub/companions/mistakes.rs::switch_role_with_broad_trust_or_permissions_is_found",
    Remedy::RestoreVersions(_) => "tests/tests/hub/companions/other_versions.rs::changed_policy_version_is_reported_with_its_permissions_and_reverted",
    Remedy::EmptyProfile { .. } => "tests/tests/hub/companions/mistakes.rs::every_missing_instance_profile_step_is_found",
    Remedy::FillProfile { .. } => "tests/tests/hub/companions/mistakes.rs::every_missing_instance_profile_step_is_found",
    Remedy::RestoreSessionLength { .. } => "tests/tests/hub/companions/mistakes.rs::switch_role_with_broad_trust_or_permissions_is_found",
    Remedy::ChooseBastion => "shared/domain/tests/it/uttered.rs::invalid_choice_asks_for_another_choice",
    Remedy::UpdateOrChoose => "tests/tests/hub/remedies/companions.rs::role_with_outdated_options_is_updated",
    Remedy::KeepOne => "shared/domain/tests/it/uttered.rs::invalid_choice_asks_for_another_choice",
    Remedy::StartNew => "tests/tests/hub/remedies/refusals.rs::ended_registration_is_replaced_by_a_new_one",
    Remedy::DeregisterInstead => "tests/tests/hub/remedies/refusals.rs::ended_registration_is_replaced_by_a_new_one",
    Remedy::NewStack => "tests/tests/hub/remedies/refusals.rs::ended_registration_is_replaced_by_a_new_one",
    Remedy::AllowDuplicate => "tests/tests/hub/remedies/refusals.rs::connected_account_is_deregistered_or_connected_as_duplicate",
    Remedy::ChooseGroup => "tests/tests/hub/remedies/refusals.rs::ended_registration_is_replaced_by_a_new_one",
    Remedy::DeleteAndCreate => "tests/tests/hub/remedies/refusals.rs::refused_stack_is_deleted_and_recreated",
    Remedy::FixAndCreate => "tests/tests/hub/remedies/refusals.rs::cause_of_a_rollback_is_fixed_and_stack_is_recreated",
    Remedy::DeleteStack(_) => "tests/tests/hub/remedies/deletions.rs::protected_stack_is_deleted_by_the_shown_command",
    Remedy::DeleteRole(_) => "tests/tests/hub/remedies/deletions.rs::retained_role_is_deleted_however_it_was_retained",
    Remedy::RevokeSessions { .. } => "tests/tests/hub/credentials/mod.rs::credentials_are_issued_narrowed_recorded_and_stopped",
    Remedy::FinishDeletion { .. } => "tests/tests/hub/remedies/deletions.rs::failed_deletion_is_completed",
    Remedy::AwaitDeletion => "tests/tests/hub/remedies/deletions.rs::remedy_matches_status_until_stack_is_gone",
}

#[test]
fn every_remedy_has_a_test_that_carries_it_out() {
    let tree = Tree::default();
    for named in TESTS {
        let (file, test) = named.split_once("::").expect("a file and a test");
        let text = std::fs::read_to_string(tree.root().join(file)).unwrap_or_default();
        let (above, _) = text.split_once(&format!("fn {test}(")).expect(named);
        let attributes = above.rsplit("\n\n").next().unwrap_or_default();
        assert!(attributes.contains("test]"), "{named} is not a test");
        assert!(!attributes.contains("#[ignore"), "{named} is ignored");
    }
}
