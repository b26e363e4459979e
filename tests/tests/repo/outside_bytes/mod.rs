//! External input never causes a panic, and the fuzz targets' assertions hold: for the samples, for
//! the targets' seeds, and for input generated from them. `make fuzz` runs the same code for
//! longer.

mod input;
#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

use crate::outside_bytes::input::{Seed, anything};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use targets::{TARGETS, Target};

fn target(name: &str) -> Target {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    *found.expect("a target with this name")
}

/// A failed assertion panics with the input. The inputs are the same in every run; the fuzzer
/// searches for new ones.
fn holds_for_anything(name: &str) {
    let (name, run) = target(name);
    let mut config = Config::with_cases(512);
    config.failure_persistence = None;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&anything(input::seeds(name)), |bytes| {
        run(&bytes);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, bytes)) => panic!("{name}: {why}: \"{}\"", bytes.escape_ascii()),
        Err(error) => panic!("{name}: {error}"),
    }
}

macro_rules! hold_for_anything {
    ($($name:ident)*) => {
        mod any_input_is_handled_without_panic {
            $(#[test] fn $name() { super::holds_for_anything(stringify!($name)) })*

            #[test]
            fn every_target_is_tested() {
                let named = [$(stringify!($name)),*];
                let all: Vec<&str> = super::TARGETS.iter().map(|(name, _)| *name).collect();
                assert_eq!(named.as_slice(), all);
            }
        }
    };
}

hold_for_anything! {
    access_denied
    api_body
    api_request
    callback_envelope
    callback_request
    console_request
    cursor
    event
    issuer_document
    names
    page_token
    permission_policy
    queue_message
    registration_token
    response_url
    return_path
    return_url
    stack_info
    stream_record
    trust_policy
    workload_token
}

#[test]
fn seeds_are_accepted_or_rejected_as_their_names_say() {
    let mut others = Vec::new();
    for (name, run) in TARGETS {
        let seeds = input::seeds(name);
        for Seed { path, bytes } in &seeds {
            let file = path.file_name().and_then(|name| name.to_str());
            let good = !file.expect("a name").starts_with("bad-");
            if run(bytes) != good {
                others.push(format!("{name}: {}", path.display()));
            }
        }
        let told = |prefix: &str| {
            let prefixed = |seed: &&Seed| seed.path.to_string_lossy().contains(prefix);
            seeds.iter().filter(prefixed).count()
        };
        assert!(
            told("/good-") > 0 && told("/bad-") > 0,
            "{name} needs good and bad seeds"
        );
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn every_target_has_a_fuzz_binary() {
    let manifest = include_str!("../../../../fuzz/Cargo.toml");
    let binaries = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = "));
    let binaries: Vec<&str> = binaries
        .skip(1)
        .map(|name| name.trim_matches('"'))
        .collect();
    let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(binaries, targets);
    for name in targets {
        let path = input::root().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let source = std::fs::read_to_string(path).expect("a binary");
        assert!(
            source.contains(&format!("rolecall_fuzz::{name}(bytes)")),
            "{name}"
        );
    }
}
