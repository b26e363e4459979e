//! The items of lists.

use super::Reads;
use super::filters::Filters;
use crate::problem::Problem;
use crate::{Api, concurrently, views};
use futures_util::join;
use rolecall_domain::change::audit::Record;
use rolecall_domain::ports::{ScheduleStore, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::Subject;
use rolecall_usecases::Env;
use serde_json::Value;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// A view of each record that passes the filters, in the same order.
    pub(super) async fn views(
        &self,
        records: &[Record],
        filters: &Filters,
        reads: Reads<'_>,
    ) -> Result<Vec<Option<Value>>, Problem> {
        let each = records
            .iter()
            .map(|record| self.view(record, filters, reads));
        concurrently(each).await
    }

    async fn view(
        &self,
        record: &Record,
        filters: &Filters,
        reads: Reads<'_>,
    ) -> Result<Option<Value>, Problem> {
        let now = self.env.now();
        if !filters.admits(record, now) {
            return Ok(None);
        }
        if filters.needs_report() {
            let Record::Account(account) = record else {
                return Ok(None);
            };
            let subject = Subject::Account(account.account_id.clone());
            let report = self.env.store().report(&account.tenant, &subject).await?;
            if !filters.admits_report(report.as_ref()) {
                return Ok(None);
            }
        }
        self.listed(record, reads).await.map(Some)
    }

    /// The view of a record in a list.
    pub(crate) async fn listed(&self, record: &Record, reads: Reads<'_>) -> Result<Value, Problem> {
        let now = self.env.now();
        let view = match record {
            Record::Account(account) => self.listed_account(account).await?,
            Record::Registration(it) => views::registration(it, self.links(reads.link_keys()), now),
            Record::OrphanedStack(entry) => {
                let subject = Subject::Stack(entry.orphaned_stack_id.clone());
                let schedule = self
                    .env
                    .store()
                    .check_schedule(&entry.tenant, &subject)
                    .await?;
                views::orphaned_stack(entry, schedule.as_ref(), now)
            }
            Record::Group(_) => return Err(Problem::unexpected("groups are in no such list")),
        };
        Ok(reads.item(view, record))
    }

    /// An account in a list, with the result of its last full check.
    pub(crate) async fn listed_account(&self, account: &Account) -> Result<Value, Problem> {
        let subject = Subject::Account(account.account_id.clone());
        let (tenant, store) = (&account.tenant, self.env.store());
        let (schedule, report) = join!(
            store.check_schedule(tenant, &subject),
            store.report(tenant, &subject)
        );
        Ok(views::account_item(
            account,
            schedule?.as_ref(),
            report?.as_ref(),
        ))
    }
}
