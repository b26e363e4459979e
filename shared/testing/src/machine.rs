//! A simulated machine that runs several tasks one step at a time, in an order that a seed
//! determines. Its clock moves only when all tasks are waiting for it.

use crate::FakeHost;
use jiff::{SignedDuration, Timestamp};
use rolecall_domain::ports::{Clock, Entropy};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Work = Pin<Box<dyn Future<Output = ()>>>;

struct State {
    host: FakeHost,
    /// Sleeping tasks by wake-up time.
    sleepers: RefCell<BTreeMap<(Timestamp, u64), Waker>>,
    /// Tasks that were started and don't run yet.
    started: RefCell<Vec<Work>>,
    born: Cell<u64>,
    /// The task that is running.
    current: Cell<u64>,
}

/// The clock and random source of a simulated machine. Clones share the machine.
#[derive(Clone)]
pub struct Machine(Rc<State>);

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Machine").field(&self.now()).finish()
    }
}

impl Machine {
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self(Rc::new(State {
            host: FakeHost::new(now, seed),
            sleepers: RefCell::default(),
            started: RefCell::default(),
            born: Cell::new(0),
            current: Cell::new(0),
        }))
    }

    /// Yields to other tasks. Every call to a port starts with it.
    pub async fn turn(&self) {
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Starts a task that runs concurrently with the others.
    pub fn start(&self, work: impl Future<Output = ()> + 'static) {
        self.0.started.borrow_mut().push(Box::pin(work));
    }

    /// The number of the running task.
    pub fn current(&self) -> u64 {
        self.0.current.get()
    }

    pub fn advance(&self, duration: SignedDuration) {
        self.0.host.advance(duration);
    }

    /// A random number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end.max(1)
    }

    fn number(&self) -> u64 {
        self.0.born.set(self.0.born.get() + 1);
        self.0.born.get()
    }

    /// Advances the clock to the next wake-up time. Returns false if no task is sleeping.
    fn pass_time(&self) -> bool {
        let mut sleepers = self.0.sleepers.borrow_mut();
        let Some((&(wake, _), _)) = sleepers.first_key_value() else {
            return false;
        };
        self.0.host.set(wake.max(self.now()));
        while let Some(sleeper) = sleepers.first_entry().filter(|it| it.key().0 <= self.now()) {
            sleeper.remove().wake();
        }
        true
    }
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.0.host.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        let place = (self.now() + duration, self.number());
        let _awake = Awake(self, place);
        poll_fn(|context| {
            if self.now() >= place.0 {
                return Poll::Ready(());
            }
            let mut sleepers = self.0.sleepers.borrow_mut();
            sleepers.insert(place, context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Entropy for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.host.fill(bytes);
    }
}

/// Removes a dropped sleeper, so that it does not hold the clock.
struct Awake<'a>(&'a Machine, (Timestamp, u64));

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        self.0.0.sleepers.borrow_mut().remove(&self.1);
    }
}

/// Set when a task can continue.
struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Task {
    number: u64,
    work: Work,
    ready: Arc<Ready>,
    waker: Waker,
}

/// All tasks that run on the machine.
pub struct Running {
    machine: Machine,
    tasks: Vec<Task>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

impl Running {
    pub fn on(machine: &Machine) -> Self {
        Self {
            machine: machine.clone(),
            tasks: Vec::new(),
        }
    }

    pub fn start(&mut self, task: impl Future<Output = ()> + 'static) {
        self.machine.start(task);
    }

    /// Adds the tasks that were started.
    fn add_started(&mut self) {
        for work in self.machine.0.started.take() {
            let ready = Arc::new(Ready(AtomicBool::new(true)));
            self.tasks.push(Task {
                number: self.machine.number(),
                work,
                waker: Waker::from(Arc::clone(&ready)),
                ready,
            });
        }
    }

    /// Runs one step of a random task that can continue. Returns false if all wait for the clock.
    fn step(&mut self) -> bool {
        let can_continue = |task: &Task| task.ready.0.load(Ordering::Relaxed);
        let able = self.tasks.iter().filter(|task| can_continue(task)).count();
        if able == 0 {
            return false;
        }
        let chosen = self.machine.below(able as u64);
        let mut places = (0..self.tasks.len()).filter(|at| can_continue(&self.tasks[*at]));
        let Some(at) = places.nth(usize::try_from(chosen).unwrap_or(0)) else {
            return false;
        };
        let task = &mut self.tasks[at];
        self.machine.0.current.set(task.number);
        task.ready.0.store(false, Ordering::Relaxed);
        let mut context = Context::from_waker(&task.waker);
        if task.work.as_mut().poll(&mut context).is_ready() {
            drop(self.tasks.remove(at));
        }
        true
    }

    /// Runs up to this many steps; fewer if all tasks wait for the clock.
    pub fn run_steps(&mut self, steps: usize) {
        for _ in 0..steps {
            self.add_started();
            if !self.step() {
                return;
            }
        }
    }

    /// Runs until `done` returns true, or all tasks have finished.
    ///
    /// # Panics
    /// If all tasks are waiting and none can ever be woken.
    pub fn run_until(&mut self, done: impl Fn() -> bool) {
        loop {
            self.add_started();
            if self.tasks.is_empty() || done() {
                return;
            }
            if !self.step() {
                assert!(self.machine.pass_time(), "deadlock: all tasks are waiting");
            }
        }
    }

    pub fn run_to_the_end(&mut self) {
        self.run_until(|| false);
    }
}

impl Drop for Running {
    /// A started task that never ran may own the machine, which owns the task.
    fn drop(&mut self) {
        self.machine.0.started.take();
    }
}

/// Drops the work after this many steps.
pub async fn steps_of<T>(work: impl Future<Output = T>, steps: Option<u16>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = steps;
    poll_fn(|context| {
        match &mut left {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs three tasks that sleep and yield; returns the order of their steps.
    fn order(seed: u64) -> Vec<(i64, u64)> {
        let machine = Machine::new(Timestamp::UNIX_EPOCH, seed);
        let seen = Rc::new(RefCell::new(Vec::new()));
        let mut running = Running::on(&machine);
        for task in 0..3_i64 {
            let (machine, seen) = (machine.clone(), Rc::clone(&seen));
            running.start(async move {
                for _ in 0..4 {
                    machine.turn().await;
                    seen.borrow_mut()
                        .push((machine.now().as_second(), task.unsigned_abs()));
                    machine.sleep(SignedDuration::from_secs(task)).await;
                }
            });
        }
        running.run_to_the_end();
        seen.take()
    }

    #[test]
    fn seed_determines_the_order() {
        assert_eq!(order(1), order(1));
        assert!((2..10).any(|seed| order(seed) != order(1)));
    }

    #[test]
    fn clock_moves_forward_when_all_tasks_wait() {
        let order = order(7);
        assert!(order.is_sorted_by_key(|(at, _)| *at));
        assert_eq!(order.last(), Some(&(6, 2)));
    }

    #[test]
    fn dropped_sleeper_does_not_hold_the_clock() {
        let machine = Machine::new(Timestamp::UNIX_EPOCH, 1);
        let mut running = Running::on(&machine);
        let sleeper = machine.clone();
        running.start(async move {
            let hour = sleeper.sleep(SignedDuration::from_hours(1));
            assert_eq!(steps_of(hour, Some(0)).await, None);
        });
        running.run_to_the_end();
        assert_eq!(machine.now(), Timestamp::UNIX_EPOCH);
    }
}
