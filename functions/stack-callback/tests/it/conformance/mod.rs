//! Conformance of the custom resource: everything that CloudFormation, SNS and Lambda may do to a
//! resource, run step by step against the real handler over in-memory ports.
//!
//! [`cloudformation`] models CloudFormation: Create, Updates, Delete, the consequences of a failure
//! or a lost answer, and a stack that is deleted while it is being created. [`preflight`] adds the
//! resource that is created first and deleted last. [`stage`] delivers each
//! request once or more, kills invocations, makes the bucket hang and AWS slow. The [`promises`] are
//! checked against the answers and the records.
//!
//! `tests/tests/hub/callback/` tests the same against the emulator's CloudFormation.

mod cloudformation;
mod ports;
mod preflight;
mod promises;
mod stage;

use cloudformation::{Create, Script, Update, play};
use preflight::Preflight;
use proptest::prelude::*;
use stage::Fate;

const CREATES: [Create; 4] = [
    Create::Good,
    Create::EditedExternalId,
    Create::WrongProperty,
    Create::UnassumableRole,
];

const UPDATES: [Update; 7] = [
    Update::Same,
    Update::OtherPolicies,
    Update::NewRole,
    Update::NewRoleAndBack,
    Update::OtherExternalId,
    Update::WrongProperty,
    Update::MissingRole,
];

const FATES: [Fate; 16] = [
    Fate::Fine,
    Fate::Twice,
    Fate::Killed(1),
    Fate::Killed(4),
    Fate::Killed(9),
    Fate::Killed(16),
    Fate::TwiceAndKilled(5),
    Fate::TwiceAndKilled(13),
    Fate::BucketFails(3),
    Fate::BucketHangs(2),
    // Nearly as long as three deliveries retry.
    Fate::BucketHangs(15),
    Fate::AnswerLost,
    Fate::SlowAws,
    Fate::Panics(1),
    Fate::TableFails(1),
    // Longer than an invocation runs.
    Fate::TableFails(40),
];

const PREFLIGHTS: [Preflight; 3] = [
    Preflight::Good,
    Preflight::EditedExternalId,
    Preflight::WrongProperty,
];

fn script(create: Create) -> Script {
    Script {
        preflight: Preflight::None,
        preflight_fate: Fate::Fine,
        deleted_during_preflight: None,
        another_resource_fails: false,
        preflight_delete_fate: Fate::Fine,
        create,
        create_fate: Fate::Fine,
        deleted_during_create: None,
        updates: Vec::new(),
        delete_fate: Fate::Fine,
        seed: 1,
    }
}

fn play_all(scripts: impl IntoIterator<Item = Script>) {
    let mut played = 0;
    for script in scripts {
        play(&script);
        played += 1;
    }
    assert!(played > 1);
}

#[test]
fn every_create_and_delete_with_every_fault() {
    for create in CREATES {
        for create_fate in FATES {
            play_all(FATES.map(|delete_fate| Script {
                create_fate,
                delete_fate,
                ..script(create)
            }));
        }
    }
}

#[test]
fn delete_at_any_step_of_its_create() {
    for create in CREATES {
        for create_fate in FATES {
            for steps in (0..24).step_by(3) {
                play_all([Fate::Fine, Fate::Twice].map(|delete_fate| Script {
                    create_fate,
                    deleted_during_create: Some(steps),
                    delete_fate,
                    ..script(create)
                }));
            }
        }
    }
}

/// A fault of each kind.
const FEW_FATES: [Fate; 4] = [
    Fate::Fine,
    Fate::TwiceAndKilled(5),
    Fate::AnswerLost,
    Fate::TableFails(40),
];

#[test]
fn every_preflight_and_its_delete_with_every_fault() {
    for preflight_fate in FATES {
        play_all(FATES.map(|preflight_delete_fate| Script {
            preflight: Preflight::Good,
            preflight_fate,
            another_resource_fails: true,
            preflight_delete_fate,
            ..script(Create::Good)
        }));
        for preflight in PREFLIGHTS {
            play_all(FEW_FATES.map(|preflight_delete_fate| Script {
                preflight,
                preflight_fate,
                preflight_delete_fate,
                ..script(Create::Good)
            }));
        }
    }
}

#[test]
fn delete_at_any_step_of_its_preflight() {
    for preflight in PREFLIGHTS {
        for preflight_fate in FEW_FATES {
            play_all((0..16).step_by(2).map(|steps| Script {
                preflight,
                preflight_fate,
                deleted_during_preflight: Some(steps),
                ..script(Create::Good)
            }));
        }
    }
}

#[test]
fn every_create_after_a_preflight_with_every_fault() {
    for create in CREATES {
        for create_fate in FATES {
            play_all(FEW_FATES.map(|delete_fate| Script {
                preflight: Preflight::Good,
                create_fate,
                delete_fate,
                preflight_delete_fate: delete_fate,
                ..script(create)
            }));
        }
        for create_fate in FEW_FATES {
            play_all((0..24).step_by(4).map(|steps| Script {
                preflight: Preflight::Good,
                create_fate,
                deleted_during_create: Some(steps),
                ..script(create)
            }));
        }
    }
}

#[test]
fn every_update_with_every_fault() {
    for update in UPDATES {
        for delete_fate in [Fate::Fine, Fate::Twice, Fate::AnswerLost] {
            play_all(FATES.map(|fate| Script {
                preflight: match delete_fate {
                    Fate::Fine => Preflight::None,
                    _ => Preflight::Good,
                },
                updates: vec![(update, fate)],
                delete_fate,
                ..script(Create::Good)
            }));
        }
    }
}

#[test]
fn every_pair_of_updates_with_every_fault() {
    for first in UPDATES {
        for second in UPDATES {
            play_all(FATES.map(|fate| Script {
                updates: vec![(first, fate), (second, Fate::Twice)],
                ..script(Create::Good)
            }));
        }
    }
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => prop::sample::select(FATES.to_vec()),
        1 => (0..40_u16).prop_map(Fate::Killed),
        1 => (0..40_u16).prop_map(Fate::TwiceAndKilled),
        1 => (0..6_u8).prop_map(Fate::BucketFails),
        1 => (0..15_u8).prop_map(Fate::BucketHangs),
        1 => (0..4_u8).prop_map(Fate::Panics),
        1 => (0..6_u8).prop_map(Fate::TableFails),
    ]
}

fn any_script() -> impl Strategy<Value = Script> {
    let create = prop_oneof![3 => Just(Create::Good), 1 => prop::sample::select(CREATES.to_vec())];
    let update = (prop::sample::select(UPDATES.to_vec()), any_fate());
    let preflight = prop_oneof![
        1 => Just(Preflight::None),
        3 => Just(Preflight::Good),
        1 => prop::sample::select(PREFLIGHTS.to_vec()),
    ];
    let preflight = (
        (preflight, any_fate(), any_fate()),
        prop::option::weighted(0.1, 0..40_usize),
        prop::bool::weighted(0.2),
    );
    (
        preflight,
        (create, any_fate(), prop::option::weighted(0.3, 0..60_usize)),
        prop::collection::vec(update, 0..5),
        any_fate(),
        any::<u64>(),
    )
        .prop_map(
            |(
                (preflight, deleted_during_preflight, another_resource_fails),
                (create, create_fate, deleted_during_create),
                updates,
                delete_fate,
                seed,
            )| Script {
                preflight: preflight.0,
                preflight_fate: preflight.1,
                deleted_during_preflight,
                another_resource_fails,
                preflight_delete_fate: preflight.2,
                create,
                create_fate,
                deleted_during_create,
                updates,
                delete_fate,
                seed,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn random_stack_life_in_random_order(script in any_script()) {
        play(&script);
    }
}
