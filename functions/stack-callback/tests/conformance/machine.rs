//! A machine on which several invocations run at once, one step at a time, in an order that a seed
//! decides. Its clock only moves when every invocation waits for it.

use rolecall_domain::fakes::FakeHost;
use rolecall_domain::ports::{Clock, Entropy};
use rolecall_domain::{SignedDuration, Timestamp};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Debug)]
struct State {
    host: FakeHost,
    sleepers: RefCell<BTreeMap<u64, Timestamp>>,
    born: Cell<u64>,
    progress: Cell<u64>,
}

/// The clock and the chance of a simulated machine; clones are the same machine.
#[derive(Debug, Clone)]
pub struct Machine(Rc<State>);

impl Machine {
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self(Rc::new(State {
            host: FakeHost::new(now, seed),
            sleepers: RefCell::default(),
            born: Cell::new(0),
            progress: Cell::new(0),
        }))
    }

    /// Lets the others go first, perhaps: every call to a port begins with it.
    pub async fn turn(&self) {
        let mut waited = false;
        poll_fn(|_| {
            self.0.progress.set(self.0.progress.get() + 1);
            if std::mem::replace(&mut waited, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    pub fn advance(&self, duration: SignedDuration) {
        self.0.host.advance(duration);
    }

    fn choose(&self, among: usize) -> usize {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % among as u64).unwrap_or(0)
    }

    /// Moves the clock to where the next sleeper wakes. False when nobody sleeps.
    fn pass_time(&self) -> bool {
        let next = self.0.sleepers.borrow().values().min().copied();
        next.is_some_and(|wake| {
            self.0.host.set(wake.max(self.now()));
            true
        })
    }
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.0.host.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        let id = self.0.born.get();
        self.0.born.set(id + 1);
        let wake = self.now() + duration;
        self.0.sleepers.borrow_mut().insert(id, wake);
        let _awake = Awake(self, id);
        poll_fn(|_| {
            if self.now() >= wake {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.0.progress.set(self.0.progress.get() + 1);
    }
}

impl Entropy for Machine {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.host.fill(bytes);
    }
}

/// A sleeper that is dropped does not hold the clock.
struct Awake<'a>(&'a Machine, u64);

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        self.0.0.sleepers.borrow_mut().remove(&self.1);
    }
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Everything that runs on the machine.
pub struct Running {
    machine: Machine,
    tasks: Vec<Task>,
}

impl Running {
    pub fn on(machine: &Machine) -> Self {
        Self {
            machine: machine.clone(),
            tasks: Vec::new(),
        }
    }

    pub fn start(&mut self, task: impl Future<Output = ()> + 'static) {
        self.tasks.push(Box::pin(task));
    }

    /// One step of the task at a place.
    fn step(&mut self, at: usize) {
        let mut context = Context::from_waker(Waker::noop());
        if self.tasks[at].as_mut().poll(&mut context).is_ready() {
            drop(self.tasks.remove(at));
        }
    }

    /// A few steps, in any order.
    pub fn run_steps(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.tasks.is_empty() {
                return;
            }
            let at = self.machine.choose(self.tasks.len());
            self.step(at);
        }
    }

    /// Runs until it is done, or everything is.
    ///
    /// # Panics
    /// When all wait and nobody will ever wake them.
    pub fn run_until(&mut self, done: impl Fn() -> bool) {
        while !self.tasks.is_empty() && !done() {
            let before = (self.machine.0.progress.get(), self.tasks.len());
            self.run_steps(1);
            // Whoever was not chosen may still be able to go on.
            for at in (0..self.tasks.len()).rev() {
                if (self.machine.0.progress.get(), self.tasks.len()) != before {
                    break;
                }
                self.step(at);
            }
            if (self.machine.0.progress.get(), self.tasks.len()) == before {
                assert!(self.machine.pass_time(), "everything waits for ever");
            }
        }
    }

    pub fn run_to_the_end(&mut self) {
        self.run_until(|| false);
    }
}
