//! Runs the same few hundred lives for every change. To run many more: `make simulate
//! SEEDS=100000`.

use rolecall_simulation::{Counts, Life, Options, Planted, Promise, live};

const SEEDS: u64 = 200;

#[test]
fn every_life_keeps_every_promise() {
    let mut counts = Counts::default();
    let mut broken = Vec::new();
    for seed in 0..SEEDS {
        let life = live(seed, Options::default());
        counts.add(&life.counts);
        if let Some(what) = life.broken {
            broken.push(format!("make simulate SEED={seed}: {what:?}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    // A life without events would keep every promise.
    assert!(counts.accounts > SEEDS, "{counts:?}");
    assert!(counts.gone > SEEDS / 2, "{counts:?}");
    assert!(counts.faults > 20 * SEEDS, "{counts:?}");
    assert!(counts.given_up < counts.requests, "{counts:?}");
}

#[test]
fn same_seed_produces_the_same_life() {
    let options = Options {
        traced: true,
        planted: None,
    };
    for seed in [1, 2, 3] {
        let life = live(seed, options);
        assert!(life.trace.len() > 20);
        assert_eq!(life.trace, live(seed, options).trace);
    }
}

/// The first life that finds the bug; repeating it must give the same result.
fn found(planted: Planted, within: u64) -> Life {
    let options = Options {
        traced: false,
        planted: Some(planted),
    };
    let life = (0..within)
        .map(|seed| live(seed, options))
        .find(|life| life.broken.is_some())
        .unwrap_or_else(|| panic!("{planted:?} is not found"));
    assert_eq!(life, live(life.seed, options));
    life
}

fn breaks(planted: Planted, within: u64, promises: &[Promise]) {
    let life = found(planted, within);
    let broken = life.broken.expect("one");
    assert!(promises.contains(&broken.promise), "{broken:?}");
}

#[test]
fn lost_condition_is_found() {
    breaks(
        Planted::LostCondition,
        50,
        &[Promise::OneConnection, Promise::Group, Promise::Settled],
    );
}

#[test]
fn swallowed_error_is_found() {
    breaks(
        Planted::SwallowedError,
        20,
        &[Promise::Told, Promise::Settled],
    );
}

#[test]
fn missing_guard_is_found() {
    breaks(Planted::MissingGuard, 5, &[Promise::Guards]);
}

#[test]
fn answer_decided_twice_is_found() {
    breaks(
        Planted::AnswerDecidedTwice,
        300,
        &[Promise::SameAnswer, Promise::Settled],
    );
}

#[test]
fn unconditional_receipt_is_found() {
    breaks(Planted::UnconditionalReceipt, 300, &[Promise::KillSwitch]);
}

#[test]
fn event_before_its_write_is_found() {
    breaks(Planted::EventBeforeItsWrite, 20, &[Promise::Delivered]);
}
