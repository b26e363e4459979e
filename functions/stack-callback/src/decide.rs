//! An answer in time to an authenticated request, whatever fails, panics or hangs.

use crate::claim::Delivery;
use crate::create;
use crate::handle::{self, Decision};
use crate::log::Line;
use crate::request::{Request, RequestType};
use crate::{Callback, CallbackError, Reply, answer};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use rolecall_domain::ports::{CustomerAccounts, Host, Store, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::remedy::Remedy;
use rolecall_domain::{SignedDuration, Timestamp};
use rolecall_flows::FlowError;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

/// What is kept free at the end of an invocation: to write down that the rest was not enough...
const RESERVE: SignedDuration = SignedDuration::from_secs(20);

/// ...and to send that.
const LAST_PUT: SignedDuration = SignedDuration::from_secs(7);

/// Between two tries while the table is unwell.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(8);

impl<S: Store, C: CustomerAccounts, H: Host, K: TokenKeys, R: Reply> Callback<S, C, H, K, R> {
    /// The answer, and whether all that the request asks for is written down.
    /// An Update or a Delete that could not be worked on is let go, because a failure would wedge
    /// the customer's stack; its work is left to the next delivery.
    pub(crate) async fn decide_in_time(
        &self,
        request: &Request,
        delivery: &Delivery<'_>,
    ) -> Result<(Decision, bool), CallbackError> {
        let work = self.decide(request, delivery);
        let (line, deadline) = (delivery.line, delivery.deadline);
        let refusal = match self.within(deadline - RESERVE, line, work).await {
            Ok(decision) => return Ok((decision, true)),
            Err(refusal) => refusal,
        };
        if request.request_type != RequestType::Create {
            return Ok((Decision::Answer(answer::let_go(request)), false));
        }
        // Refused like any other Create.
        let work = create::give_up(&self.ctx, request, delivery, refusal);
        match self.within(deadline - LAST_PUT, line, work).await {
            Ok(decision) => Ok((decision, true)),
            // Only what is kept is sent: it may be that the account was recorded after all.
            Err(_) => Err(CallbackError::Unfinished),
        }
    }

    /// Tries again what failed because the table was unwell: an answer that is sent before it is
    /// written down might not be the one that a later delivery comes to.
    async fn decide(
        &self,
        request: &Request,
        delivery: &Delivery<'_>,
    ) -> Result<Decision, FlowError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match handle::work(&self.ctx, request, delivery).await {
                Err(error)
                    if error.is_passing() && self.ctx.now() < delivery.deadline - RESERVE =>
                {
                    delivery.line.trouble(&error);
                    self.ctx.host.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                decided => return decided,
            }
        }
    }

    /// What the work comes to, or the refusal that its failing, panicking or taking too long comes
    /// to.
    async fn within(
        &self,
        end: Timestamp,
        line: &Line,
        work: impl Future<Output = Result<Decision, FlowError>>,
    ) -> Result<Decision, Refusal> {
        let work = pin!(AssertUnwindSafe(work).catch_unwind());
        let left = end.duration_since(self.ctx.now());
        let alarm = pin!(self.ctx.host.sleep(left.max(SignedDuration::ZERO)));
        let (code, sentence) = match select(work, alarm).await {
            Either::Left((Ok(Ok(decision)), _)) => return Ok(decision),
            Either::Left((Ok(Err(error)), _)) => {
                line.trouble(&error);
                (Code::InternalError, "The hub could not finish the request.")
            }
            Either::Left((Err(_), _)) => {
                line.panicked();
                (Code::InternalError, "The hub could not finish the request.")
            }
            Either::Right(_) => (
                Code::DeadlineExceeded,
                "The hub ran out of time for the request.",
            ),
        };
        Err(Refusal::new(code, sentence, &Remedy::DeleteAndCreate))
    }
}
