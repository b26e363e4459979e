//! What every store promises, held against each store: the one in memory, the table on the
//! emulator, and the table when DynamoDB gives little at a time.

mod commits;
mod damage;
mod faults;
mod guards;
mod life;
mod lists;
mod moments;
mod paces;
mod races;
mod records;
mod requests;
mod schedules;
mod whole;
mod world;

/// Asserts what a commit was refused with.
macro_rules! assert_refused {
    ($result:expr, $expected:pat $(if $guard:expr)?) => {{
        let result = $result;
        assert!(matches!(&result, Err($expected) $(if $guard)?), "{result:?}");
    }};
}
pub(crate) use assert_refused;

/// One test for each promise, with one store.
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
        mod sparing_table {
            hold!(crate::contract::faults::sparing(&rolecall_tests::twin::Hub::find()), "s_":
                $($file { $($promise)* })*);
        }
    };
}

promises! {
    records {
        every_kind_of_record_reads_back
        what_was_never_written_is_none
        another_tenants_record_is_none
        both_copies_of_a_registration_move_together
    }
    commits {
        nothing_to_do_is_done
        a_record_is_created_once
        an_update_needs_the_version_that_was_read
        a_deleted_record_is_gone_and_its_history_stays
        an_audit_entry_reads_back_as_written
        a_sequence_number_is_told_once
        several_records_change_together
        what_joins_a_group_needs_it_open
        a_requirement_may_be_stated_twice
        a_request_is_answered_once
        an_idempotency_key_is_used_once_until_it_expires
        who_can_decide_best_objects_first
    }
    guards {
        a_tenants_connections_of_an_aws_account_are_listed
        a_guard_has_one_owner
        an_owner_may_claim_again
        a_tombstone_stops_a_registration
        each_registration_has_its_own_mark_of_a_stack
        a_registration_that_changed_meanwhile_stops_a_mark
        of_two_held_guards_the_first_claimed_is_told
        an_aws_account_is_connected_once
        a_duplicate_is_connected_when_it_is_allowed
        two_tenants_may_connect_one_aws_account
        a_stale_change_leaves_nothing
        a_change_with_a_held_guard_leaves_nothing
        a_change_with_a_tombstone_leaves_nothing
        a_change_that_connects_twice_leaves_nothing
        a_change_in_a_closed_group_leaves_nothing
        a_change_to_an_answered_request_leaves_nothing
        a_change_with_a_used_key_leaves_nothing
        a_whole_change_that_nothing_stops_is_all_there
    }
    life {
        a_registration_becomes_an_account_once
        a_role_is_registered_for_one_account
        a_stack_that_went_first_is_not_registered
        a_refused_attempt_is_told_and_its_stack_watched
        an_account_leaves_nothing_but_its_history
    }
    lists {
        groups_are_listed_by_age
        a_position_outlives_what_was_there
        an_empty_list_is_empty
        an_account_is_listed_in_its_group
        a_deregistered_accounts_stack_is_orphaned
        orphaned_stacks_are_listed_by_status
        a_registration_stays_in_its_group
        only_open_registrations_are_pending
        history_is_told_newest_first
        more_than_a_batch_is_listed
        what_is_watched_in_an_aws_account_is_listed
        groups_are_counted
    }
    schedules {
        a_schedule_reads_back
        a_report_is_kept_apart
        a_schedule_that_was_overtaken_stays
        a_registrations_schedule_ends_with_it
        the_last_word_on_a_subject_counts
        what_is_due_comes_most_overdue_first
        a_damaged_entry_hides_no_due_work
        due_work_is_taken_by_one
    }
    paces {
        a_burst_passes_and_then_one_for_each_interval
        once_in_an_interval_is_a_pace
        each_bucket_is_on_its_own
        of_many_at_once_as_many_pass_as_there_is_room_for
    }
    requests {
        a_request_has_one_worker_at_a_time
        an_answer_is_kept_for_ever
        a_registrations_requests_are_its_own
        deliveries_are_counted_by_registration_and_day
        a_registration_has_one_note_of_a_paste
    }
    races {
        one_of_many_claims_a_guard
        one_of_many_takes_a_record_further
        one_of_many_connects_an_aws_account
        one_of_many_works_on_a_request
        one_of_many_takes_due_work
    }
}
