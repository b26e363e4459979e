//! Intercepts every call of a function to its ports: scheduling, faults, planted bugs, and the
//! promises that are checked at every commit.

use crate::planted::Planted;
use crate::promises;
use crate::world::World;
use rolecall_domain::SignedDuration;
use rolecall_domain::change::Change;
use rolecall_domain::ports::{BucketError, Clock, CommitError, StoreError};
use rolecall_testing::{Gate, Moment, Trouble};
use std::rc::Rc;

/// Longer than any invocation.
const PAST_ANY_TIMEOUT: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone)]
pub struct Door {
    pub world: Rc<World>,
    /// The calling function.
    pub function: &'static str,
}

impl Door {
    fn fault(&self, call: &str, what: &str) {
        self.world
            .note(|| format!("{}: {call} {what}", self.function));
    }

    fn unavailable(&self, call: &str, what: &str) -> StoreError {
        self.fault(call, what);
        StoreError::Unavailable(what.to_owned().into())
    }

    /// Delays a call, possibly for longer than its invocation.
    async fn wait(&self, call: &str) {
        let world = &self.world;
        world.machine.turn().await;
        world.counts.borrow_mut().calls += 1;
        if world.goes_wrong(world.faults.is_slow) {
            world.pause(0, 5).await;
        }
        if world.goes_wrong(world.faults.hangs) {
            self.fault(call, "hangs");
            world.machine.sleep(PAST_ANY_TIMEOUT).await;
        }
    }

    async fn table_is_called(&self, call: &'static str) -> Result<(), StoreError> {
        let world = &self.world;
        self.wait(call).await;
        if world.goes_wrong(world.faults.outage) {
            let until = world.now() + world.seconds(1, 30);
            world.table_is_down_until.set(until);
        }
        if !world.is_calm() && world.now() < world.table_is_down_until.get() {
            return Err(self.unavailable(call, "meets an outage"));
        }
        if world.goes_wrong(world.faults.fails_before) {
            return Err(self.unavailable(call, "fails before it takes effect"));
        }
        Ok(())
    }
}

impl Gate for Door {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        match moment {
            Moment::Before => self.table_is_called(call).await,
            Moment::After if self.world.goes_wrong(self.world.faults.fails_after) => {
                Err(self.unavailable(call, "fails after it took effect"))
            }
            Moment::After => Ok(()),
        }
    }

    async fn customers(&self, call: &'static str, moment: Moment) -> Result<(), Trouble> {
        let world = &self.world;
        if moment == Moment::Before {
            self.wait(call).await;
            world.aws.set_clock(world.now());
            if world.goes_wrong(world.faults.throttled) {
                self.fault(call, "is throttled");
                return Err(Trouble::Throttled);
            }
        } else if world.goes_wrong(world.faults.fails_after) {
            self.fault(call, "times out");
            return Err(Trouble::Unreachable);
        }
        Ok(())
    }

    async fn bucket(&self, call: &'static str, moment: Moment) -> Result<(), BucketError> {
        let unavailable = |what: &str| {
            self.fault(call, what);
            Err(BucketError::Unavailable(what.to_owned().into()))
        };
        let world = &self.world;
        match moment {
            Moment::Before => {
                self.wait(call).await;
                match world.goes_wrong(world.faults.throttled) {
                    true => unavailable("is throttled"),
                    false => Ok(()),
                }
            }
            Moment::After => match world.goes_wrong(world.faults.fails_after) {
                true => unavailable("times out"),
                false => Ok(()),
            },
        }
    }

    fn ignores_the_account(&self) -> bool {
        self.world.planted == Some(Planted::UnconditionalReceipt)
    }

    fn change(&self, change: &Change) -> Change {
        let world = &self.world;
        if world.planted == Some(Planted::SwallowedError) && world.goes_wrong(50) {
            self.fault("commit", "fails without an error");
            return Change::new();
        }
        let mut arriving = change.clone();
        if let Some(planted) = self.world.planted {
            planted.spoil(&mut arriving);
        }
        if self.world.planted == Some(Planted::EventBeforeItsWrite) {
            self.world
                .stream_out(arriving.writes.iter().map(|write| write.audit.clone()));
        }
        arriving
    }

    fn committed(
        &self,
        change: &Change,
        answer: Result<(), CommitError>,
    ) -> Result<(), CommitError> {
        match &answer {
            Ok(()) => {
                self.world.counts.borrow_mut().commits += 1;
                promises::at_a_commit(&self.world, change, self.function);
                if self.world.planted != Some(Planted::EventBeforeItsWrite) {
                    self.world
                        .stream_out(change.writes.iter().map(|write| write.audit.clone()));
                }
            }
            Err(error) => {
                self.world
                    .note(|| format!("{}: commit refused: {error}", self.function));
            }
        }
        answer
    }
}
