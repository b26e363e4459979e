//! `/v1/accounts/{account_id}/switch-role-link` and `/v1/source-policy`: configuration for users who
//! switch to the registered roles.

use crate::caller::Caller;
use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::{AT_ONCE, Api};
use futures_util::join;
use futures_util::stream::{self, StreamExt};
use rolecall_domain::aws::AwsAccountId;
use rolecall_domain::ids::{AccountId, GroupId};
use rolecall_domain::messages::Detail;
use rolecall_domain::people;
use rolecall_domain::ports::{Lists, Page, Slice, StoreError, TemplateBucket, TokenKeys};
use rolecall_domain::problem::Code;
use rolecall_domain::record::account::Account;
use rolecall_domain::settings::{ACCOUNTS_IN_ONE_ANSWER, GROUP_LIMIT};
use rolecall_domain::text::Tenant;
use rolecall_usecases::Env;
use serde_json::{Value, json};

/// The largest page size of a list.
const PAGE: usize = 100;

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    pub(crate) async fn switch_role_link(
        &self,
        caller: &Caller,
        id: &AccountId,
    ) -> Result<Response, Problem> {
        let account = self.account(caller, id).await?;
        let Some(switch) = people::switch_role(&account) else {
            return Err(Problem::not_found(&Detail::NoSwitchRole));
        };
        let group = self.group(caller, &account.group_id).await?;
        let link = people::console_link(&switch, &group.color).ok_or_else(|| {
            let most = people::MOST_IN_THE_CONSOLE;
            Problem::not_found(&Detail::RoleTooLongForConsole { most })
        })?;
        let body = json!({
            "url": link.url,
            "aws_account_id": account.aws_account_id,
            "role_name": link.role_name,
            "display_name": link.display_name,
            "color": group.color,
            "console_color": link.console_color,
        });
        Ok(Response::json(200, &body))
    }

    /// The policies that allow users of a bastion account to switch to the registered roles.
    pub(crate) async fn source_policy(
        &self,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Result<Response, Problem> {
        let bastion = request.query("trusted_account_id");
        let bastion = bastion
            .map(AwsAccountId::parse)
            .transpose()
            .map_err(|error| Problem::invalid("trusted_account_id", error))?;
        let group = request.query("group_id").map(GroupId::parse).transpose();
        let group = group.map_err(|error| Problem::invalid("group_id", error))?;
        let accounts = match &group {
            Some(id) => {
                let most = ACCOUNTS_IN_ONE_ANSWER + 1;
                let (group, accounts) = join!(
                    self.group(caller, id),
                    self.accounts_of(&caller.tenant, id, most)
                );
                group?;
                accounts?
            }
            None => {
                let most = ACCOUNTS_IN_ONE_ANSWER + 1;
                self.accounts_of_tenant(&caller.tenant, most).await?
            }
        };
        require_few(
            &accounts,
            &Detail::TooManyAccounts {
                most: ACCOUNTS_IN_ONE_ANSWER,
            },
        )?;
        let policies: Vec<Value> = people::source_policies(&accounts, group.as_ref())
            .into_iter()
            .filter(|policy| bastion.as_ref().is_none_or(|id| *id == policy.bastion))
            // A stack may have been edited to trust the hub's account, whose users get no policy for it.
            .filter(|policy| policy.bastion != self.env.hub().account)
            .map(|policy| {
                json!({
                    "trusted_account_id": policy.bastion,
                    "name": policy.name,
                    "characters": policy.characters,
                    "document": policy.document,
                })
            })
            .collect();
        Ok(Response::json(200, &json!({"policies": policies})))
    }

    /// The accounts of a group, up to this many or a few more.
    pub(crate) async fn accounts_of(
        &self,
        tenant: &Tenant,
        id: &GroupId,
        most: usize,
    ) -> Result<Vec<Account>, Problem> {
        let store = self.env.store();
        let read = async |slice| store.accounts(tenant, id, &slice).await;
        at_most(most, read).await
    }

    /// The accounts of the tenant, up to this many or a few more.
    pub(crate) async fn accounts_of_tenant(
        &self,
        tenant: &Tenant,
        most: usize,
    ) -> Result<Vec<Account>, Problem> {
        let store = self.env.store();
        let read = async |slice| store.groups(tenant, &slice).await;
        let groups = at_most(GROUP_LIMIT, read).await?;
        let each = groups
            .iter()
            .map(|group| self.accounts_of(tenant, &group.group_id, most));
        let mut each = stream::iter(each).buffered(AT_ONCE);
        let mut accounts = Vec::new();
        while let Some(more) = each.next().await {
            accounts.extend(more?);
            if accounts.len() >= most {
                break;
            }
        }
        Ok(accounts)
    }
}

/// Reads a list page by page, up to `most` items or a few more.
async fn at_most<T>(
    most: usize,
    read: impl AsyncFn(Slice) -> Result<Page<T>, StoreError>,
) -> Result<Vec<T>, Problem> {
    let (mut items, mut after) = (Vec::new(), None);
    while items.len() < most {
        let page = read(Slice::first(PAGE).after(after)).await?;
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(items)
}

fn require_few(accounts: &[Account], otherwise: &Detail) -> Result<(), Problem> {
    if accounts.len() <= ACCOUNTS_IN_ONE_ANSWER {
        return Ok(());
    }
    Err(Problem::new(Code::TooManyAccounts, otherwise))
}
