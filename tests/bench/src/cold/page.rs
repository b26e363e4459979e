//! A page of accounts, and the same accounts from the API: the events, and what each must return.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::jobs::{Outcome, Scene, Task, repeated};
use crate::console::{self, ACCOUNTS};

/// A response that contains every account once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    /// The text before the account's ID.
    before: &'static str,
}

const ON_PAGE: Listed = Listed {
    before: "href=\"/accounts/",
};
const IN_LIST: Listed = Listed {
    before: "\"account_id\":\"",
};

impl Listed {
    pub(super) fn judge(self, answer: &Value) -> Result<()> {
        let body = answer["body"].as_str().unwrap_or_default();
        let count = body.matches(&format!("{}acc_", self.before)).count();
        ensure!(
            answer["statusCode"] == 200 && count == ACCOUNTS,
            "{count} accounts, status {}",
            answer["statusCode"]
        );
        Ok(())
    }
}

impl Scene<'_> {
    /// Visits of a signed-in user.
    pub(super) async fn pages(&self, count: usize) -> Result<Vec<Task>> {
        let recorded = self.recorded.context("the API was not recorded")?;
        let cookie = console::sign_in(self.table).await?;
        let event = console::visit(&recorded.group_path(), &cookie)?;
        Ok(repeated(count, &event, Outcome::Listed(ON_PAGE)))
    }

    pub(super) async fn lists(&self, count: usize) -> Result<Vec<Task>> {
        let group = console::group(self.table).await?;
        let event = console::read(&console::accounts_path(&group))?;
        Ok(repeated(count, &event, Outcome::Listed(IN_LIST)))
    }
}
