//! Faults of the ports, and CloudFormation's bucket.

use rolecall_domain::ports::{Clock, StoreError};
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_testing::{Gate, Machine, Moment};
use stack_callback::{Reply, ReplyError};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The current fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trouble {
    #[default]
    None,
    /// Every call to AWS is slow.
    SlowAws,
    /// This many further calls to AWS panic.
    Panics(u8),
    /// This many further calls to the table fail.
    TableFails(u8),
}

#[derive(Debug, Clone)]
pub struct Turns {
    pub machine: Machine,
    pub trouble: Rc<Cell<Trouble>>,
}

impl Gate for Turns {
    async fn table(&self, _: &'static str, moment: Moment) -> Result<(), StoreError> {
        if moment == Moment::After {
            return Ok(());
        }
        self.machine.turn().await;
        match self.trouble.get() {
            Trouble::TableFails(left @ 1..) => {
                self.trouble.set(Trouble::TableFails(left - 1));
                Err(StoreError::Unavailable("on purpose".into()))
            }
            _ => Ok(()),
        }
    }

    async fn customers(
        &self,
        _: &'static str,
        moment: Moment,
    ) -> Result<(), rolecall_testing::Trouble> {
        if moment == Moment::After {
            return Ok(());
        }
        self.machine.turn().await;
        match self.trouble.get() {
            Trouble::SlowAws => self.machine.sleep(SignedDuration::from_secs(45)).await,
            Trouble::Panics(left @ 1..) => {
                self.trouble.set(Trouble::Panics(left - 1));
                // Not `panic!`, which would print a message.
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// How the bucket responds to the answers to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    AtOnce,
    /// Responds with 500 this many times.
    After(u8),
    /// Hangs this many times, until the sender gives up.
    AfterHanging(u8),
    Never,
}

/// A PUT of an answer, accepted or not.
#[derive(Debug, Clone)]
pub struct Put {
    pub body: String,
    pub at: Timestamp,
    pub taken: bool,
}

/// CloudFormation's bucket. The URL's last part names the request.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub machine: Machine,
    pub taking: Rc<RefCell<BTreeMap<String, Taking>>>,
    pub puts: Rc<RefCell<BTreeMap<String, Vec<Put>>>>,
}

impl Bucket {
    fn admit(&self, request: &str) -> Taking {
        let mut taking = self.taking.borrow_mut();
        let Some(how) = taking.get_mut(request) else {
            return Taking::AtOnce;
        };
        let now = *how;
        match how {
            Taking::After(left @ 1..) | Taking::AfterHanging(left @ 1..) => *left -= 1,
            Taking::Never => {}
            _ => return Taking::AtOnce,
        }
        now
    }

    fn note(&self, request: &str, body: &str, taken: bool) {
        let put = Put {
            body: body.to_owned(),
            at: self.machine.now(),
            taken,
        };
        let mut puts = self.puts.borrow_mut();
        puts.entry(request.to_owned()).or_default().push(put);
    }

    /// The first answer to a request that arrived.
    pub fn answer(&self, request: &str) -> Option<Put> {
        let puts = self.puts.borrow();
        let mut taken = puts.get(request)?.iter().filter(|put| put.taken);
        taken.next().cloned()
    }
}

impl Reply for Bucket {
    async fn put(&self, url: &str, body: &str) -> Result<(), ReplyError> {
        let request = url.rsplit('/').next().unwrap_or_default().to_owned();
        self.machine.turn().await;
        let how = self.admit(&request);
        self.note(&request, body, how == Taking::AtOnce);
        match how {
            Taking::AtOnce => Ok(()),
            Taking::AfterHanging(_) => {
                self.machine.sleep(SignedDuration::from_secs(5)).await;
                Err(ReplyError::TimedOut)
            }
            Taking::After(_) | Taking::Never => Err(ReplyError::Refused(500)),
        }
    }
}
