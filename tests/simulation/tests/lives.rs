//! A few hundred lives for every change, the same ones each time. Many more:
//! `make simulate SEEDS=100000`.

use rolecall_simulation::{Counts, Life, Options, Planted, Promise, live};

const SEEDS: u64 = 200;

#[test]
fn every_promise_is_kept_in_every_life() {
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
    // A life in which nothing happens keeps every promise.
    assert!(counts.accounts > SEEDS, "{counts:?}");
    assert!(counts.gone > SEEDS / 2, "{counts:?}");
    assert!(counts.faults > 20 * SEEDS, "{counts:?}");
    assert!(counts.given_up < counts.requests, "{counts:?}");
}

#[test]
fn the_same_seed_lives_the_same_life() {
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

/// The first life that shows the bug, and it does so again.
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
fn a_lost_condition_is_found() {
    breaks(
        Planted::LostCondition,
        50,
        &[Promise::OneConnection, Promise::Group, Promise::Settled],
    );
}

#[test]
fn a_swallowed_error_is_found() {
    breaks(
        Planted::SwallowedError,
        20,
        &[Promise::Told, Promise::Settled],
    );
}

#[test]
fn a_missing_guard_is_found() {
    breaks(Planted::MissingGuard, 5, &[Promise::Guards]);
}

#[test]
fn an_answer_that_is_decided_twice_is_found() {
    breaks(Planted::AnswerDecidedTwice, 300, &[Promise::SameAnswer]);
}

#[test]
fn an_event_before_its_write_is_found() {
    breaks(Planted::EventBeforeItsWrite, 20, &[Promise::Delivered]);
}
