//! What people are told to do is done, in the state in which they are told it, and the state is right
//! then. Commands are run by the AWS CLI with the customer's credentials.

mod bench;
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
        /// A new remedy does not compile before it is named here.
        #[expect(dead_code, reason = "the compiler reads it")]
        fn by(remedy: &Remedy) -> &'static str {
            match remedy { $($remedy => $test,)* }
        }
        const TESTS: &[&str] = &[$($test,)*];
    };
}

// Where the emulator can't play the state, the domain's fakes and AWS's own texts do: it never
// throttles, has no opt-in Regions, no organizations and no suspended accounts.
carried_out! {
    Remedy::TryAgain => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::TryAgainInAMinute => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::WaitForStack => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::CreateFromLink { .. } => "tests/tests/hub/remedies/refusals.rs::a_refused_stack_is_deleted_and_made_again",
    Remedy::CreateInAccount(_) => "tests/tests/hub/remedies/refusals.rs::a_stack_in_another_account_is_made_in_the_one_that_is_named",
    Remedy::ExecuteChangeSet => "shared/domain/tests/it/uttered.rs::temporary_failure_passes_when_retried",
    Remedy::ConnectAgain => "tests/tests/hub/remedies/stacks.rs::an_account_whose_stack_is_gone_is_connected_again",
    Remedy::RestoreExternalId => "tests/tests/hub/remedies/stacks.rs::an_external_id_that_was_changed_is_set_back",
    Remedy::CreateUnchanged => "tests/tests/hub/remedies/refusals.rs::a_forged_token_is_left_and_the_link_used_as_it_is",
    Remedy::CopyStackInfo => "tests/tests/hub/remedies/refusals.rs::the_whole_line_of_the_own_stack_is_pasted",
    Remedy::PasteOwnStack => "tests/tests/hub/remedies/refusals.rs::the_whole_line_of_the_own_stack_is_pasted",
    Remedy::RestoreTrust(_) => "tests/tests/hub/remedies/roles.rs::a_trust_policy_that_was_changed_is_restored",
    Remedy::FindRole(_) => "tests/tests/hub/remedies/roles.rs::a_role_that_shuts_the_hub_out_lets_it_in_again",
    Remedy::ReplaceRole { .. } => "tests/tests/hub/remedies/stacks.rs::a_role_that_was_made_again_is_replaced",
    Remedy::Reconnect { .. } => "tests/tests/hub/remedies/stacks.rs::a_role_that_was_made_again_is_replaced",
    Remedy::RestorePermissions(_) => "tests/tests/hub/remedies/roles.rs::permissions_that_were_taken_away_come_back",
    Remedy::RestoreHubRole => "tests/tests/hub/remedies/companions.rs::a_companion_is_inspected_again_once_the_hubs_role_is_restored",
    Remedy::RemovePermissions(_) => "tests/tests/hub/remedies/roles.rs::permissions_that_were_added_go_whatever_they_are_called",
    Remedy::ReviewPolicies => "tests/tests/hub/remedies/roles.rs::a_policy_that_the_hub_can_not_read_is_left_to_a_person",
    Remedy::RestoreBoundary { .. } => "tests/tests/hub/remedies/boundaries.rs::a_boundary_that_was_taken_away_comes_back",
    Remedy::RemoveBoundary { .. } => "tests/tests/hub/remedies/boundaries.rs::a_boundary_that_the_stack_does_not_give_goes",
    Remedy::AllowInPolicy { .. } => "tests/tests/hub/remedies/boundaries.rs::what_a_boundary_forbids_is_allowed_in_it",
    Remedy::ActivateSts(_) => "shared/domain/tests/it/uttered.rs::policy_outside_the_role_is_named_and_passes_once_allowed",
    Remedy::ReinstateAccount => "shared/domain/tests/it/uttered.rs::policy_outside_the_role_is_named_and_passes_once_allowed",
    Remedy::UpdateTemplate(_) => "tests/tests/hub/remedies/stacks.rs::an_outdated_stack_is_updated",
    Remedy::MakeRoleAgain(_) => "tests/tests/hub/remedies/companions.rs::a_companion_role_or_its_profile_that_is_gone_is_made_again",
    Remedy::RewriteParameter => "tests/tests/hub/remedies/companions.rs::what_differs_from_the_choice_is_updated",
    Remedy::AttachPolicies { .. } => "tests/tests/hub/companions/mistakes.rs::each_step_that_an_instance_profile_needs_is_named_when_it_is_missing",
    Remedy::RemovePolicies(_) => "tests/tests/hub/companions/mistakes.rs::a_switch_role_that_lets_in_or_allows_too_much_is_found",
    Remedy::RestoreVersions(_) => "tests/tests/hub/companions/other_versions.rs::another_version_of_a_given_policy_is_told_with_what_it_allows_and_put_back",
    Remedy::EmptyProfile { .. } => "tests/tests/hub/companions/mistakes.rs::each_step_that_an_instance_profile_needs_is_named_when_it_is_missing",
    Remedy::FillProfile { .. } => "tests/tests/hub/companions/mistakes.rs::each_step_that_an_instance_profile_needs_is_named_when_it_is_missing",
    Remedy::RestoreSessionLength { .. } => "tests/tests/hub/companions/mistakes.rs::a_switch_role_that_lets_in_or_allows_too_much_is_found",
    Remedy::ChooseBastion => "shared/domain/tests/it/uttered.rs::invalid_choice_asks_for_another_choice",
    Remedy::UpdateOrChoose => "tests/tests/hub/remedies/companions.rs::what_differs_from_the_choice_is_updated",
    Remedy::KeepOne => "shared/domain/tests/it/uttered.rs::invalid_choice_asks_for_another_choice",
    Remedy::StartNew => "tests/tests/hub/remedies/refusals.rs::a_registration_that_is_over_is_left_for_a_new_one",
    Remedy::DeregisterInstead => "tests/tests/hub/remedies/refusals.rs::a_registration_that_is_over_is_left_for_a_new_one",
    Remedy::NewStack => "tests/tests/hub/remedies/refusals.rs::a_registration_that_is_over_is_left_for_a_new_one",
    Remedy::AllowDuplicate => "tests/tests/hub/remedies/refusals.rs::a_connected_account_is_deregistered_first_or_connected_twice_on_purpose",
    Remedy::ChooseGroup => "tests/tests/hub/remedies/refusals.rs::a_registration_that_is_over_is_left_for_a_new_one",
    Remedy::DeleteAndCreate => "tests/tests/hub/remedies/refusals.rs::a_refused_stack_is_deleted_and_made_again",
    Remedy::DeleteStack { .. } => "tests/tests/hub/remedies/deletions.rs::a_protected_stack_is_deleted_by_the_command_that_is_shown",
    Remedy::DeleteRole(_) => "tests/tests/hub/remedies/deletions.rs::a_role_that_outlived_its_stack_is_deleted_in_every_way_that_it_can",
    Remedy::FinishDeletion { .. } => "tests/tests/hub/remedies/deletions.rs::a_deletion_that_failed_is_finished",
    Remedy::AwaitDeletion => "tests/tests/hub/remedies/deletions.rs::state_and_hint_agree_until_a_stack_is_gone",
}

#[test]
fn every_remedy_is_carried_out_by_a_test_that_exists() {
    let tree = Tree::default();
    for named in TESTS {
        let (file, test) = named.split_once("::").expect("a file and a test");
        let text = std::fs::read_to_string(tree.root().join(file)).unwrap_or_default();
        let (above, _) = text.split_once(&format!("fn {test}(")).expect(named);
        let attributes = above.rsplit("\n\n").next().unwrap_or_default();
        assert!(attributes.contains("test]"), "{named} is no test");
        assert!(!attributes.contains("#[ignore"), "{named} is left out");
    }
}
