//! A simulation of Rolecall under faults: the real domain and handlers run over in-memory ports, on
//! a machine whose order and clock depend on a seed.
//!
//! Each life has a chaotic part: tenants send requests, customers create and delete stacks,
//! messages are duplicated, delayed or reordered, calls fail before and after they take effect, and
//! functions are cut off anywhere. It ends with a quiet part of a few days without faults. Safety
//! promises are checked at every commit and every response, liveness promises at the end. The same
//! seed always produces the same life.

#![recursion_limit = "256"]

mod cloudformation;
mod customers;
mod faults;
mod feed;
mod gate;
mod hub;
mod lambda;
mod laying_out;
mod neighbour;
mod operator;
mod planted;
mod preflight;
mod promises;
mod queue;
mod request;
mod service;
mod stream;
mod users;
mod world;

pub use planted::Planted;
pub use promises::{Broken, Promise};

use crate::hub::Hub;
use crate::world::World;
use rolecall_domain::ports::Clock;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::Running;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// The length of the quiet part: longer than any interval between two checks.
const QUIET: SignedDuration = SignedDuration::from_hours(24 * 6);

/// Longer than any life; a life that takes this long is stuck.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);

/// How to run a life.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Records a trace of events.
    pub traced: bool,
    /// A bug that the simulation must find.
    pub planted: Option<Planted>,
}

/// The result of a life.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    pub seed: u64,
    pub broken: Option<Broken>,
    pub counts: Counts,
    pub trace: Vec<String>,
}

/// Counts of one life or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub commits: u64,
    pub requests: u64,
    pub calls: u64,
    pub faults: u64,
    /// Messages that their source dropped, as AWS does after several attempts.
    pub given_up: u64,
    pub accounts: u64,
    pub gone: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.requests += other.requests;
        self.calls += other.calls;
        self.faults += other.faults;
        self.given_up += other.given_up;
        self.accounts += other.accounts;
        self.gone += other.gone;
    }
}

/// Runs a seed's life and checks the promises.
pub fn live(seed: u64, options: Options) -> Life {
    let world = World::new(seed, options);
    let lived = catch_unwind(AssertUnwindSafe(|| run(&world)));
    if let Err(panic) = lived {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.broken(Promise::NoPanic, text.unwrap_or_default());
    }
    world.life(seed)
}

fn run(world: &Rc<World>) {
    let hub = Rc::new(Hub::new(world));
    world.wire(&hub);
    let mut running = Running::on(&world.machine);
    running.start(hub::keep_time(Rc::clone(world)));
    operator::arrive(world);
    feed::arrive(world);
    users::arrive(world);
    service::arrive(world);
    neighbour::arrive(world);
    let latest: Timestamp = world.machine.now() + LONGEST;
    running.run_until(|| world.is_broken() || world.nobody_acts() || world.machine.now() >= latest);
    if !world.is_broken() && !world.nobody_acts() {
        world.broken(Promise::Settled, "the life is stuck".to_owned());
    }
    world.calm_down();
    let end = world.machine.now() + QUIET;
    running.run_until(|| world.is_broken() || world.machine.now() >= end);
    if !world.is_broken() {
        promises::in_the_end(world);
    }
}
