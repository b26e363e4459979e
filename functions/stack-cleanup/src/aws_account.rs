//! What an organisation tells of an AWS account, for everything that is watched in it.

use crate::{Cleanup, Summary};
use futures_util::stream::{self, StreamExt};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::change::Owner;
use rolecall_domain::ids::{AccountId, StackEntryId};
use rolecall_domain::ports::{CheckQueue, CustomerAccounts, Host, Slice, Store};
use rolecall_domain::record::evidence::Evidence;
use rolecall_flows::FlowError;

/// Records of one page.
const PAGE: usize = 100;

/// Records that are told side by side.
const AT_ONCE: usize = 16;

impl<S: Store, C: CustomerAccounts, H: Host, Q: CheckQueue, D> Cleanup<S, C, H, Q, D> {
    /// Tells every registered account and open ledger entry there. One that can't be told stops no
    /// other; the event comes again for it, and is no news for the rest.
    pub(crate) async fn hear_of_aws_account(
        &self,
        aws_account_id: &AwsAccountId,
        closed: Option<Evidence>,
    ) -> Result<Summary, FlowError> {
        let mut summary = Summary::default();
        let mut failure = None;
        let mut after = None;
        loop {
            let slice = Slice { limit: PAGE, after };
            let page = self
                .ctx
                .store
                .in_aws_account(aws_account_id, &slice)
                .await?;
            let told = stream::iter(&page.items)
                .map(|owner| self.tell(aws_account_id, owner, closed.as_ref()))
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>()
                .await;
            for told in told {
                match told {
                    Ok(()) => summary.records_told += 1,
                    Err(error) => failure = Some(error),
                }
            }
            after = page.next;
            if after.is_none() {
                return failure.map_or(Ok(summary), Err);
            }
        }
    }

    async fn tell(
        &self,
        aws_account_id: &AwsAccountId,
        owner: &Owner,
        closed: Option<&Evidence>,
    ) -> Result<(), FlowError> {
        let tenant = &owner.tenant;
        let log = RequestLog::start("tell a record of its AWS account");
        log.tenant(tenant);
        log.aws_account(aws_account_id);
        let told = if let Ok(id) = AccountId::parse(&*owner.record_id) {
            log.account_id(&id);
            self.ctx.tell_account(tenant, &id, closed).await
        } else if let Ok(id) = StackEntryId::parse(&*owner.record_id) {
            log.stack_entry_id(&id);
            self.ctx.tell_stack_entry(tenant, &id, closed).await
        } else {
            Ok(())
        };
        match &told {
            Ok(()) => log.end(Outcome::Succeeded, &Ending::default()),
            Err(error) => log.end(Outcome::Failed, &Ending::error(error)),
        }
        told
    }
}
