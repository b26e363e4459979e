//! The contract of every store, tested with the in-memory store, with the table on the emulator,
//! and with a table that returns small results.

mod commits;
mod damage;
mod directory;
mod faults;
mod guards;
mod life;
mod lists;
mod moments;
mod offering;
mod paces;
mod races;
mod receipts;
mod records;
mod requests;
mod schedules;
mod whole;
mod world;

/// Asserts the error of a rejected commit.
macro_rules! assert_refused {
    ($result:expr, $expected:pat $(if $guard:expr)?) => {{
        let result = $result;
        assert!(matches!(&result, Err($expected) $(if $guard)?), "{result:?}");
    }};
}
pub(crate) use assert_refused;

/// Defines one test for each promise, with one store.
macro_rules! hold {
    ($store:expr, $prefix:literal: $($file:ident { $($promise:ident)* })*) => {
        $($(
            #[tokio::test]
            async fn $promise() {
                let world = crate::contract::world::World::new(concat!($prefix, stringify!($promise)));
                crate::contract::$file::$promise(&$store.await, &world).await;
            }
        )*)*
    };
}

macro_rules! promises {
    ($($file:ident { $($promise:ident)* })*) => {
        mod memory {
            hold!(std::future::ready(rolecall_testing::MemoryStore::new()), "m_":
                $($file { $($promise)* })*);
        }
        mod table {
            hold!(rolecall_tests::twin::Hub::find().twin(), "t_": $($file { $($promise)* })*);
        }
        mod table_with_small_pages {
            hold!(crate::contract::faults::small_pages(&rolecall_tests::twin::Hub::find()), "s_":
                $($file { $($promise)* })*);
        }
    };
}

promises! {
    records {
        every_kind_of_record_reads_back
        unwritten_record_is_none
        record_of_another_tenant_is_none
        both_copies_of_a_registration_change_together
    }
    offering {
        offering_reads_back_as_published
        workloads_read_back_as_published
        logo_reads_back_as_published
        template_reads_back_as_kept
        template_is_kept_again_without_an_error
        template_with_every_choice_reads_back
    }
    commits {
        empty_change_succeeds
        record_is_created_once
        update_needs_the_version_that_was_read
        deleted_record_keeps_its_history
        audit_entry_reads_back_as_written
        sequence_number_is_used_once
        several_records_change_in_one_commit
        joining_a_group_requires_it_to_be_open
        duplicate_requirement_is_accepted
        request_is_answered_once
        idempotency_key_is_used_once_until_it_expires
        commit_errors_have_a_fixed_precedence
    }
    guards {
        connections_of_an_aws_account_are_listed_per_tenant
        guard_has_one_owner
        owner_can_claim_again
        tombstone_prevents_registration
        stack_guards_are_separate_per_registration
        changed_registration_prevents_a_guard
        first_of_two_held_guards_is_reported
        aws_account_is_connected_once
        duplicate_is_connected_if_allowed
        two_tenants_can_connect_one_aws_account
        stale_change_stores_nothing
        change_with_held_guard_stores_nothing
        change_with_tombstone_stores_nothing
        change_that_connects_twice_stores_nothing
        change_in_closed_group_stores_nothing
        change_to_answered_request_stores_nothing
        change_with_used_key_stores_nothing
        valid_change_is_stored_completely
    }
    life {
        registration_becomes_an_account_once
        role_is_registered_for_one_account
        deleted_stack_is_not_registered
        refused_attempt_is_reported_and_its_stack_tracked
        deregistered_account_keeps_only_its_history
    }
    lists {
        groups_are_listed_by_age
        cursor_stays_valid_after_its_item_is_deleted
        empty_list_has_no_items
        account_is_listed_in_its_group
        stack_of_deregistered_account_is_orphaned
        orphaned_stacks_are_listed_by_status
        ended_registration_stays_in_its_group
        only_open_registrations_are_pending
        history_is_listed_newest_first
        list_longer_than_a_batch_is_complete
        tracked_records_of_an_aws_account_are_listed
        unproven_stacks_are_counted_and_not_listed_for_events
        groups_are_counted
    }
    directory {
        changed_records_are_listed_by_their_last_change
        entry_moves_forward_even_if_the_clock_goes_back
        reader_misses_no_record_while_others_change
        records_of_an_aws_account_stay_listed
        counters_follow_the_records
        counters_are_exact_after_concurrent_changes
        usage_is_summed_over_months
        tenants_with_a_group_are_listed_once
        records_of_a_tenant_are_listed_in_any_status
    }
    schedules {
        schedule_reads_back
        report_is_stored_separately
        stale_reschedule_changes_nothing
        schedule_of_registration_ends_with_it
        last_schedule_for_a_subject_in_a_change_wins
        due_work_is_listed_most_overdue_first
        damaged_entry_hides_no_due_work
        due_work_is_leased_once
    }
    paces {
        burst_is_admitted_then_one_request_per_interval
        pace_of_once_per_interval_works
        buckets_are_independent
        concurrent_requests_never_exceed_the_bucket
    }
    requests {
        request_has_one_worker_at_a_time
        answer_is_stored_permanently
        requests_are_separate_per_registration
        deliveries_are_counted_by_registration_and_day
        registration_remembers_one_pasted_stack
        registration_has_one_noted_verification
    }
    receipts {
        account_is_found_by_its_id_alone
        issue_is_recorded_while_the_account_is_unchanged
        issue_for_a_changed_or_unknown_account_records_nothing
        receipts_are_listed_newest_first
        sessions_end_with_the_longest_that_is_valid
        issues_are_counted_by_tenant_and_month
        last_own_proof_reads_back
        issues_of_each_service_have_their_own_limit
    }
    races {
        one_of_many_claims_a_guard
        one_of_many_updates_a_record
        one_of_many_connects_an_aws_account
        one_of_many_works_on_a_request
        one_of_many_leases_due_work
    }
}
