//! Lambda: an invocation can be cut off anywhere, at the latest by its timeout; its source retries
//! as AWS does.

use crate::world::World;
use futures_util::future::{Either, select};
use rolecall_domain::ports::Clock;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::steps_of;
use std::pin::pin;
use std::rc::Rc;

/// Lambda tries an asynchronous invocation once and retries it twice.
const ATTEMPTS: u64 = 3;

impl World {
    /// The result of an invocation; none if it was cut off.
    pub async fn invoke<T>(
        &self,
        function: &'static str,
        timeout: SignedDuration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let steps = self.goes_wrong(self.faults.cut_off);
        let steps = steps.then(|| u16::try_from(self.machine.below(80)).unwrap_or(0));
        let work = pin!(steps_of(work, steps));
        let alarm = pin!(self.machine.sleep(timeout));
        match select(work, alarm).await {
            Either::Left((Some(result), _)) => Some(result),
            Either::Left((None, _)) => {
                self.note(|| format!("{function} is cut off"));
                None
            }
            Either::Right(_) => {
                self.note(|| format!("{function} runs out of time"));
                None
            }
        }
    }

    /// An asynchronous invocation with its retries. Returns false if Lambda gave up.
    pub async fn invoke_until_done<T, E: std::fmt::Display>(
        self: &Rc<Self>,
        function: &'static str,
        timeout: SignedDuration,
        work: impl AsyncFn(Timestamp) -> Result<T, E>,
    ) -> bool {
        for attempt in 1..=ATTEMPTS {
            let deadline = self.now() + timeout;
            match self.invoke(function, timeout, work(deadline)).await {
                Some(Ok(_)) => return true,
                Some(Err(error)) => self.note(|| format!("{function} failed: {error}")),
                None => {}
            }
            self.pause(30 * attempt, 60 * attempt).await;
        }
        self.note(|| format!("Lambda gives up on {function}"));
        self.counts.borrow_mut().given_up += 1;
        false
    }

    /// Delivers a message, possibly late and more than once, but at least once.
    pub fn send(self: &Rc<Self>, message: impl AsyncFnOnce(Rc<World>) + Clone + 'static) {
        let mut deliveries = 1;
        while deliveries < 4 && self.goes_wrong(self.faults.duplicated) {
            deliveries += 1;
        }
        for delivery in 0..deliveries {
            let (world, message) = (Rc::clone(self), message.clone());
            self.machine.start(async move {
                if delivery > 0 && world.perhaps(500) {
                    // A duplicate may come much later.
                    world.pause(0, 6 * 3600).await;
                } else if world.goes_wrong(world.faults.delayed) {
                    world.pause(0, 200).await;
                }
                message(Rc::clone(&world)).await;
            });
        }
    }
}
